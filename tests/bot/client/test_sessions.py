"""Sessions on the fake Discord: planned, begun, run, summed up; also over restarts."""

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from bot.sessions import SessionRefused
from tests.bot.client.script import Script, running_bot, whole
from tests.bot.client.test_dailies import posted
from tests.bot.client.test_panel import GENERAL, GUILD, told
from tests.bot.clock import Clock
from tests.doubles.discord import FakeDiscord, Interaction, Message, payloads
from tests.doubles.discord.member import Member
from tests.doubles.ollama import FakeModel, FakeOllama

EVENTS = "/guilds/{guild_id}/scheduled-events"
ORDINARY = "2048"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path, clock=clock) as running:
        yield running


async def planned(fake: FakeDiscord, member: Member, when: str = "18:00", **more: str) -> Message:
    """Plan a session and confirm it; return the card that says so."""
    asked = member.slash("session plan", when=when, title="Reading night", **more)
    card = await told(fake, asked)
    member.click(card, "Plan it")
    await fake.until(lambda: "begins" in card.text or "⚠️" in card.text)
    return card


async def begun(fake: FakeDiscord, bot: StudyBot, clock: Clock, **more: str) -> Message:
    """Return the agenda of a session that has begun."""
    await planned(fake, fake.member("ada"), **more)
    clock.set("2026-11-25 18:00")
    await bot.agenda_desk.look()
    (agenda,) = posted(fake, "begins now")
    return agenda


async def answered(fake: FakeDiscord, done: Interaction) -> str:
    """Return what a press was answered with, if that is a message of its own."""
    await fake.until(lambda: done.response is not None)
    message = fake.original(done)
    return message.text if message is not None else ""


async def test_a_plan_is_shown_before_it_is_made_and_then_stands_in_the_calendar(
    fake: FakeDiscord, timed: StudyBot
) -> None:
    await timed.services.records.servers.change(ServerSettings(GUILD, timezone="Europe/Berlin"))
    ada = fake.member("ada")
    asked = ada.slash(
        "session plan", when="tomorrow 6 pm", title="Base models <@123>", lesson="base-models"
    )
    card = await told(fake, asked)
    at = int(dt.datetime(2026, 11, 26, 17, tzinfo=dt.UTC).timestamp())
    assert card.ephemeral
    assert f"<t:{at}:F>" in card.text
    assert "Europe/Berlin" in card.text
    assert fake.events == {}
    assert "No session is planned" in (await told(fake, ada.slash("session list"))).text
    ada.click(card, "Plan it")
    await fake.until(lambda: "calendar" in card.text)
    (event,) = fake.events.values()
    assert event["name"] == "Base models @member"
    assert event["scheduled_start_time"] == "2026-11-26T17:00:00+00:00"
    assert event["entity_metadata"] == {"location": "#general"}
    assert "Lesson: Base models" in event["description"]
    assert f"<t:{at}:F>" in (await told(fake, ada.slash("session list"))).text
    assert fake.refused == []


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("soon", "I cannot read this time"),
        ("25:00", "no such day or time"),
        ("2026-02-30 10:00", "no such day or time"),
        ("today 07:00", "That time is over"),
        ("2028-01-01 10:00", "more than a year away"),
        ("2027-03-28 02:30", "does not exist"),
        ("{x}", "I cannot read this time"),
    ],
)
async def test_a_time_that_cannot_be_is_answered_by_a_sentence(
    fake: FakeDiscord, timed: StudyBot, when: str, words: str
) -> None:
    await timed.services.records.servers.change(ServerSettings(GUILD, timezone="Europe/Berlin"))
    asked = fake.member("ada").slash("session plan", when=when, title="x")
    assert words in (await told(fake, asked)).text
    assert await timed.services.records.memory.calendar.sessions.to_come() == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"lesson": "nothing"}, "no such lesson"),
        ({"demo": "nothing"}, "no demo 'nothing'"),
        ({"lineup": "nothing"}, "no such line-up"),
        ({"title": "\u200b\u202e"}, "title that can be read"),
    ],
)
async def test_what_is_not_there_is_answered_by_a_sentence(
    fake: FakeDiscord, timed: StudyBot, more: dict[str, str], words: str
) -> None:
    options = {"when": "18:00", "title": "x", **more}
    asked = fake.member("ada").slash("session plan", **options)
    assert words in (await told(fake, asked)).text
    assert not timed.is_closed()


