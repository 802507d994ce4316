"""The list beneath an answer: what can be asked next, by whoever chooses it, also later."""

from __future__ import annotations

from pathlib import Path

from bot.client.bot import StudyBot
from bot.events import Citation, Declined, Delta, Finished, SourcesFound
from knowledge.passages import Hit, Passage
from tests.bot.client.script import USAGE, Script, Step, answering, running_bot, whole
from tests.bot.client.test_every_control import controls, outcome
from tests.doubles.discord import FakeDiscord, Message
from tests.doubles.discord.limits import BUTTON
from tests.doubles.discord.wire import Json


def cited(bot: StudyBot) -> Passage:
    return bot.services.lessons[0].passages[0]


def citing(passage: Passage) -> list[Step]:
    """Return an answer that rests on a passage."""
    found = SourcesFound((Hit(passage, 0.9),))
    finished = Finished("So it is [1].", (Citation(1, passage, supported=True),), USAGE, "tiny:1b")
    return [found, Delta("So it "), Delta("is [1]."), finished]


def offered(message: Message) -> list[Json]:
    """Return what the list beneath an answer offers; nothing where there is no list."""
    found = [c for c in controls(message) if c["type"] != BUTTON]
    return list(found[0]["options"]) if found else []


async def asked(fake: FakeDiscord, bot: StudyBot, script: Script, **options: bool) -> Message:
    """Let ada ask something that the first passage answers."""
    script.steps = citing(cited(bot))
    return await whole(fake, fake.member("ada").slash("ask", question="Why, then?", **options))


async def test_what_is_chosen_is_asked_for_who_chose_it_in_the_same_place(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    message = await asked(fake, bot, script)
    options = offered(message)
    assert 2 <= len(options) <= 3
    eve = fake.member("eve")
    again = await whole(fake, eve.select(message, "next", options[1]["value"]))
    assert not again.ephemeral
    question = script.questions[-1]
    assert (question.text, question.member) == (options[1]["label"], eve.id)
    assert question.history == ()  # ada's turns are ada's
    assert options[1]["label"] in again.text
    assert options[1]["label"] not in [each["label"] for each in offered(again)]


async def test_a_follow_up_leans_on_the_members_own_turns_and_offers_none_of_them(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    message = await asked(fake, bot, script)
    seen = ["Why, then?"]
    for _ in range(4):
        label, value = (offered(message)[0][name] for name in ("label", "value"))
        assert label not in seen
        seen.append(label)
        await fake.until(lambda: bot.answers.running == 0)
        message = await whole(fake, fake.member("ada").select(message, "next", value))
    questions = [turn.content for turn in script.questions[-1].history if turn.role == "user"]
    assert questions == seen[-1 - len(questions) : -1]


async def test_it_works_after_a_restart_and_private_answers_go_on_in_private(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path) as bot:
        message = await asked(fake, bot, script, private=True)
    async with running_bot(fake, script, tmp_path):
        option = offered(message)[0]
        again = await whole(fake, fake.member("ada").select(message, "next", option["value"]))
        assert again.ephemeral
        assert script.questions[-1].text == option["label"]


async def test_nothing_is_offered_before_the_end_nor_without_an_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    steps = citing(cited(bot))
    script.steps = [*steps[:2], 30.0, *steps[2:]]
    running = fake.member("ada").slash("ask", question="Why, then?")
    await fake.until(lambda: (m := fake.original(running)) is not None and "So it" in m.text)
    shown = fake.original(running)
    assert shown is not None
    assert offered(shown) == []
    fake.member("ada").click(shown, "Stop")
    await fake.until(lambda: "You stopped" in shown.text)
    assert offered(shown) == []


async def test_where_the_lessons_decline_the_nearest_passage_says_what_they_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = [SourcesFound(()), Declined("The lessons do not cover this.", cited(bot))]
    message = await whole(fake, fake.member("ada").slash("ask", question="Who won the cup?"))
    assert len(offered(message)) >= 2


async def test_a_passage_that_stands_in_no_lesson_offers_nothing(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = answering("A token is a piece [1].")
    message = await whole(fake, fake.member("ada").slash("ask", question="What is a token?"))
    assert offered(message) == []
    assert not bot.is_closed()


async def test_a_forged_choice_is_told_that_it_has_expired(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    message = await asked(fake, bot, script)
    for forged in ("", "0" * 16, "../..", "What is a token?"):
        offered(message)[0]["value"] = forged
        chosen = fake.member("eve").select(message, "next", forged)
        assert "expired" in await outcome(fake, chosen)
    assert len(script.questions) == 1
