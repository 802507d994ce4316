"""`/review` on the fake Discord, by a clock that is set."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.quiz.choosing import shuffled
from bot.review.book import NEW_A_DAY, known
from knowledge.question import Question
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_every_control import controls
from tests.bot.client.test_panel import told
from tests.bot.clock import Clock
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.interactions import DEFER_UPDATE
from tests.doubles.discord.member import Member


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path, clock=clock) as running:
        yield running


def asked(bot: StudyBot, message: Message) -> Question:
    """Return the question that a message shows."""
    found = known(bot.services.lessons).values()
    return next(q for q, _ in found if f"### {q.text}" in message.text)


def ids(message: Message) -> list[str]:
    return [str(control["custom_id"]) for control in controls(message)]


def of_key(message: Message, question: Question) -> str:
    """Return the control that answers rightly, or shows the answer where there are no options."""
    shown = ids(message)
    seen = shown[0].split(":")[5]
    options = shuffled(question, seen)
    return shown[options.index(question.answer) if options else 0]


async def pressed(fake: FakeDiscord, who: Member, message: Message, control: str) -> None:
    """Press what changes a message."""
    before = message.text
    who.click(message, control)
    await fake.until(lambda: message.text != before)


async def said(fake: FakeDiscord, done: Interaction) -> str:
    """Return the sentence that answers a press, beside the message."""
    await fake.until(lambda: done.response is not None)
    if done.response != DEFER_UPDATE:
        return (await told(fake, done)).text
    await fake.until(lambda: done.followups)
    return fake.messages[done.followups[0]].text


async def rightly(fake: FakeDiscord, bot: StudyBot, who: Member, message: Message) -> None:
    """Answer rightly, and grade it as good."""
    await pressed(fake, who, message, of_key(message, asked(bot, message)))
    await pressed(fake, who, message, ids(message)[2])


async def test_a_question_is_put_answered_and_graded_and_comes_again_when_it_is_due(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    """With a restart between any two presses."""
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path, clock=clock):
        message = await told(fake, ada.slash("review"))
        assert message.ephemeral
        assert "becomes a card" in message.text
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await pressed(fake, ada, message, ids(message)[0])
        question = asked(bot, message)
        passage = known(bot.services.lessons)[question.id][1]
        key = of_key(message, question)
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await pressed(fake, ada, message, key)
        assert "✅ Right" in message.text
        assert passage.heading in message.text
        assert question.why in message.text
        await bot.intake.settled(5.0)
        (kept,) = await bot.services.records.memory.attempts.of_member(int(ada.id))
        assert (kept.kind, kept.right, kept.question) == ("review", True, question.id)
        labels = [str(control["label"]) for control in controls(message)]
        assert [one.split(" · ")[0] for one in labels] == ["Again", "Hard", "Good", "Easy"]
        good = labels[2].split(" · ")[1]
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await pressed(fake, ada, message, ids(message)[2])
        assert "Good: that one comes again" in message.text
        assert f"{NEW_A_DAY - 1} to go today" in message.text
        (card,) = await bot.services.records.memory.deck.of_member(int(ada.id))
        days = round((card.due - clock()) / 86_400)
        assert good == f"{days} days"
        rest = await told(fake, ada.slash("review"))
        assert "Nothing is due now" in rest.text
        clock.now += dt.timedelta(days=days)
        again = await told(fake, ada.slash("review"))
        assert "Review** · 1 due" in again.text
        assert asked(bot, again) == question
    assert fake.refused == []


async def test_what_was_not_known_comes_again_soon_and_cannot_be_graded_as_known(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    message = await told(fake, ada.slash("review"))
    await pressed(fake, ada, message, ids(message)[0])
    question = asked(timed, message)
    wrong = next(one for one in ids(message) if one != of_key(message, question))
    await pressed(fake, ada, message, wrong)
    assert "❌ Not this one" in message.text
    assert question.answer in message.text
    assert [str(one["label"]) for one in controls(message)] == ["Again · 10 min"]
    await pressed(fake, ada, message, ids(message)[0])
    clock.now += dt.timedelta(minutes=11)
    assert asked(timed, await told(fake, ada.slash("review"))) == question


async def test_so_many_are_new_on_a_day_and_no_more(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    message = await told(fake, ada.slash("review"))
    await pressed(fake, ada, message, ids(message)[0])
    seen = set()
    for _ in range(NEW_A_DAY):
        seen.add(asked(timed, message).id)
        await rightly(fake, timed, ada, message)
    assert len(seen) == NEW_A_DAY
    assert "Nothing is due now" in message.text
    assert "More tomorrow" in message.text
    assert not controls(message)
    clock.now += dt.timedelta(days=1)
    assert controls(await told(fake, ada.slash("review")))
    assert fake.refused == []


async def test_foreign_stale_and_forged_presses_get_a_sentence_and_change_nothing(
    fake: FakeDiscord, timed: StudyBot
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    message = await told(fake, ada.slash("review"))
    await pressed(fake, ada, message, ids(message)[0])
    put = ids(message)[0]
    assert "belong to who reviews" in (await told(fake, eve.click(message, put))).text
    await rightly(fake, timed, ada, message)
    deck = timed.services.records.memory.deck
    (card,) = await deck.of_member(int(ada.id))
    owner, which = ada.id, card.question
    control = message.payload["components"][-1]["components"][0]
    for forged, sentence in {
        put: "graded since",
        f"review:grade:{owner}:1:{which}:0:4": "graded since",
        f"review:grade:{owner}:1:{which}:{10**30}:4": "graded since",
        f"review:grade:{owner}:1:nothing:0:4": "graded since",
        f"review:grade:{owner}:1:{which}:{card.at}:9": "expired",
        f"review:pick:{owner}:1:{which}:{card.at}:9": "expired",
        f"review:pick:{owner}:1:{which}:²:0": "expired",
        f"review:nothing:{owner}": "expired",
        "review:new": "expired",
        "review": "expired",
    }.items():
        control["custom_id"] = forged
        assert sentence in await said(fake, ada.click(message, forged)), forged
    assert await deck.of_member(int(ada.id)) == (card,)
    assert not await deck.of_member(int(eve.id))


async def test_a_member_who_is_forgotten_has_no_cards(fake: FakeDiscord, timed: StudyBot) -> None:
    ada = fake.member("ada")
    message = await told(fake, ada.slash("review"))
    await pressed(fake, ada, message, ids(message)[0])
    await rightly(fake, timed, ada, message)
    asked_ = await told(fake, ada.slash("forget"))
    done = ada.click(asked_, "Forget me")
    await fake.until(lambda: "1 cards you review" in asked_.text)
    assert done.response is not None
    assert not await timed.services.records.memory.deck.of_member(int(ada.id))
