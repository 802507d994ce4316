"""What is stored about a member is told, and goes when they wish, or when it is old."""

import asyncio
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.errors import MemoryUnavailable
from bot.keeping import Keeper
from bot.memory import KeptAnswer, Place, Turn
from bot.privacy import Privacy
from bot.settings import Settings
from bot.wiring import open_services
from tests.bot.client.script import Script, answering, running_bot, whole
from tests.doubles.discord import FakeDiscord, Interaction, Message

CANARY = "canary-c0ffee"
DAY = 86_400.0


async def told(fake: FakeDiscord, asked: Interaction, words: str) -> Message:
    """Wait until the answer to an interaction holds words."""
    await fake.until(lambda: (m := fake.original(asked)) is not None and words in m.text)
    assert fake.refused == []
    return fake.messages[asked.original or ""]


def files_of(folder: Path) -> bytes:
    """Return every byte of every file in a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_privacy_tells_what_is_stored_how_long_and_how_it_goes(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    message = await told(fake, fake.member("ada").slash("privacy"), "What I store")
    assert message.ephemeral
    for words in ("30 days", "/forget", "PRIVACY.md", "what you ask me"):
        assert words in message.text
    assert not bot.is_closed()


async def test_privacy_says_so_where_memory_is_off(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path, memory=False):
        await told(fake, fake.member("ada").slash("privacy"), "I store no text")


async def test_forget_leaves_no_byte_of_the_member_in_the_data_folder(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """Asked in public, private and direct, voted with a reason; then forgotten, while it runs."""
    script.steps = answering(f"{CANARY} answer [1].")
    ada, eve = fake.member("ada"), fake.member("eve")
    async with running_bot(fake, script, tmp_path) as bot:
        for n in range(12):
            await whole(fake, ada.slash("ask", question=f"{CANARY} {n}", private=n % 2 == 0))
        ada.dm(f"{CANARY} direct")
        await fake.until(lambda: len(script.questions) == 13)
        await fake.until(lambda: bot.answers.running == 0)
        script.steps = answering("What eve reads stays.")
        message = await whole(fake, eve.slash("ask", question="mine"))
        down = ada.click(message, "👎")
        await fake.until(lambda: down.modal)
        await told(fake, ada.submit(down, f"{CANARY} reason"), "noted")
        assert CANARY.encode() in files_of(tmp_path)
        asked = await told(fake, ada.slash("forget"), "Shall I erase")
        ada.click(asked, "Forget me")
        await fake.until(lambda: "is erased" in asked.text)
        for trace in (CANARY.encode(), ada.id.encode(), int(ada.id).to_bytes(8, "big")):
            assert trace not in files_of(tmp_path)
        assert b"What eve reads stays." in files_of(tmp_path)
        await whole(fake, ada.slash("ask", question="again"))
        assert script.questions[-1].history == ()


async def test_forget_asks_first_and_obeys_only_who_asked(fake: FakeDiscord, bot: StudyBot) -> None:
    ada = fake.member("ada")
    message = await whole(fake, ada.slash("ask", question="Why?"))
    asked = await told(fake, ada.slash("forget"), "Shall I erase")
    assert asked.ephemeral
    await told(fake, fake.member("eve").click(asked, "Forget me"), "belong to the member")
    left = ada.click(asked, "Leave it")
    await fake.until(lambda: left.response and "Nothing was erased" in asked.text)
    (request_id,) = bot.answers._known
    assert await bot.services.records.memory.answers.find(request_id) is not None
    await told(fake, ada.click(message, "👍"), "noted")


async def test_a_running_answer_ends_and_is_not_kept_when_its_member_is_forgotten(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = answering(CANARY, every=30.0, size=3)
    ada = fake.member("ada")
    running = ada.slash("ask", question="Why?")
    await fake.until(lambda: (m := fake.original(running)) and "can" in m.text)
    (request_id,) = bot.answers._known
    asked = await told(fake, ada.slash("forget"), "Shall I erase")
    ada.click(asked, "Forget me")
    await fake.until(lambda: bot.answers.running == 0 and "rased" in asked.text)
    assert await bot.services.records.memory.answers.find(request_id) is None


async def test_forget_says_so_when_nothing_could_be_erased(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "records.db").write_bytes(b"not a database" * 300)
    async with running_bot(fake, script, tmp_path):
        ada = fake.member("ada")
        asked = await told(fake, ada.slash("forget"), "Shall I erase")
        ada.click(asked, "Forget me")
        await fake.until(lambda: "Nothing was erased" in asked.text)


class Stop(Exception):
    """Ends the loop of retention."""


async def test_what_is_old_is_erased_again_and_again_by_the_clock(
    bot: StudyBot, tmp_path: Path
) -> None:
    memory = bot.services.records.memory
    await memory.turns.add(Place(1), 7, [Turn("user", CANARY)], 0.0)
    times = [29 * DAY, 31 * DAY]
    seen: list[bool] = []

    async def sleep(_seconds: float) -> None:
        seen.append(CANARY.encode() in files_of(tmp_path))
        if len(seen) == len(times):
            raise Stop

    privacy = Privacy(memory, bot.services.records.keeper, remembers=True,
                      clock=lambda: times[len(seen)], sleep=sleep)  # fmt: skip
    with pytest.raises(Stop):
        await privacy.retain()
    assert seen == [True, False]


async def test_with_memory_off_the_next_start_erases_the_text_of_before(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    script.steps = answering(CANARY)
    async with running_bot(fake, script, tmp_path) as bot:
        await whole(fake, fake.member("ada").slash("ask", question=CANARY))
        await fake.until(lambda: bot.answers.running == 0)
    assert CANARY.encode() in files_of(tmp_path)
    async with running_bot(fake, script, tmp_path, memory=False):
        await fake.until(lambda: CANARY.encode() not in files_of(tmp_path))


async def test_retention_goes_on_after_records_that_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"broken" * 999)
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise Stop

    async with open_services(Settings(data_dir=tmp_path), load=False) as services:
        records = services.records
        privacy = Privacy(records.memory, records.keeper, remembers=True, sleep=sleep)
        with pytest.raises(Stop):
            await privacy.retain()
        with pytest.raises(MemoryUnavailable):
            await privacy.forget(7)
    assert pauses == [60.0] * 3


async def test_what_is_kept_while_a_member_is_forgotten_is_forgotten_too(bot: StudyBot) -> None:
    records = bot.services.records
    keeper: Keeper = records.keeper
    keeping = [
        asyncio.create_task(keeper.keep(KeptAnswer(f"a{n}", 7, Place(1), 0.0), said="Yes."))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    await records.privacy.forget(7)
    await asyncio.gather(*keeping)
    assert await records.memory.turns.newest(Place(1), 7, 9) == ()
