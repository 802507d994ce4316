"""What happens on the gateway: connections lost and begun anew, events late, twice or broken."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import discord
import pytest

from bot.asking import Asking
from bot.client import serving
from bot.client.bot import StudyBot
from bot.client.serving import logged_in, serve
from bot.errors import DiscordUnreachable, SettingsInvalid
from bot.events import Finished, SourcesFound
from bot.model import Delta
from bot.present.intake import FRESH_SECONDS, Intake
from bot.settings import Settings
from bot.wiring import open_services
from tests.bot.client.script import HITS, USAGE, Script, body, messages, running_bot, whole
from tests.doubles.discord import FakeDiscord

ANSWER = "A token is a **piece** of text [1]."


class Pauses:
    """A sleep for the supervisor that notes the seconds and lasts a moment."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, seconds: float) -> None:
        """Note the seconds; wait for the gate."""
        self.seconds.append(seconds)
        await self.gate.wait()


async def write(fake: FakeDiscord, script: Script) -> tuple[Any, asyncio.Event]:
    """Begin an answer that goes on when the event is set."""
    gate = asyncio.Event()
    whole_text = Finished("So far all.", (), USAGE, "tiny:1b")
    script.steps = [SourcesFound(HITS), Delta("So far "), gate.wait, Delta("all."), whole_text]
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: (m := fake.original(asked)) is not None and "So far" in m.text)
    return asked, gate


@pytest.mark.parametrize("how", ["op 7", "op 9", "4000", "cut"])
@pytest.mark.usefixtures("bot")
async def test_d7_a_stream_outlives_the_connection_and_its_stop_button_works_after(
    fake: FakeDiscord, script: Script, how: str
) -> None:
    asked, _ = await write(fake, script)
    if how == "op 7":
        fake.gateway.reconnect()
    elif how == "op 9":
        fake.gateway.invalidate(resumable=True)
    elif how == "4000":
        await fake.gateway.close(4000)
    else:
        fake.gateway.abort()
    await fake.until(lambda: fake.gateway.resumed == 1)
    assert script.closed == 0
    fake.member("ada").click(messages(fake, asked)[0], "Stop")
    message = await whole(fake, asked)
    assert "You stopped this answer" in message.text
    assert body(message) == "So far"


async def test_d7_a_stream_outlives_a_session_that_cannot_be_resumed(
    fake: FakeDiscord, bot: StudyBot, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_shard: int | None, *, initial: bool = False) -> None:
        """Skip discord.py's pause of 5 s before an IDENTIFY."""

    monkeypatch.setattr(bot, "before_identify_hook", at_once)
    asked, gate = await write(fake, script)
    fake.gateway.invalidate(resumable=False)
    await fake.until(lambda: fake.gateway.identified == 2 and fake.gateway.session)
    gate.set()
    assert body(await whole(fake, asked)) == "So far all."


