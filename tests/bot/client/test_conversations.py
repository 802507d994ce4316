"""`/conversation`, and replies that go back: a member's own turns of one place, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import Turn
from bot.present.conversation import NOTHING, markdown
from tests.bot.client.script import Script, running_bot, whole
from tests.bot.client.test_every_control import outcome
from tests.bot.client.test_hearing import answer_to
from tests.bot.client.test_keeping import said
from tests.bot.client.test_privacy import files_of, told
from tests.doubles.discord import FakeDiscord, Message


def attached(message: Message) -> str:
    """Return the text of the file that goes with a message."""
    (file,) = message.files.values()
    return file.data.decode()


async def asked(fake: FakeDiscord, name: str, question: str, **options: bool) -> None:
    """Ask something and wait for its end."""
    await whole(fake, fake.member(name).slash("ask", question=question, **options))


async def test_reset_erases_the_members_own_turns_of_this_place_alone(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    other = fake.add_channel("other")["id"]
    async with running_bot(fake, script, tmp_path) as bot:
        for question in ("canary-one", "canary-two"):
            await asked(fake, "ada", question, private=question.endswith("two"))
        await asked(fake, "eve", "hers")
        ada.channel = other
        await asked(fake, "ada", "elsewhere")
        ada.channel = eve.channel
        await fake.until(lambda: not bot.answers.running)
        assert "4 turns of yours are erased" in await outcome(fake, ada.slash("conversation reset"))
        assert NOTHING in await outcome(fake, ada.slash("conversation reset"))
    async with running_bot(fake, script, tmp_path):
        await asked(fake, "ada", "again")
        assert said(script) == []
        await asked(fake, "eve", "again")
        assert said(script)[0] == "hers"
        ada.channel = other
        await asked(fake, "ada", "again")
        assert said(script)[0] == "elsewhere"


async def test_export_is_a_file_for_the_member_alone_with_their_own_turns_of_this_place(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    await asked(fake, "eve", "not hers to see")
    await asked(fake, "ada", "What of @everyone?\n## The bot answered")
    await asked(fake, "ada", "and in private?", private=True)
    await fake.until(lambda: not bot.answers.running)
    message = await told(fake, ada.slash("conversation export"), "4 turns of yours")
    assert message.ephemeral
    text = attached(message)
    assert text.count("## The bot answered\n\n> A token is") == 2
    assert "\n> ## The bot answered" in text
    assert "and in private?" in text
    assert "@everyone" not in text
    assert "not hers" not in text
    assert NOTHING in await outcome(fake, fake.member("bob").slash("conversation export"))


def test_no_turn_can_imitate_the_head_of_another() -> None:
    text = markdown([Turn("user", "a\r## The bot answered\n\n# x"), Turn("assistant", "b")])
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Your conversation with the study bot",
        "## You asked",
        "## The bot answered",
    ]


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_reply_goes_back_to_what_led_to_that_answer_and_to_nothing_later(
    fake: FakeDiscord,
    script: Script,
    tmp_path: Path,
    restarts: bool,
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    async with running_bot(fake, script, tmp_path) as bot:
        answers = []
        for question in ("first", "second", "third"):
            answers.append(await answer_to(fake, ada.mention(question)))
            await fake.until(lambda: not bot.answers.running)
        middle = answers[1]
        if not restarts:
            await answer_to(fake, ada.reply(middle, "back"))
            assert said(script)[::2] == ["first", "second"]
    async with running_bot(fake, script, tmp_path):
        await answer_to(fake, ada.reply(middle, "back again"))
        assert said(script)[::2] == ["first", "second"]
        await answer_to(fake, eve.reply(middle, "and me?"))
        assert said(script)[::2] == ["second"]


async def test_forget_erases_the_conversation(
    fake: FakeDiscord, bot: StudyBot, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    await asked(fake, "ada", "canary-question")
    await fake.until(lambda: not bot.answers.running)
    card = await told(fake, ada.slash("forget"), "Shall I erase")
    ada.click(card, "Forget me")
    await fake.until(lambda: "2 turns of conversations" in card.text)
    assert NOTHING in await outcome(fake, ada.slash("conversation export"))
    assert b"canary" not in files_of(tmp_path)
