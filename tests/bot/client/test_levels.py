"""`/level`: each member's own, on every server, kept while it is used and gone when forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.levels import LEVELS
from bot.memory import RETENTION_DAYS
from tests.bot.client.script import Script, running_bot, whole
from tests.bot.client.test_privacy import told
from tests.doubles.discord import FakeDiscord, Message


async def level_of(
    fake: FakeDiscord, script: Script, name: str, *, private: bool = False
) -> object:
    """Ask something as this member; return the level at which it is answered."""
    asked = fake.member(name).slash("ask", question="What is a token?", private=private)
    await whole(fake, asked)
    return script.questions[-1].level


async def chosen(fake: FakeDiscord, name: str, words: str, **options: str) -> Message:
    """Use `/level`; return what it says."""
    message = await told(fake, fake.member(name).slash("level", **options), words)
    assert message.ephemeral
    return message


async def test_a_level_is_the_members_own_and_outlives_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path):
        assert await level_of(fake, script, "ada") is None
        message = await chosen(fake, "ada", "Your level is **expert**", level="expert")
        assert "I quote the lessons, nothing changes" in message.text
        assert await level_of(fake, script, "ada") == "expert"
        assert await level_of(fake, script, "eve") is None
    async with running_bot(fake, script, tmp_path):
        await chosen(fake, "ada", "Your level is **expert**")
        assert await level_of(fake, script, "ada", private=True) == "expert"
        await chosen(fake, "ada", "You have no level", level="none")
        assert await level_of(fake, script, "ada") is None
        await chosen(fake, "eve", "You have no level")


async def test_a_level_that_discord_never_offered_is_refused_in_words(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    interaction = fake.member("ada").slash("level", level="wizard")
    message = await told(fake, interaction, "I know these levels")
    assert all(level in message.text for level in LEVELS)
    assert await bot.services.records.memory.levels.of(int(fake.member("ada").id)) is None


async def test_forgetting_a_member_takes_their_level_and_says_so(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    for name in ("ada", "eve"):
        await chosen(fake, name, "newcomer", level="newcomer")
    card = await told(fake, ada.slash("forget"), "Shall I erase")
    ada.click(card, "Forget me")
    await fake.until(lambda: "1 chosen level" in card.text)
    levels = bot.services.records.memory.levels
    assert await levels.of(int(ada.id)) is None
    assert await levels.of(int(fake.member("eve").id)) == "newcomer"


@pytest.mark.parametrize("asks", [True, False])
async def test_a_level_in_use_does_not_expire(
    fake: FakeDiscord, bot: StudyBot, script: Script, asks: bool
) -> None:
    """It counts from the newest answer of the member."""
    memory, member = bot.services.records.memory, int(fake.member("ada").id)
    await memory.levels.choose(member, "expert", 1, None, at=0.0)
    if asks:
        assert await level_of(fake, script, "ada") == "expert"
        await fake.until(lambda: bot.answers.running == 0)
    await memory.erasing.expire(RETENTION_DAYS * 86_400.0 + 60.0)
    assert (await memory.levels.of(member) is not None) is asks


async def test_damaged_records_are_told_and_hold_up_no_answer(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "records.db").write_bytes(b"not a database" * 300)
    async with running_bot(fake, script, tmp_path):
        await chosen(fake, "ada", "records cannot be used now", level="expert")
        assert await level_of(fake, script, "ada") is None
