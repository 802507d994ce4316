"""Each command, option, autocomplete, button and select works, and is refused to others."""

import asyncio

import pytest

from bot.client.bot import StudyBot
from tests.bot.client.script import Script, body
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.records import walk

pytestmark = pytest.mark.usefixtures("bot")


async def answered(fake: FakeDiscord, asked: Interaction) -> Message:
    """Wait for the answer that is more than "thinking"."""
    await fake.until(lambda: (m := fake.original(asked)) is not None and m.text)
    assert fake.refused == []
    return fake.messages[asked.original or ""]


async def test_the_registered_commands_are_those_of_the_cogs(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    (registered,) = fake.commands.values()
    assert {c["name"] for c in registered} == {c.name for c in bot.tree.get_commands()}
    assert {"ask", "demo", "forget", "help", "lesson"} <= {c["name"] for c in registered}
    ask = next(c for c in registered if c["name"] == "ask")
    assert [o["name"] for o in ask["options"]] == ["question", "lesson", "private"]


async def test_help_names_every_command(fake: FakeDiscord) -> None:
    message = await answered(fake, fake.member("ada").slash("help"))
    for name in ("/ask", "/help", "/lesson", "/status"):
        assert name in message.text
    assert message.ephemeral


async def test_status_tells_each_part_in_words(fake: FakeDiscord) -> None:
    message = await answered(fake, fake.member("ada").slash("status"))
    for part in ("lessons", "index", "engine", "model"):
        assert f"**{part}**" in message.text


async def test_autocomplete_offers_the_lessons_that_fit(fake: FakeDiscord, bot: StudyBot) -> None:
    lesson = bot.services.lessons[0]
    for command, option in (("ask", "lesson"), ("lesson", "name")):
        typed = fake.member("ada").autocomplete(
            command, option, **{option: lesson.title[:9].upper()}
        )
        await fake.until(lambda typed=typed: typed.response)  # type: ignore[misc]  # mypy does not infer it
        offered = {choice["value"]: choice["name"] for choice in typed.choices or ()}
        assert offered[lesson.slug] == lesson.title
    typed = fake.member("ada").autocomplete("lesson", "name", name="no such lesson")
    await fake.until(lambda: typed.response)
    assert typed.choices == []


async def test_a_lesson_is_chosen_read_and_paged(fake: FakeDiscord, bot: StudyBot) -> None:
    first, second = bot.services.lessons[:2]
    ada = fake.member("ada")
    listed = await answered(fake, ada.slash("lesson"))
    assert first.title in listed.text
    chosen = ada.select(listed, "Read a lesson", second.slug)
    await fake.until(lambda: chosen.response)
    assert second.passages[0].heading in body(listed)
    for label, page in (("Next", 1), ("Back", 0)):
        pressed = ada.click(listed, label)
        await fake.until(lambda pressed=pressed: pressed.response)  # type: ignore[misc]  # as above
        assert f"{page + 1} of {len(second.passages)}" in listed.text
    pressed = ada.click(listed, "All lessons")
    await fake.until(lambda: pressed.response)
    assert first.title in listed.text
    assert fake.refused == []


async def test_a_question_about_a_lesson_is_asked_of_it_alone(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    lesson, ada = bot.services.lessons[1], fake.member("ada")
    page = await answered(fake, ada.slash("lesson", name=lesson.slug))
    form = ada.click(page, "Ask about this")
    await fake.until(lambda: form.modal)
    assert lesson.title[:20] in str(form.modal)
    answer = await answered(fake, ada.submit(form, "What is this?"))
    assert answer.ephemeral
    (question,) = script.questions
    assert (question.text, question.lesson) == ("What is this?", lesson.slug)


async def test_the_list_shows_how_far_a_member_is_and_forget_ends_it(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    lesson, ada = bot.services.lessons[0], fake.member("ada")
    page = await answered(fake, ada.slash("lesson", name=lesson.slug))
    for _ in lesson.passages[1:-1]:
        pressed = ada.click(page, "Next")
        await fake.until(lambda pressed=pressed: pressed.response)  # type: ignore[misc]  # as above
    count = len(lesson.passages) - 1
    read = bot.services.records.progress

    async def counted(member: str) -> int:
        return (await read.counts(int(fake.member(member).id), (lesson,)))[lesson.slug]

    async with asyncio.timeout(10):
        while await counted("ada") < count:  # noqa: ASYNC110  it is written behind the answer
            await asyncio.sleep(0.01)
    listed = await answered(fake, ada.slash("lesson"))
    assert f"📖 **{lesson.title}**" in listed.text
    assert f"{count} of {count + 1} sections read" in str(listed.payload)
    assert await counted("eve") == 0
    await bot.services.records.privacy.forget(int(ada.id))
    assert await counted("ada") == 0


async def test_another_member_cannot_turn_the_pages(fake: FakeDiscord, bot: StudyBot) -> None:
    slug = bot.services.lessons[0].slug
    message = await answered(fake, fake.member("ada").slash("lesson", name=slug))
    before = message.text
    pressed = fake.member("eve").click(message, "Next")
    refused = await answered(fake, pressed)
    assert "belong to the member who asked" in refused.text
    assert message.text == before


async def test_every_lesson_can_be_reached_from_the_list(fake: FakeDiscord, bot: StudyBot) -> None:
    ada = fake.member("ada")
    offered: set[str] = set()
    listed = await answered(fake, ada.slash("lesson"))
    while True:
        parts = list(walk(listed.payload["components"]))
        offered |= {choice["value"] for part in parts for choice in part.get("options", ())}
        if not any(part.get("label") == "Next" and not part["disabled"] for part in parts):
            break
        pressed = ada.click(listed, "Next")
        await fake.until(lambda pressed=pressed: pressed.response)  # type: ignore[misc]  # as above
    assert offered == {lesson.slug for lesson in bot.services.lessons}


@pytest.mark.parametrize("command", [("lesson", "name"), ("ask", "lesson")])
async def test_an_unknown_lesson_is_told(fake: FakeDiscord, command: tuple[str, str]) -> None:
    name, option = command
    given = {option: "nonsense"} | ({"question": "Why?"} if name == "ask" else {})
    message = await answered(fake, fake.member("ada").slash(name, **given))
    assert "I know no such lesson" in message.text


async def test_a_question_can_be_held_to_one_lesson(fake: FakeDiscord, bot: StudyBot) -> None:
    lesson = bot.services.lessons[0]
    asked = fake.member("ada").slash("ask", question="Why?", lesson=lesson.title)
    await answered(fake, asked)
    (known,) = bot.answers._known.values()
    assert known.question.lesson == lesson.slug


async def test_a_failing_command_becomes_one_card_with_a_reference(
    fake: FakeDiscord, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(bot.reader, "open", broken)
    message = await answered(fake, fake.member("ada").slash("lesson"))
    assert "Something went wrong here. Tell an organiser:" in message.text
    assert "secret" not in message.text


async def test_a_command_that_fails_after_its_acknowledgement_is_told(
    fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left "thinking": what was deferred is filled with the card."""

    async def broken(*_: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("bot.wiring.Services.health", broken)
    message = await answered(fake, fake.member("ada").slash("status"))
    assert "Something went wrong here. Tell an organiser:" in message.text


async def test_a_command_that_is_no_longer_there_is_told(fake: FakeDiscord, bot: StudyBot) -> None:
    """The member's client may still offer what the bot has dropped."""
    bot.tree.remove_command("help")
    message = await answered(fake, fake.member("ada").slash("help"))
    assert "This command has changed" in message.text
