"""What becomes of an answer when Discord takes an edit late, twice, or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.client.bot import StudyBot
from bot.events import Finished, SourcesFound
from bot.model import Delta
from bot.present import answers, calls, webhook, writer
from bot.present.answer import Answer
from bot.present.calls import Calls
from bot.present.intake import LEAVING
from bot.present.surface import Undelivered
from bot.present.writer import AFRESH, REFUSED, UNSURE
from tests.bot.client.script import HITS, USAGE, Script, answering, body, messages, whole
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.faults import Fault

ORIGINAL = r"/messages/@original$"
CHANNEL = r"/channels/\d+/messages"
ANSWER = "A token is a **piece** of text [1]."
Refusals = Callable[..., Interaction]


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between tries."""
    monkeypatch.setattr(writer, "PATIENCE", (0.05, 0.05))
    monkeypatch.setattr(calls, "_BACKOFF", 0.01)


def shown(fake: FakeDiscord, asked: Interaction) -> str:
    """Return what the response shows now."""
    message = fake.original(asked)
    return message.text if message else ""


async def reply(fake: FakeDiscord, marks: str = "Retry") -> Message:
    """Wait for the bot's message in the channel that holds these words or buttons."""
    found = await fake.until(
        lambda: [m for m in fake.messages.values() if marks in str(m.payload["components"])]
    )
    return found[-1]