async def test_without_the_permission_it_is_planned_all_the_same_and_said(
    fake: FakeDiscord, timed: StudyBot
) -> None:
    fake.faults.status("POST", "scheduled-events", 403, 50013)
    card = await planned(fake, fake.member("ada"))
    assert "Create Events" in card.text
    assert len(await timed.services.records.sessions.planned(GUILD)) == 1


async def test_where_the_answer_is_lost_there_is_no_second_event(
    fake: FakeDiscord, timed: StudyBot
) -> None:
    fake.faults.reset("POST", "scheduled-events", act_first=True)
    card = await planned(fake, fake.member("ada"))
    assert "did not take it" in card.text
    assert len(fake.calls("POST", EVENTS)) == 1
    assert len(await timed.services.records.sessions.planned(GUILD)) == 1


async def test_a_plan_is_confirmed_after_a_restart_and_only_once(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path, clock=clock):
        card = await told(fake, ada.slash("session plan", when="18:00", title="Night"))
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        both = [ada.click(card, "Plan it") for _ in range(2)]
        await fake.until(lambda: all(one.response for one in both))
        await fake.until(lambda: "begins" in card.text)
        await fake.until(lambda: len(fake.events) == 1)
        assert len(await bot.services.records.sessions.planned(GUILD)) == 1


