"""A live quiz on the fake Discord: many members at once, restarts, and who may stop it."""

import copy
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.present.live_desk import CLOSED, NOT_YOURS, OVER, RUNNING
from bot.present.live_quiz import PAUSED
from bot.quiz import live
from knowledge.question import Question
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_leftovers import SERVE, environment, killed_in_the_end
from tests.bot.client.test_panel import GENERAL, told
from tests.bot.client.test_quiz import labels
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.member import Member

LONG = 600.0
SLUG = "tokens-and-context"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a quiz begin soon, a question stay open until it is stopped, and no pause be long."""
    monkeypatch.setattr(live, "START_SECONDS", 0.1)
    monkeypatch.setattr(live, "ANSWER_SECONDS", LONG)
    monkeypatch.setattr(live, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.1)


def posted(fake: FakeDiscord, what: str) -> list[Message]:
    """Return the messages in the channel with these words, oldest first."""
    every = sorted(fake.messages.values(), key=lambda m: int(m.id))
    return [m for m in every if what in m.text and not m.ephemeral]


async def opened(fake: FakeDiscord, number: int = 1) -> Message:
    """Wait for a question that is open."""
    words = f"Live quiz** · {number} of"
    await fake.until(lambda: [m for m in posted(fake, words) if "A" in labels(m)], 60.0)
    return [m for m in posted(fake, words) if "A" in labels(m)][-1]


def asked_in(bot: StudyBot) -> Question:
    """Return the question that is asked in the channel."""
    running = bot.live_desk.running(GENERAL)
    assert running is not None
    return running.round.questions[running.number]


def places(bot: StudyBot) -> tuple[str, str]:
    """Return the letter of the key, and another one."""
    running = bot.live_desk.running(GENERAL)
    assert running is not None
    options = running.round.options(running.number)
    at = options.index(asked_in(bot).answer)
    return "ABCD"[at], "ABCD"[(at + 1) % len(options)]


def late(message: Message) -> Message:
    """Return a message as somebody's screen still shows it when it has changed."""
    return replace(message, payload=copy.deepcopy(message.payload))


async def said(fake: FakeDiscord, pressed: Interaction) -> str:
    """Return what only the one who pressed reads."""
    message = await told(fake, pressed)
    assert message.ephemeral
    return message.text