async def test_d2_a_global_limit_holds_all_back_and_no_member_sees_an_error(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    told = b'{"message": "", "retry_after": 0.3, "global": true}'
    fake.faults.rules.append(Fault("POST", CHANNEL, 1, status=429, body=told))
    for name in ("ada", "bob"):
        fake.member(name).mention("Why?")
    await fake.until(lambda: bot.answers._known and bot.answers.running == 0)
    replies = [m for m in fake.messages.values() if "Retry" in str(m.payload)]
    assert [body(m) for m in replies] == [ANSWER] * 2
    assert not any("⚠️" in m.text for m in fake.messages.values())


async def test_d3_a_ban_pauses_all_calls_for_ten_minutes_and_then_the_answer_comes(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """A 429 without Via is no word of Discord's; the clock is injected."""
    now, over = [0.0], asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await over.wait()

    bot.calls.__init__(lambda: now[0], sleep)  # type: ignore[misc]  # the same object, on another clock
    asked = fake.member("ada").slash("ask", question="Why?")
    html = {"Content-Type": "text/html"}
    fake.faults.rules.append(Fault("PATCH", ORIGINAL, 1, status=429, body=b"no", headers=html))
    await fake.until(lambda: bot.calls.paused)
    calls_before = len(fake.log)
    fake.member("bob").slash("ask", question="Why?")
    await fake.until(lambda: len(bot.intake._taken) == 2)
    now[0] = 599.0
    await asyncio.sleep(0.1)
    assert len(fake.log) == calls_before
    now[0] = 601.0
    over.set()
    assert body(await whole(fake, asked)) == ANSWER
    status = fake.member("ada").slash("status")
    await fake.until(lambda: "this machine once" in shown(fake, status))
    assert len(script.questions) == 1


@pytest.mark.usefixtures("_soon", "bot")
async def test_d4_a_burst_of_5xx_ends_with_one_whole_answer(
    fake: FakeDiscord, script: Script
) -> None:
    """More failures than one call's tries; the model's stream is read on meanwhile."""
    script.steps = answering("word " * 40, every=0.01, size=10)
    for status in (500, 502, 503, 520):
        fake.faults.status("PATCH", CHANNEL, status)
    fake.faults.status("PATCH", CHANNEL, 503, times=4)
    fake.member("ada").mention("Why?")
    message = await reply(fake)
    assert body(message).split() == ["word"] * 40
    assert len(fake.messages) == 2


@pytest.mark.parametrize("fault", ["500", "reset"])
@pytest.mark.usefixtures("_soon", "bot")
async def test_d5_a_further_message_whose_answer_was_lost_is_not_made_twice(
    fake: FakeDiscord, script: Script, fault: str
) -> None:
    """Nothing is lost for that: the whole goes along as a file."""
    text = "\n\n".join(f"Paragraph {i} {'x' * 100}" for i in range(50))
    script.steps = answering(text, size=500)
    if fault == "500":
        fake.faults.status("POST", r"/webhooks/\d+/[^/]+$", 500, act_first=True)
    else:
        fake.faults.reset("POST", r"/webhooks/\d+/[^/]+$", act_first=True)
    asked = fake.member("ada").slash("ask", question="Long?")
    await fake.until(lambda: UNSURE in shown(fake, asked))
    first = messages(fake, asked)[0]
    assert len(asked.followups) == 1
    assert first.file.data.decode() == text
    assert text.startswith(body(first)[:1000])


@pytest.mark.usefixtures("bot")
async def test_d5_an_acknowledgement_that_fails_is_made_again_while_it_still_counts(
    fake: FakeDiscord,
) -> None:
    """discord.py alone would wait for 1, 3 and 5 s, and be too late."""
    fake.faults.status("POST", r"/callback$", 503, times=2)
    fake.faults.reset("POST", r"/callback$")
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == ANSWER


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.usefixtures("_soon", "bot")
async def test_d4_a_page_of_discords_edge_is_no_word_on_the_message(
    fake: FakeDiscord, status: int
) -> None:
    """It carries no code of Discord's: the place is still there, and the edit is made again."""
    page = Fault("PATCH", ORIGINAL, 2, status=status, body=b"<html>Attention!</html>")
    fake.faults.rules.append(replace(page, headers={"Content-Type": "text/html"}))
    assert body(await whole(fake, fake.member("ada").slash("ask", question="Why?"))) == ANSWER


@pytest.mark.usefixtures("bot")
async def test_an_answer_of_discord_without_an_id_costs_no_text(fake: FakeDiscord) -> None:
    fake.faults.rules.append(Fault("PATCH", ORIGINAL, 1, act_first=True, status=200, body=b"{}"))
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == ANSWER


@pytest.mark.usefixtures("bot")
async def test_d6_a_connection_closed_before_the_answer_is_survived(
    fake: FakeDiscord,
) -> None:
    """Discord accepted the edit; the bot cannot know, and makes it again."""
    fake.faults.reset("PATCH", ORIGINAL, times=2, act_first=True)
    assert body(await whole(fake, fake.member("ada").slash("ask", question="Why?"))) == ANSWER


@pytest.mark.usefixtures("_soon")
async def test_a_last_edit_that_fails_for_good_is_made_up_for_by_a_new_message(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    fake.member("ada").mention("Why?")
    await reply(fake, "So far")
    fake.faults.status("PATCH", CHANNEL, 503, times=999)
    bot.answers.stop(next(iter(bot.answers._known.values())), "That was all.")
    message = await reply(fake)
    assert AFRESH in message.text
    assert body(message) == "So far"
    assert "That was all." in message.text
    await fake.until(lambda: len(left(fake)) == 2)


def left(fake: FakeDiscord) -> list[Message]:
    """Return the messages that stand there still."""
    return [message for message in fake.messages.values() if message.deleted_at is None]


@pytest.mark.parametrize("status", [0, 500, 503])
@pytest.mark.parametrize("where", ["anywhere", "private", "where it may not write"])
@pytest.mark.usefixtures("_soon", "bot")
async def test_a_response_that_cannot_be_edited_any_more_gives_way_to_the_whole_answer(
    fake: FakeDiscord, script: Script, where: str, status: int
) -> None:
    """A normal message where the bot may write one, else a further message of the command."""
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    asked = fake.member("ada").slash("ask", question="Why?", private=where == "private")
    await fake.until(lambda: "So far" in shown(fake, asked))
    fake.faults.rules.append(Fault("PATCH", r"/webhooks/", 999, status=status))
    if where == "where it may not write":
        fake.faults.status("POST", CHANNEL, 403, 50013)
    fake.member("ada").click(messages(fake, asked)[0], "Stop")
    last = await reply(fake)
    await fake.until(lambda: left(fake) == [last])
    assert (last.id in asked.followups) == (where != "anywhere")
    assert AFRESH in last.text
    assert body(last) == "So far"
    assert "You stopped this answer" in last.text


@pytest.mark.parametrize("route", ["/webhooks/", CHANNEL])
@pytest.mark.parametrize("code", [0, 50035])
@pytest.mark.usefixtures("_soon", "bot")
async def test_an_end_that_stands_there_is_not_told_again_when_later_tries_fail(
    fake: FakeDiscord, script: Script, route: str, code: int
) -> None:
    """Discord took the last edit, but its answer was lost, and then it takes none any more."""
    script.steps = [SourcesFound(HITS), Delta("So far "), 0.1, *answering("all.")[1:]]
    if route == CHANNEL:
        fake.member("ada").mention("Why?")
    else:
        fake.member("ada").slash("ask", question="Why?")
    message = await reply(fake, "So far")
    fake.faults.reset("PATCH", route, act_first=True)
    fake.faults.status("PATCH", route, 400 if code else 503, code, times=99)
    await reply(fake)
    await fake.until(lambda: sum(rule.times for rule in fake.faults.rules) <= 98)
    await asyncio.sleep(0.5)
    assert body(message) == "all."
    assert REFUSED not in message.text
    assert [m for m in left(fake) if "Retry" in str(m.payload)] == [message]


@pytest.mark.usefixtures("_soon", "bot")
async def test_a_reply_made_without_our_knowing_it_is_brought_to_its_end(
    fake: FakeDiscord, script: Script
) -> None:
    """To the same nonce Discord gives the message that stands there, as it was made."""
    script.steps = [SourcesFound(HITS), Delta("So far "), 0.5, *answering("all.")[1:]]
    fake.faults.reset("POST", CHANNEL, act_first=True, times=3)
    fake.member("ada").mention("Why?")
    assert body(await reply(fake)) == "all."
    assert len(fake.messages) == 2


@pytest.mark.usefixtures("bot")
async def test_an_acknowledgement_that_seems_to_have_failed_ends_in_one_card(
    fake: FakeDiscord, script: Script
) -> None:
    """Discord took it, and now waits for the response to be filled."""
    fake.faults.status("POST", r"/callback$", 503, act_first=True)
    fake.faults.status("POST", r"/callback$", 503, times=4)
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "Something went wrong here" in shown(fake, asked))
    assert len(messages(fake, asked)) == 1
    assert script.questions == []


@pytest.fixture
async def refused(fake: FakeDiscord, bot: StudyBot, script: Script) -> Refusals:
    """Show "So far" to ada; then Discord refuses as many edits as are told."""
    gate = asyncio.Event()
    script.steps = [SourcesFound(HITS), Delta("So far "), gate.wait, *answering("all.")[1:]]
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "So far" in shown(fake, asked))
    await fake.until(lambda: next(iter(bot.answers._known.values())).surface.ids)

    def refuse(times: int, code: int = 200000) -> Interaction:
        fake.faults.status("PATCH", r"/webhooks/", 400, code, times=times)
        gate.set()
        return asked

    return refuse


@pytest.mark.parametrize(
    ("times", "code"), [(1, 200000), (1, 240000), (1, 50035), (2, 200000), (2, 50035)]
)
async def test_d18_a_text_that_discord_refuses_ends_with_a_card_and_what_was_shown(
    fake: FakeDiscord, refused: Refusals, times: int, code: int
) -> None:
    """Also where Discord refuses what it had taken, with our lines about it."""
    asked = refused(times, code)
    message = await whole(fake, asked)
    assert REFUSED in message.text
    assert body(message) == "So far"
    assert "Writing" not in message.text
    assert len(messages(fake, asked)) == 1


@pytest.mark.parametrize("times", [3, 50])
async def test_d18_where_no_edit_is_taken_any_more_a_new_message_says_so(
    fake: FakeDiscord, refused: Refusals, times: int
) -> None:
    """What was shown stays where it stands."""
    refused(times)
    await fake.until(lambda: any(REFUSED in m.text for m in left(fake)))
    first, card = left(fake)
    assert body(first) == "So far"
    assert body(card) == ""


@pytest.mark.usefixtures("_soon")
async def test_d18_a_card_that_fails_on_its_way_is_made_again(
    fake: FakeDiscord, refused: Refusals
) -> None:
    """More failures than one call's tries."""
    asked = refused(1)
    fake.faults.reset("PATCH", r"/webhooks/", times=5)
    message = await whole(fake, asked)
    assert REFUSED in message.text
    assert body(message) == "So far"


@pytest.mark.parametrize("how", ["the clock", "Discord's word"])
async def test_d11_before_the_token_ends_the_stream_moves_to_the_channels_route(
    fake: FakeDiscord, bot: StudyBot, script: Script, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same message is edited on: nothing is posted twice, nothing is lost."""
    gate = asyncio.Event()
    script.steps = [SourcesFound(HITS), Delta("So far "), gate.wait, *answering("all.")[1:-1],
                    Finished("So far all.", (), USAGE, "m")]  # fmt: skip
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "So far" in shown(fake, asked))
    surface: Any = next(iter(bot.answers._known.values())).surface
    await fake.until(lambda: surface.ids)
    if how == "the clock":
        monkeypatch.setattr(surface, "_until", 0.0)
    else:
        fake.token_life = 0.0
    gate.set()
    message = await whole(fake, asked)
    assert body(message) == "So far all."
    assert len(fake.messages) == 1
    assert [c.route for c in fake.log if c.status == 200][-1].startswith("/channels/")


async def test_d11_a_private_answer_ends_early_with_a_notice(
    fake: FakeDiscord, script: Script, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot move to the channel, where others would read it."""
    assert bot.is_ready()
    monkeypatch.setattr(webhook, "WEBHOOK_SECONDS", webhook.EARLIER_SECONDS + 1.0)
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    asked = fake.member("ada").slash("ask", question="Why?", private=True)
    message = await whole(fake, asked)
    assert answers.TIME_IS_UP in message.text
    assert body(message) == "So far"
    assert script.closed == 1
    assert message.ephemeral


async def test_a2_who_asks_while_the_bot_leaves_is_told_so(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    bot.intake.closed = True
    ada = fake.member("ada")
    asked = ada.slash("ask", question="Why?")
    await fake.until(lambda: LEAVING in shown(fake, asked))
    ada.mention("Why?")
    await reply(fake, LEAVING)
    assert script.questions == []


async def test_d1_a_limit_used_up_for_long_is_waited_out(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """Beyond a minute discord.py raises instead of waiting."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    bot.calls._sleep = sleep
    told = b'{"message": "", "retry_after": 90.0, "global": false}'
    fake.faults.rules.append(Fault("POST", CHANNEL, 1, status=429, body=told))
    fake.member("ada").mention("Why?")
    assert body(await reply(fake)) == ANSWER
    assert slept == [90.0]
    assert len(script.questions) == 1


async def test_a_pause_refuses_what_would_come_too_late_and_holds_back_the_rest() -> None:
    now = [0.0]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    async def call() -> str:
        return "made"

    paused = Calls(lambda: now[0], sleep)
    paused._until = 600.0
    with pytest.raises(Undelivered):
        await paused.patiently(call, urgent=True)
    assert await paused.patiently(call) == "made"
    assert slept == [600.0]


def test_the_cut_keeps_what_is_shown() -> None:
    """The pages stay, the last one says why it is the last, and the whole goes along."""
    answer = Answer("id", "Why?")
    answer.take(Delta("one two"))
    pages = answer.pages()
    answer.take(Finished("one two", (), USAGE, "m"))
    (page,) = answer.cut(pages, "Because.", True)
    assert page.body == pages[0].body
    assert page.below[0] == "⚠️ Because."
    assert page.file is not None
    assert page.file.data == b"one two"
    assert answer.cut((replace(pages[0]), replace(pages[0])), "Because.", False)[0].file is None