async def test_a_plan_that_is_discarded_or_too_late_is_none(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    card = await told(fake, ada.slash("session plan", when="18:00", title="Night"))
    ada.click(card, "Discard")
    await fake.until(lambda: "Discarded" in card.text)
    late = await told(fake, ada.slash("session plan", when="18:00", title="Night"))
    clock.set("2026-11-25 18:01")
    ada.click(late, "Plan it")
    await fake.until(lambda: any("over meanwhile" in m.text for m in fake.messages.values()))
    unconfirmed = await told(fake, ada.slash("session plan", when="19:00", title="Night"))
    clock.set("2026-11-25 19:00")
    await timed.agenda_desk.look()
    again = ada.click(unconfirmed, "Plan it")
    assert "no longer open" in await answered(fake, again)
    assert await timed.services.records.memory.calendar.sessions.to_come() == ()
    assert fake.events == {}


async def test_no_one_else_confirms_a_plan(fake: FakeDiscord, timed: StudyBot) -> None:
    """Neither an ordinary member nor another organiser; the card is carried to them by force."""
    card = await told(fake, fake.member("ada").slash("session plan", when="18:00", title="x"))
    eve, bob = fake.member("eve"), fake.member("bob")
    eve.permissions = ORDINARY
    assert "Only members" in await answered(fake, eve.click(card, "Plan it"))
    assert "Only who drew up" in await answered(fake, bob.click(card, "Plan it"))
    assert await timed.services.records.sessions.planned(GUILD) == ()


async def test_a_session_is_taken_back_with_its_event(fake: FakeDiscord, timed: StudyBot) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    await planned(fake, ada)
    typed = ada.autocomplete("session cancel", "session", session="read")
    await fake.until(lambda: typed.choices)
    (choice,) = typed.choices or [{}]
    assert choice["name"] == "Reading night, Wed 25 Nov 2026, 18:00"
    eve.permissions = ORDINARY
    refused = eve.slash("session cancel", session=choice["value"])
    assert "Only members" in (await told(fake, refused)).text
    cancelled = await told(fake, ada.slash("session cancel", session=choice["value"]))
    assert "cancelled" in cancelled.text
    assert fake.events == {}
    again = await told(fake, ada.slash("session cancel", session=choice["value"]))
    assert "no such session" in again.text
    assert await timed.services.records.sessions.planned(GUILD) == ()


async def test_an_event_that_somebody_deleted_is_no_obstacle(
    fake: FakeDiscord, timed: StudyBot
) -> None:
    ada = fake.member("ada")
    await planned(fake, ada)
    fake.events.clear()
    (session,) = await timed.services.records.sessions.planned(GUILD)
    told_ = await told(fake, ada.slash("session cancel", session=session.id))
    assert "could not be taken out" in told_.text


async def test_the_agenda_comes_at_its_time_and_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await planned(fake, fake.member("ada"))
    clock.set("2026-11-25 17:59")
    await timed.agenda_desk.look()
    assert not posted(fake, "begins now")
    clock.set("2026-11-25 18:00")
    for _ in range(3):
        await timed.agenda_desk.look()
    assert len(posted(fake, "begins now")) == 1


async def test_an_agenda_that_a_kill_left_between_is_not_posted_twice(
    fake: FakeDiscord,
    script: Script,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was posted, and its message not noted: the nonce gives the same one back."""
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await planned(fake, fake.member("ada"))
        clock.set("2026-11-25 18:00")

        async def killed(*_: object) -> None:
            raise SessionRefused("killed here")

        monkeypatch.setattr(bot.services.records.sessions, "shown", killed)
        with pytest.raises(SessionRefused):
            await bot.agenda_desk.look()
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await bot.agenda_desk.look()
        (agenda,) = posted(fake, "begins now")
        (session,) = await bot.services.records.sessions.planned(GUILD)
        assert str(session.message) == agenda.id


async def test_a_session_is_run_over_a_restart_and_summed_up(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    ada, eve, bob = fake.member("ada"), fake.member("eve"), fake.member("bob")
    eve.permissions = bob.permissions = ORDINARY
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        agenda = await begun(fake, bot, clock, lesson="base-models")
        eve.click(agenda, "I am here")
        await fake.until(lambda: "1 member here" in agenda.text)
        shown = await told(fake, ada.click(agenda, "Lesson"))
        assert not shown.ephemeral
        assert "Base models" in shown.text
        read = await told(fake, eve.click(shown, "Read"))
        assert read.ephemeral
        assert "1 of " in read.text
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        bob.click(agenda, "I am here")
        await fake.until(lambda: "2 members here" in agenda.text)
        assert "counted already" in await answered(fake, bob.click(agenda, "I am here"))
        for which in ("Lesson", "Demo", "Vote blind", "Quiz", "End"):
            assert "Only members" in await answered(fake, bob.click(agenda, which))
        ada.click(agenda, "End")
        await fake.until(lambda: posted(fake, "Summary of"))
        (summary,) = posted(fake, "Summary of")
        assert "**2 here:**" in summary.text
        assert f"<@{eve.id}>, <@{bob.id}>" in summary.text
        assert f"<@{ada.id}>" not in summary.text
        assert "**Begun:** lesson\n" in summary.text
        assert summary.payload["mentions"] == []
        await fake.until(lambda: "is over" in agenda.text)
        assert not re.search("custom_id", str(agenda.payload["components"]))
        assert await bot.services.records.sessions.planned(GUILD) == ()
        await bot.agenda_desk.look()
        assert len(posted(fake, "Summary of")) == 1
    assert fake.refused == []


async def test_questions_of_the_session_are_counted_and_earlier_ones_are_not(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """By the real time, which answers are kept with."""
    ada = fake.member("ada")
    clock = Clock()
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await whole(fake, ada.slash("ask", question="Before?"))
        await fake.until(lambda: not bot.answers.running)
        now = dt.datetime.now(dt.UTC)
        clock.now = now - dt.timedelta(hours=1)
        # The session begins at the next whole minute by a clock that is then set back to now.
        book = bot.services.records.sessions
        await planned(fake, ada, when=f"{clock.now + dt.timedelta(minutes=2):%Y-%m-%d %H:%M}")
        (session,) = await book.planned(GUILD)
        clock.now = dt.datetime.fromtimestamp(session.starts, dt.UTC)
        await bot.agenda_desk.look()
        sessions = bot.services.records.memory.calendar.sessions
        asked = await sessions.asked(GENERAL, now.timestamp(), now.timestamp() + 600)
        assert asked == (0, 0)
        await whole(fake, ada.slash("ask", question="Within?"))
        await fake.until(lambda: not bot.answers.running)
        asked = await sessions.asked(GENERAL, now.timestamp(), now.timestamp() + 600)
        assert asked == (1, 0)
        assert await sessions.asked(GENERAL + 1, now.timestamp(), now.timestamp() + 600) == (0, 0)


async def test_a_demo_and_a_vote_are_begun_from_the_agenda(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    models = [FakeModel("llama3.2:3b-instruct-q4_K_M", ("It ", "stops."))]
    async with (
        FakeOllama(models) as engine,
        running_bot(fake, script, tmp_path, clock=clock, ollama_host=engine.url) as bot,
    ):
        agenda = await begun(fake, bot, clock, demo="bare-question")
        ada = fake.member("ada")
        shown = await told(fake, ada.click(agenda, "Demo"))
        await fake.until(lambda: not bot.demos.running)
        assert not shown.ephemeral
        await told(fake, ada.click(agenda, "Vote blind"))
        await fake.until(lambda: not bot.demos.running)
        ada.click(agenda, "End")
        await fake.until(lambda: posted(fake, "Summary of"))
        (summary,) = posted(fake, "Summary of")
        assert "demo, blind demo with a vote" in summary.text


async def test_a_live_quiz_on_the_lesson_is_begun_from_the_agenda_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    agenda = await begun(fake, timed, clock, lesson="base-models")
    shown = await told(fake, ada.click(agenda, "Quiz"))
    assert not shown.ephemeral
    assert "Base models" in shown.text
    assert "running in this channel" in await answered(fake, ada.click(agenda, "Quiz"))
    ada.click(agenda, "End")
    await fake.until(lambda: posted(fake, "Summary of"))
    (summary,) = posted(fake, "Summary of")
    assert "**Begun:** live quiz\n" in summary.text


async def test_models_are_loaded_five_minutes_before_and_a_failure_is_told_once(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    """To the organiser alone; the session begins all the same."""
    ada = fake.member("ada")
    models = [FakeModel("llama3.2:3b-instruct-q4_K_M", loaded=False)]
    async with (
        FakeOllama(models) as engine,
        running_bot(fake, script, tmp_path, clock=clock, ollama_host=engine.url) as bot,
    ):
        await planned(fake, ada, demo="bare-question", lineup="laptop")
        clock.set("2026-11-25 17:54")
        await bot.agenda_desk.look()
        assert not posted(fake, "not ready")
        clock.set("2026-11-25 17:55")
        await bot.agenda_desk.look()
        await bot.agenda_desk.look()
        await fake.until(lambda: posted(fake, "not ready"))
        (said,) = posted(fake, "not ready")
        assert said.channel_id == fake.private_channel(ada.id)["id"]
        clock.set("2026-11-25 18:00")
        await bot.agenda_desk.look()
        assert len(posted(fake, "begins now")) == 1
        assert len(posted(fake, "not ready")) == 1


async def test_one_whose_time_went_by_is_begun_late_or_told_to_be_missed(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    await planned(fake, ada)
    await planned(fake, ada, when="21:00")
    clock.set(
        "2026-11-25 21:30"
    )  # three and a half hours after the one, half an hour after the other
    await timed.agenda_desk.look()
    await timed.agenda_desk.look()
    assert len(posted(fake, "begins now")) == 1
    (said,) = posted(fake, "could not begin")
    assert "I was away" in said.text
    assert said.channel_id == fake.private_channel(ada.id)["id"]


async def test_where_nothing_can_be_written_the_organiser_is_told_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await planned(fake, fake.member("ada"))
    clock.set("2026-11-25 18:00")
    fake.faults.status("POST", rf"/channels/{payloads.GENERAL}/messages", 404, 10003, times=5)
    for _ in range(3):
        await timed.agenda_desk.look()
    (said,) = posted(fake, "could not begin")
    assert "can no longer write" in said.text


async def test_while_discord_fails_the_agenda_waits(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await planned(fake, fake.member("ada"))
    clock.set("2026-11-25 18:00")
    fake.faults.status("POST", rf"/channels/{payloads.GENERAL}/messages", 500, times=3)
    await timed.agenda_desk.look()
    assert not posted(fake, "begins now")
    await timed.agenda_desk.look()
    assert len(posted(fake, "begins now")) == 1


async def test_one_that_nobody_ends_is_ended_after_six_hours(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await begun(fake, timed, clock)
    clock.set("2026-11-25 23:59")
    await timed.agenda_desk.look()
    assert not posted(fake, "Summary of")
    clock.set("2026-11-26 00:00")
    await timed.agenda_desk.look()
    (summary,) = posted(fake, "Summary of")
    assert "Nobody pressed" in summary.text
    assert "nothing from the agenda" in summary.text


async def test_fifty_members_press_at_once_and_each_is_counted_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    agenda = await begun(fake, timed, clock)
    members = [fake.member(f"member {n}") for n in range(50)]
    presses = [member.click(agenda, "I am here") for member in members for _ in range(2)]
    await fake.until(lambda: all(one.response for one in presses))
    (session,) = await timed.services.records.sessions.planned(GUILD)
    assert await timed.services.records.sessions.present(session.id) == 50
    fake.member("ada").click(agenda, "End")
    await fake.until(lambda: posted(fake, "Summary of"))
    (summary,) = posted(fake, "Summary of")
    assert "**50 here:**" in summary.text
    assert "and 20 more" in summary.text
    assert fake.refused == []


@pytest.mark.parametrize(
    "custom_id", ["agenda:here:nothing", "agenda:end:", "agenda", "agenda:boom:{id}", "session:x:y"]
)
async def test_a_forged_or_stale_press_gets_a_sentence(
    fake: FakeDiscord, timed: StudyBot, clock: Clock, custom_id: str
) -> None:
    agenda = await begun(fake, timed, clock)
    (session,) = await timed.services.records.sessions.planned(GUILD)
    forged = custom_id.replace("{id}", session.id)
    agenda.payload["components"][-1]["components"][0]["custom_id"] = forged
    said = await answered(fake, fake.member("eve").click(agenda, forged))
    assert "expired" in said or "over" in said


async def test_an_agenda_carried_elsewhere_does_nothing(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    agenda = await begun(fake, timed, clock)
    other = fake.add_channel("other")["id"]
    agenda.channel_id = other
    assert "expired" in await answered(fake, fake.member("eve").click(agenda, "I am here"))
    assert "expired" in await answered(fake, fake.member("ada").click(agenda, "End"))


async def test_who_is_forgotten_is_no_longer_counted_and_the_session_goes_on(
    fake: FakeDiscord, timed: StudyBot, clock: Clock, tmp_path: Path
) -> None:
    agenda = await begun(fake, timed, clock)
    ada, eve = fake.member("ada"), fake.member("eve")
    for member in (ada, eve):
        await fake.until(lambda m=member: m.click(agenda, "I am here").id)  # type: ignore[misc]  # mypy does not infer it
    await fake.until(lambda: "2 members here" in agenda.text)
    erasing = timed.services.records.memory.erasing
    assert (await erasing.forget(int(eve.id)))["attendances"] == 1
    await erasing.forget(int(ada.id))
    stored = b"".join(p.read_bytes() for p in sorted(tmp_path.rglob("records*")))  # noqa: ASYNC240  small
    assert ada.id.encode() not in stored
    (session,) = await timed.services.records.sessions.planned(GUILD)
    assert session.planned_by is None
    fake.member("bob").click(agenda, "End")  # another organiser
    await fake.until(lambda: posted(fake, "Nobody pressed"))


async def test_past_sessions_expire_with_their_server_and_planned_ones_do_not(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await begun(fake, timed, clock)
    await planned(fake, fake.member("ada"), when="2027-06-01 10:00")
    erasing = timed.services.records.memory.erasing
    clock.set("2026-12-24 18:00")
    assert await erasing.expire(clock()) == 0
    clock.set("2026-12-26 18:00")
    assert await erasing.expire(clock()) == 1
    (session,) = await timed.services.records.sessions.planned(GUILD)
    assert session.state == "planned"
    await asyncio.sleep(0)
