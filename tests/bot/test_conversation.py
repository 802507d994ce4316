"""Follow-ups: a member's own turns in this place, within a budget, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.asking import Question
from bot.conversation import SHARE, Conversations
from bot.keeping import Keeper
from bot.memory import KeptAnswer, Memory, Place, ServerSettings
from bot.prompting import estimate_tokens
from bot.records.memory import open_records
from bot.servers import ServerBook

HERE, THERE, PRIVATE = Place(10, 1), Place(20, 1), Place(30)


@dataclass
class Parts:
    """What the tests use: the service and what stands behind it."""

    memory: Memory
    servers: ServerBook
    conversations: Conversations


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*"))


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    memory = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    servers = ServerBook(memory, remembers=True)
    yield Parts(memory, servers, Conversations(memory, servers, num_ctx=4096))
    await memory.close()


async def test_under_load_each_member_sees_their_own_turns_of_this_place(parts: Parts) -> None:
    asked = [(m, place) for m in range(40) for place in (HERE, THERE, PRIVATE)]

    async def talk(member: int, place: Place) -> None:
        for n in range(4):
            mark = f"{member}/{place.channel}"
            history = await parts.conversations.history(place, member)
            assert [turn.content.rpartition(" ")[0] for turn in history] == [mark] * (2 * n)
            await parts.conversations.add(place, member, f"{mark} q{n}", f"{mark} a{n}")

    await asyncio.gather(*[talk(*each) for each in asked])


async def test_the_newest_turns_that_fit_the_budget_are_kept_in_order(parts: Parts) -> None:
    for n in range(9):
        await parts.conversations.add(HERE, 7, f"question {n}", f"answer {n} " + "x" * 900)
    history = await parts.conversations.history(HERE, 7)
    assert sum(estimate_tokens(turn.content) for turn in history) <= 4096 * SHARE
    said = [turn.content.split()[1] for turn in history]
    assert said[-2:] == ["8", "8"]
    assert said == sorted(said)
    assert len(history) >= 3


async def test_where_memory_is_off_nothing_is_kept_and_what_was_kept_goes(
    parts: Parts, tmp_path: Path
) -> None:
    await parts.conversations.add(HERE, 7, "canary-before", "yes")
    await parts.servers.change(ServerSettings(1, remembers=False))
    await parts.conversations.add(HERE, 7, "canary-after", "yes")
    await parts.conversations.add(PRIVATE, 7, "kept", "yes")
    assert await parts.conversations.history(HERE, 7) == ()
    assert len(await parts.conversations.history(PRIVATE, 7)) == 2
    assert b"canary" not in stored(tmp_path)


async def test_with_memory_off_for_all_nothing_is_kept_anywhere(parts: Parts) -> None:
    off = ServerBook(parts.memory, remembers=False)
    conversations = Conversations(parts.memory, off, num_ctx=4096)
    await conversations.add(PRIVATE, 7, "a", "b")
    assert await parts.memory.turns.newest(PRIVATE, 7, 9) == ()


async def test_without_its_records_a_question_has_no_history_and_answers_are_not_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "records.db").write_bytes(b"broken" * 999)
    memory = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    servers = ServerBook(memory, remembers=True)
    keeper = Keeper(memory, servers, Conversations(memory, servers, num_ctx=4096))
    question = Question("Why?", "7")
    assert await keeper.prepared(question, HERE, 7, private=False, again=False) == question
    assert not await keeper.keep(KeptAnswer("a1", 7, HERE, 0.0), said="Because.")
    assert await keeper.left_open() == ()
    assert await servers.of(1) == ServerSettings(1)
    await memory.close()


async def test_a_question_waits_for_what_its_member_read_last_and_for_nobody_else(
    parts: Parts,
) -> None:
    keeper = Keeper(parts.memory, parts.servers, parts.conversations)

    async def asked(member: int) -> int:
        question = Question("Why?", str(member))
        ready = await keeper.prepared(question, HERE, member, private=False, again=False)
        return len(ready.history)

    held = keeper.turn(7)
    await held.acquire()
    kept = KeptAnswer("a1", 7, HERE, 0.0, question="And?", open=False)
    keeping = asyncio.create_task(keeper.keep(kept, said="Because."))
    await asyncio.sleep(0)
    own = asyncio.create_task(asked(7))
    assert await asked(8) == 0
    assert not own.done()
    held.release()
    assert await own == 2
    assert await keeping


@pytest.mark.parametrize(
    ("channels", "roles", "refused"),
    [({10}, {7}, None), ({99, 10}, {7}, None), ({99}, {7}, "<#10>"), ({10}, {8}, "<@&7>")],
)
async def test_only_allowed_channels_and_roles_may_ask(
    parts: Parts, channels: set[int], roles: set[int], refused: str | None
) -> None:
    assert await parts.servers.refusal(1, channels, roles) is None
    chosen = ServerSettings(1, channels=frozenset({10}), roles=frozenset({7}))
    await parts.servers.change(chosen)
    sentence = await parts.servers.refusal(1, channels, roles)
    assert (sentence is None) == (refused is None)
    assert refused is None or refused in (sentence or "")
    assert await parts.servers.refusal(None, channels, roles) is None