async def test_fifty_members_at_once_are_each_counted_once_within_the_budget(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """All press at once, every third twice and with another option; some late, some foreign."""
    crowd = [fake.member(f"m{n}") for n in range(50)]
    await told(fake, crowd[0].slash("quiz", lesson=SLUG, questions=1, live=True))
    message = await opened(fake)
    screen = late(message)
    question, (key, other) = asked_in(bot), places(bot)
    pressed: dict[str, list[Interaction]] = {}
    for n, member in enumerate(crowd):
        first, second = (key, other) if n % 2 else (other, key)
        pressed[member.id] = [member.click(message, first)]
        if n % 3 == 0:
            pressed[member.id] += [member.click(message, second), member.click(message, first)]
    for taken, *more in pressed.values():
        assert "Taken" in await said(fake, taken)
        for again in more:
            assert "first press counts" in await said(fake, again)
    await fake.until(lambda: "**50 answers** so far." in message.text, 60.0)
    crowd[0].click(message, "Stop the quiz")
    await fake.until(lambda: posted(fake, "The quiz was stopped"), 60.0)
    await fake.until(lambda: bot.live_desk.running(GENERAL) is None)
    eve = fake.member("eve")
    assert OVER in await said(fake, eve.click(screen, key))

    kept = await bot.services.records.memory.attempts.of_server(int(bot.guilds[0].id))
    assert {one.member: one.right for one in kept} == {
        int(member.id): bool(n % 2) for n, member in enumerate(crowd)
    }
    assert len(kept) == 50
    assert {one.question for one in kept} == {question.id}
    assert all(one.points >= 10 if one.right else one.points == 0 for one in kept)
    counts = dict(re.findall(r"\*\*([A-D])\*\* .* – (\d+)", message.text))
    assert (counts[key], counts[other]) == ("25", "25")
    assert sum(map(int, counts.values())) == 50
    passage = next(
        p for one in bot.services.lessons for p in one.passages if p.id == question.passage
    )
    assert passage.heading in message.text
    assert "Fastest: <@" in message.text
    (over,) = posted(fake, "The quiz was stopped")
    told_points = [int(n) for n in re.findall(r"\*\*(\d+) points", over.text)]
    assert told_points == sorted((one.points for one in kept), reverse=True)[:10]
    assert "and 40 more" in over.text
    assert await bot.services.records.memory.quizzes.all() == ()
    edits = [c for c in fake.log if c.method == "PATCH" and message.id in c.path]
    assert len(edits) < 30
    assert fake.too_many == 0
    assert fake.refused == []


async def test_questions_follow_each_other_and_the_scores_add_up(
    fake: FakeDiscord, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ANSWER_SECONDS", 12.0)
    ada, eve = fake.member("ada"), fake.member("eve")
    start = await told(fake, ada.slash("quiz", questions=2, live=True))
    assert not start.ephemeral
    assert f"<@{ada.id}>" in start.text
    screens = []
    for number in (1, 2):
        message = await opened(fake, number)
        screens.append(late(message))
        key, other = places(bot)
        await said(fake, ada.click(message, key))
        await said(fake, eve.click(message, other if number == 1 else key))
        if number == 2:
            assert CLOSED in await said(fake, eve.click(screens[0], key))
        await fake.until(lambda m=message: "A" not in labels(m), 60.0)  # type: ignore[misc]  # mypy does not infer it
        assert "Ask about this lesson" in labels(message)
    await fake.until(lambda: posted(fake, "The quiz is over"), 60.0)
    (over,) = posted(fake, "The quiz is over")
    first, second = over.text.splitlines()[1:3]
    assert first.startswith(f"1. <@{ada.id}>")
    assert "2 of 2 right" in first
    assert second.startswith(f"2. <@{eve.id}>")
    assert "1 of 2 right" in second
    assert fake.refused == []


async def test_one_quiz_a_channel_and_only_its_starter_and_organisers_stop_it(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    ada.permissions = eve.permissions = "3072"
    await told(fake, ada.slash("quiz", live=True))
    assert RUNNING in await said(fake, eve.slash("quiz", live=True))
    message = await opened(fake)
    assert NOT_YOURS in await said(fake, eve.click(message, "Stop the quiz"))
    eve.permissions = ""  # all of them
    eve.click(message, "Stop the quiz")
    await fake.until(lambda: posted(fake, "The quiz was stopped"), 60.0)
    assert "Nobody answered" in posted(fake, "The quiz was stopped")[0].text
    await fake.until(lambda: bot.live_desk.running(GENERAL) is None)
    await told(fake, eve.slash("quiz", live=True))
    assert fake.refused == []


async def test_forged_presses_get_a_sentence_and_count_nothing(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    await told(fake, ada.slash("quiz", live=True))
    message = await opened(fake)
    name = message.payload["components"][-1]["components"][0]["custom_id"].split(":")[1]
    for forged in ("live", "live:gone:0:0", f"live:{name}:1:0", f"live:{name}:0:9", f"live:{name}"):
        screen = late(message)
        screen.payload["components"][-1]["components"][0]["custom_id"] = forged
        assert await said(fake, ada.click(screen, forged))
    running = bot.live_desk.running(GENERAL)
    assert running is not None
    assert running.round.answers(0) == {}


async def test_it_goes_on_after_a_restart_and_nobody_is_counted_twice(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    async with running_bot(fake, script, tmp_path) as bot:
        await told(fake, ada.slash("quiz", questions=1, live=True))
        message = await opened(fake)
        key, other = places(bot)
        await said(fake, ada.click(message, key))
    assert PAUSED in message.text
    async with running_bot(fake, script, tmp_path) as bot:
        await fake.until(lambda: "**1 answer** so far." in message.text, 60.0)
        assert places(bot) == (key, other)
        assert "first press counts" in await said(fake, ada.click(message, other))
        await said(fake, eve.click(message, other))
        ada.click(message, "Stop the quiz")
        await fake.until(lambda: posted(fake, "The quiz was stopped"), 60.0)
    (over,) = posted(fake, "The quiz was stopped")
    assert [line[:2] for line in over.text.splitlines()[1:]] == ["1.", "2."]
    assert "1 of 1 right" in over.text
    assert len(posted(fake, "Live quiz** · 1 of 1")) == 1
    async with running_bot(fake, script, tmp_path):
        screen = late(message)
        screen.payload["components"][-1]["components"][0]["custom_id"] = "live:gone:0:0"
        assert OVER in await said(fake, eve.click(screen, "live:gone:0:0"))
    assert len(posted(fake, "The quiz was stopped")) == 1


async def test_after_long_absence_it_ends_with_its_scores_and_a_sentence(
    fake: FakeDiscord, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        await told(fake, ada.slash("quiz", questions=3, live=True))
        message = await opened(fake)
        await said(fake, ada.click(message, places(bot)[0]))
    monkeypatch.setattr(live, "AWAY_SECONDS", -10 * LONG)
    async with running_bot(fake, script, tmp_path) as bot:
        await fake.until(lambda: posted(fake, "while I was away"), 60.0)
        assert "1 of 1 right" in posted(fake, "while I was away")[0].text
        await fake.until(lambda: bot.live_desk.running(GENERAL) is None)
        assert await bot.services.records.memory.quizzes.all() == ()


@pytest.mark.usefixtures("bot")
async def test_a_forgotten_member_is_no_longer_among_the_scores(fake: FakeDiscord) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    await told(fake, ada.slash("quiz", questions=1, live=True))
    message = await opened(fake)
    for member in (ada, eve):
        await said(fake, member.click(message, "A"))
    await forgotten(fake, ada)
    eve.click(message, "Stop the quiz")
    await fake.until(lambda: posted(fake, "The quiz was stopped"), 60.0)
    assert f"<@{ada.id}>" not in posted(fake, "The quiz was stopped")[0].text
    assert f"<@{eve.id}>" in posted(fake, "The quiz was stopped")[0].text


async def forgotten(fake: FakeDiscord, member: Member) -> None:
    """Let a member be forgotten."""
    asked = await told(fake, member.slash("forget"))
    member.click(asked, "Forget me")
    await fake.until(lambda: "rased" in asked.text and "Shall" not in asked.text, 60.0)


async def test_after_a_kill_what_was_confirmed_counts_and_the_question_goes_on(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    quick = "from bot.quiz import live\nlive.START_SECONDS, live.ANSWER_SECONDS = 0.1, 600.0\n"
    ada, eve = fake.member("ada"), fake.member("eve")
    async with killed_in_the_end(quick + SERVE, env=environment(fake, tmp_path)):
        await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
        await told(fake, ada.slash("quiz", questions=1, live=True))
        message = await opened(fake)
        assert "Taken" in await said(fake, ada.click(message, "A"))
    async with running_bot(fake, script, tmp_path) as bot:
        await fake.until(lambda: bot.live_desk.running(GENERAL), 60.0)
        assert "first press counts" in await said(fake, ada.click(message, "B"))
        assert "Taken" in await said(fake, eve.click(message, "B"))
        ada.click(message, "Stop the quiz")
        await fake.until(lambda: posted(fake, "The quiz was stopped"), 60.0)
    assert len(posted(fake, "Live quiz** · 1 of 1")) == 1
    (over,) = posted(fake, "The quiz was stopped")
    assert {f"<@{ada.id}>", f"<@{eve.id}>"} <= set(re.findall(r"<@\d+>", over.text))