@pytest.mark.usefixtures("bot")
async def test_d7_a_press_missed_during_a_drop_is_served_after_and_an_old_one_is_not(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    asked, _ = await write(fake, script)
    message, ada = messages(fake, asked)[0], fake.member("ada")
    fake.gateway.reconnect()  # what follows on the old connection is read after the resume
    ada.age = 5.0
    ada.click(message, "Stop")
    ada.age = 0.0
    await fake.until(lambda: bot.intake.dropped["stale"] == 1)
    assert script.closed == 0
    ada.click(message, "Stop")
    await whole(fake, asked)


async def test_d8_a_gateway_that_acknowledges_nothing_is_left_and_resumed(
    fake: FakeDiscord, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While events flow, discord.py never notices."""
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(serving, "ACK_SLACK", 0.5)
    fake.gateway.heartbeat, fake.gateway.acks = 0.1, False
    async with running_bot(fake, script, tmp_path) as bot:
        await fake.until(lambda: fake.gateway.resumed)
        fake.gateway.acks = True
        await fake.until(lambda: 0 < bot.heartbeat()[0] < 0.4)
        message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
        assert body(message) == ANSWER


async def connected(
    fake: FakeDiscord, script: Script, tmp_path: Path, pauses: Pauses
) -> asyncio.Task[None]:
    """Serve with injected pauses, until the task is cancelled."""

    async def run() -> None:
        async with open_services(Settings(data_dir=tmp_path), load=False) as real:
            services = replace(real, asking=cast("Asking", script))
            with fake.install():
                async with logged_in(services, fake.token, sleep=pauses) as bot:
                    await serve(bot, sleep=pauses)

    task = asyncio.create_task(run())
    await fake.until(lambda: task.done() or (fake.gateway.identified and fake.commands))
    return task


async def left(task: asyncio.Task[None]) -> None:
    """End the task."""
    task.cancel()
    await asyncio.wait([task])


async def test_d9_a_malformed_event_is_left_out_and_the_session_begun_anew_after_15_s(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """Alone, discord.py would end. Until the new session, the old one serves."""
    pauses = Pauses()
    task = await connected(fake, script, tmp_path, pauses)
    asked, gate = await write(fake, script)
    pauses.gate.clear()
    fake.gateway.dispatch("MESSAGE_CREATE", {"guild_id": "1"})
    await fake.until(lambda: pauses.seconds)
    gate.set()
    assert body(await whole(fake, asked)) == "So far all."
    pauses.gate.set()
    await fake.until(lambda: fake.gateway.identified == 2)
    assert (await write(fake, script))[0].response == 5
    fake.gateway.dispatch("INTERACTION_CREATE", {"guild_id": "1"})
    await fake.until(lambda: fake.gateway.identified == 3)
    assert pauses.seconds == [15.0, 30.0]
    await left(task)


async def test_d9_a_frame_that_ends_the_connection_does_not_end_the_answers(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """A GUILD_CREATE without its fields, as at the beginning of a session."""
    pauses = Pauses()
    task = await connected(fake, script, tmp_path, pauses)
    asked, gate = await write(fake, script)
    fake.gateway.dispatch("GUILD_CREATE", {"unavailable": False})
    await fake.until(lambda: fake.gateway.identified == 2)
    assert pauses.seconds == [15.0]
    gate.set()
    assert body(await whole(fake, asked)) == "So far all."
    await left(task)


@pytest.mark.usefixtures("bot")
async def test_d10_an_interaction_older_than_three_seconds_is_dropped_and_counted(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    ada.age = 4.0
    late = ada.slash("ask", question="Why?")
    await fake.until(lambda: bot.intake.dropped["stale"] == 1)
    assert late.response is None
    ada.age = 0.0
    await whole(fake, ada.slash("ask", question="Why?"))
    assert len(script.questions) == 1
    assert not any("late" in call.path or late.token in call.path for call in fake.log)


@pytest.mark.parametrize("skew", [-30.0, 30.0])
async def test_a7_a_wrong_clock_makes_nothing_old(skew: float) -> None:
    """The clock of this machine is half a minute wrong; late events are told all the same."""
    now = [1000.0]
    intake = Intake(lambda: now[0] + skew, lambda: now[0])
    for i in range(50):
        now[0] += 1.0
        assert intake.takes(i, now[0] - 0.1)
    if skew > 0:
        assert not intake.takes(99, now[0] - FRESH_SECONDS - 1.0)


def test_d10_at_the_start_a_delay_of_seconds_is_told_from_a_wrong_clock() -> None:
    assert Intake(lambda: 100.0, lambda: 0.0).age(96.0) == pytest.approx(4.0)
    assert Intake(lambda: 100.0, lambda: 0.0).age(60.0) == 0.0


async def test_a1_an_id_is_forgotten_after_ten_minutes() -> None:
    now = [0.0]
    intake = Intake(lambda: now[0], lambda: now[0])
    assert intake.takes_once(7)
    now[0] = 599.0
    assert not intake.takes_once(7)
    now[0] = 601.0
    assert intake.takes_once(7)
    assert len(intake._taken) == 1


async def test_a1_events_that_come_twice_are_answered_once(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """Also when Discord sends them again after a resumed connection."""
    ada = fake.member("ada")
    asked = ada.slash("ask", question="Why?")
    await whole(fake, asked)
    written = ada.mention("And why?")
    await fake.until(lambda: len(script.questions) == 2)
    session = fake.gateway.session
    assert session is not None
    again = [event for event in session.events if event[1].get("id") in (asked.id, written.id)]
    assert len(again) == 2
    fake.gateway.reconnect()
    for event, data in again:
        fake.gateway.dispatch(event, data)
    await fake.until(lambda: bot.intake.dropped["duplicate"] == 2)
    await whole(fake, ada.slash("ask", question="Still there?"))
    assert len(script.questions) == 3
    assert fake.refused == []


async def test_d16_the_login_is_tried_until_discord_is_there(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    fake.faults.status("GET", "/users/@me$", 503, times=2)
    fake.faults.status("GET", "/users/@me$", 520)
    pauses = Pauses()
    task = await connected(fake, script, tmp_path, pauses)
    assert pauses.seconds == [1.0, 2.0, 4.0]
    await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    await left(task)


async def test_d16_after_five_minutes_the_login_is_given_up_with_a_sentence(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    fake.faults.status("GET", "/users/@me$", 503, times=99)
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    async with open_services(Settings(data_dir=tmp_path), load=False) as services:
        with fake.install(), pytest.raises(DiscordUnreachable, match="5 minutes") as caught:
            async with logged_in(services, fake.token, sleep=sleep, clock=lambda: now[0]):
                pass
    assert 200 < now[0] <= 300
    assert caught.value.exit_code not in (0, 78)


async def served(fake: FakeDiscord, tmp_path: Path, token: str) -> None:
    """Log in and serve; whatever ends it is raised."""
    async with open_services(Settings(data_dir=tmp_path), load=False) as services:
        with fake.install():
            async with logged_in(services, token) as bot:
                await serve(bot)


@pytest.mark.parametrize("when", ["at the login", "on the gateway"])
async def test_d17_a_wrong_token_ends_with_its_own_code_and_no_further_try(
    fake: FakeDiscord, tmp_path: Path, when: str
) -> None:
    token = "wrong"
    if when == "on the gateway":
        token, fake.gateway.refuses = fake.token, 4004
    with pytest.raises(SettingsInvalid, match="DISCORD_TOKEN") as caught:
        await served(fake, tmp_path, token)
    assert caught.value.exit_code == 78
    assert len([call for call in fake.log if call.path == "/users/@me"]) == 1
    assert fake.gateway.identified == 0


async def test_d17_an_intent_that_is_not_granted_is_told(fake: FakeDiscord, tmp_path: Path) -> None:
    fake.gateway.refuses = 4014
    with pytest.raises(SettingsInvalid, match="Privileged Gateway Intents"):
        await served(fake, tmp_path, fake.token)


async def test_no_heartbeat_outlives_a_client_that_was_closed_while_it_connected(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """The library loses the thread of a connection that is given up while it identifies."""
    lost = discord.gateway.KeepAliveHandler(ws=bot.ws, interval=3600.0, shard_id=None)
    lost.start()
    await bot.close()
    await asyncio.to_thread(lost.join, 10.0)
    assert not lost.is_alive()
    assert fake.refused == []
