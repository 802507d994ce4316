"""A quiz alone on the fake Discord: asked, judged, scored, and going on after a restart."""

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.present.cards import EXPIRED, NOT_YOURS
from bot.present.sanitise import sanitise
from knowledge.question import Question
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_panel import told
from tests.doubles.discord import FakeDiscord, Message
from tests.doubles.discord.member import Member
from tests.doubles.discord.records import walk

SLUG = "tokens-and-context"


def labels(message: Message) -> list[str]:
    return [str(c["label"]) for c in walk(message.payload["components"]) if "label" in c]


def question_in(bot: StudyBot, message: Message) -> Question:
    """Return the question that a message asks."""
    every = {q.id: q for lesson in bot.services.lessons for q in lesson.questions}
    asked = every[message.payload["components"][-1]["components"][0]["custom_id"].split(":")[6]]
    assert f"### {sanitise(asked.text)}" in message.text
    return asked


def letter(question: Question, message: Message, *, right: bool) -> str:
    """Return a letter that stands before the key, or before another option."""
    lines = [line for line in message.text.splitlines() if line[:2] == "**" and line[3:5] == "**"]
    fits = [line[2] for line in lines if (line[6:] == sanitise(question.answer)) is right]
    return fits[0]


async def press(fake: FakeDiscord, who: Member, message: Message, which: str) -> None:
    """Press a button and wait until the message has changed."""
    before = message.text
    who.click(message, which)
    await fake.until(lambda: message.text != before)
    assert fake.refused == []


async def test_questions_are_asked_judged_and_scored_for_one_member_alone(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    message = await told(fake, ada.slash("quiz", lesson=SLUG, questions=3))
    assert message.ephemeral
    passages = {p.id: p for lesson in bot.services.lessons for p in lesson.passages}
    asked = []
    for n, right in enumerate((True, False, True), 1):
        assert f"{n} of 3" in message.text
        question = question_in(bot, message)
        assert question.lesson == SLUG
        asked.append(question)
        await press(fake, ada, message, letter(question, message, right=right))
        assert ("Right" in message.text) is right
        assert passages[question.passage].heading in message.text
        assert sanitise(question.why) in message.text
        await press(fake, ada, message, "Next")
    assert "2 of 3 right, 20 points." in message.text
    assert passages[asked[1].passage].heading in message.text
    assert labels(message) == []
    assert len({q.id for q in asked}) == 3
    kept = await bot.services.records.memory.attempts.of_member(int(ada.id))
    assert [(one.question, one.right, one.points, one.kind) for one in kept] == [
        (q.id, right, 10 * right, "alone")
        for q, right in zip(asked, (True, False, True), strict=True)
    ]


async def test_a_quiz_goes_on_after_a_restart_with_its_score(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        message = await told(fake, ada.slash("quiz", questions=2))
        first = letter(question_in(bot, message), message, right=True)
        await press(fake, ada, message, first)
    async with running_bot(fake, script, tmp_path) as bot:
        await press(fake, ada, message, "Next")
        second = letter(question_in(bot, message), message, right=True)
    async with running_bot(fake, script, tmp_path) as bot:
        await press(fake, ada, message, second)
        await press(fake, ada, message, "Next")
        assert "2 of 2 right, 20 points." in message.text


async def test_the_first_of_two_presses_counts(fake: FakeDiscord, bot: StudyBot) -> None:
    ada = fake.member("ada")
    message = await told(fake, ada.slash("quiz", questions=1))
    question = question_in(bot, message)
    wrong, right = (letter(question, message, right=right) for right in (False, True))
    pressed = [ada.click(message, which) for which in (wrong, right, right)]
    await fake.until(lambda: all(one.response for one in pressed))
    await bot.intake.settled(5.0)
    assert "Not this one" in message.text
    (kept,) = await bot.services.records.memory.attempts.of_member(int(ada.id))
    assert not kept.right


async def test_foreign_stale_and_forged_presses_get_a_sentence(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    message = await told(fake, ada.slash("quiz"))
    assert NOT_YOURS in (await told(fake, eve.click(message, "A"))).text
    button = message.payload["components"][-1]["components"][0]
    family, owner, name, scope, count, number, question, asked, _ = button["custom_id"].split(":")
    for forged in (
        (owner, name, scope, count, number, "gone", asked, "0"),
        (owner, name, scope, count, number, question, asked, "7"),
        (owner, name, scope, count, "-3", question, asked, "next"),
        (owner, name, scope, "99", number, question, asked, "next"),
        (owner, name, scope, count, number, question, "x", "0"),
        (owner,),
    ):
        button["custom_id"] = ":".join((family, *forged))
        answer = await told(fake, ada.click(message, button["custom_id"]))
        assert EXPIRED in answer.text
    assert await bot.services.records.memory.attempts.of_member(int(ada.id)) == ()


async def test_an_unknown_lesson_gets_a_sentence(fake: FakeDiscord, bot: StudyBot) -> None:
    answer = await told(fake, fake.member("ada").slash("quiz", lesson="newts"))
    assert "no such lesson" in answer.text
    assert not bot.is_closed()


@pytest.mark.parametrize("broken", [True, False])
async def test_without_records_a_quiz_goes_on_and_says_that_it_has_no_score(
    fake: FakeDiscord, script: Script, tmp_path: Path, broken: bool
) -> None:
    ada = fake.member("ada")
    where = tmp_path / "nowhere" if broken else tmp_path / "records.db"
    if broken:
        where.write_text("no folder")
        where = where / "records.db"
    url = f"sqlite+aiosqlite:///{where}"
    async with running_bot(fake, script, tmp_path, records_url=url) as bot:
        message = await told(fake, ada.slash("quiz", questions=1))
        question = question_in(bot, message)
        await press(fake, ada, message, letter(question, message, right=True))
        assert "Right" in message.text
        await press(fake, ada, message, "Next")
        told_ = "cannot be read" if broken else "1 of 1 right"
        assert told_ in message.text
