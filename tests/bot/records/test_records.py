"""Records through their port: kept, found again by another process, expired, forgotten."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.attempts import Attempt
from bot.calendar import Attendance, Reminder
from bot.deck import Card
from bot.errors import MemoryUnavailable
from bot.handing import Handed
from bot.health import records_health
from bot.memory import (
    BlindVote,
    Candidate,
    Gap,
    KeptAnswer,
    KeptDemo,
    Memory,
    Place,
    ServerSettings,
    Turn,
    Vote,
)
from bot.records.memory import open_records
from bot.settings import Settings

ADA, EVE = 111_222_333_444_555_666, 666_555_444_333_222_111
HERE, THERE = Place(10, 1), Place(20, 2)
DAY = 86_400.0
CANARY = "canary-" + "c0ffee" * 4


def url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'records.db'}"


def files_of(folder: Path) -> list[Path]:
    """Return the files of the folder."""
    return sorted(folder.iterdir())


def stored(folder: Path) -> bytes:
    """Return every byte of the folder."""
    return b"".join(path.read_bytes() for path in files_of(folder))


@asynccontextmanager
async def records(folder: Path) -> AsyncIterator[Memory]:
    """Open the records of a folder and close them."""
    opened = open_records(url(folder))
    yield opened
    await opened.close()


def answer(request_id: str, member: int = ADA, place: Place = HERE, at: float = 0.0) -> KeptAnswer:
    return KeptAnswer(request_id, member, place, at, question=CANARY, text=CANARY, messages=(5, 6))


def blind_vote(demo: str, member: int, choice: str = "A", place: Place = HERE) -> BlindVote:
    one, other = Candidate("base", "base b:1b-q4"), Candidate("instruct", "instruct i:1b-q4")
    ahead, behind = ((one,), (other,)) if choice == "A" else ((one, other), ())
    return BlindVote(demo, member, place, 0.0, "puzzle", choice, ahead, behind)


def attempt(sitting: str, member: int = ADA, guild: int | None = 1, at: float = 0.0) -> Attempt:
    whose = (sitting, "q1", member, 10, guild, at)
    return Attempt(*whose, "tokens", "tokens#what", "live", True, 14, 0, 2.5)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    async with records(tmp_path) as opened:
        yield opened


async def test_what_was_kept_is_found_by_the_next_process(tmp_path: Path) -> None:
    kept = replace(answer("a1"), thinking="hm", passages=("x#y",), cited=(1,), lesson="x")
    settings = ServerSettings(1, frozenset({10}), frozenset({7}), frozenset({11}), 7, 8, "m", 5)
    async with records(tmp_path) as memory:
        await memory.answers.keep(kept)
        await memory.turns.add(HERE, ADA, [Turn("user", "a"), Turn("assistant", "b")], 0.0)
        await memory.servers.change(settings)
    async with records(tmp_path) as memory:
        assert await memory.answers.find("a1") == kept
        assert await memory.answers.shown_in(6) == kept
        assert await memory.answers.left_open() == (kept,)
        turns = await memory.turns.newest(HERE, ADA, 9)
        assert [turn.content for turn in turns] == ["a", "b"]
        assert await memory.servers.find(1) == settings
        assert await memory.servers.find(2) == ServerSettings(2)


async def test_a_finished_answer_is_no_longer_open_and_keeps_its_messages(memory: Memory) -> None:
    await memory.answers.keep(answer("a1"))
    await memory.answers.keep(replace(answer("a1"), open=False, messages=(7,)))
    assert await memory.answers.left_open() == ()
    found = await memory.answers.shown_in(5)
    assert found is not None
    assert found.messages == (5, 6, 7)
    assert await memory.answers.find("unknown") is None


async def test_a_demo_is_found_as_it_was_kept_and_open_until_it_has_ended(memory: Memory) -> None:
    running = KeptDemo("d1", ADA, HERE, 0.0)
    done = replace(running, message=5, open=False, card="{}", origin="file", letters=(1, 0))
    await memory.demos.keep(running)
    assert await memory.demos.left_open() == (running,)
    await memory.demos.keep(done)
    assert await memory.demos.left_open() == ()
    assert await memory.demos.find("d1") == done
    assert await memory.demos.find("d2") is None


async def test_turns_are_the_newest_of_this_member_in_this_place(memory: Memory) -> None:
    for number in range(4):
        for place in (HERE, THERE):
            for member in (ADA, EVE):
                content = f"{place.channel} {member} {number}"
                await memory.turns.add(place, member, [Turn("user", content)], 0.0)
    turns = await memory.turns.newest(HERE, EVE, 2)
    assert [turn.content for turn in turns] == [f"10 {EVE} 2", f"10 {EVE} 3"]


async def test_a_member_has_one_vote_and_may_change_it(memory: Memory) -> None:
    for member, up in ((ADA, True), (EVE, True), (ADA, False)):
        await memory.votes.cast(Vote("a1", member, HERE, up, 0.0))
    assert await memory.votes.count("a1") == (1, 1)


async def test_a_member_has_one_vote_in_a_blind_demo_also_in_a_race(memory: Memory) -> None:
    votes = [blind_vote("d1", m, c) for m in range(25) for c in ("A", "equal", "A", "equal", "A")]
    await asyncio.gather(*(memory.blind_votes.cast(vote) for vote in votes))
    assert await memory.blind_votes.count("d1") == {"A": 25}
    await memory.blind_votes.cast(blind_vote("d1", 3, "equal"))
    assert await memory.blind_votes.count("d1") == {"A": 24, "equal": 1}
    await memory.blind_votes.cast(blind_vote("d2", 3, place=THERE))
    assert await memory.blind_votes.of_server(2, "puzzle") == (blind_vote("d2", 3, place=THERE),)
    assert await memory.blind_votes.of_server(2, "question") == ()
    assert len(await memory.blind_votes.of_server(1)) == 25


async def test_a_members_first_answer_in_a_sitting_counts_also_in_a_race(memory: Memory) -> None:
    first, other = attempt("s1"), replace(attempt("s1", EVE), right=False, points=0, choice=2)
    pressed = [memory.attempts.add(one) for one in (first, other, replace(first, choice=1))]
    assert await asyncio.gather(*pressed) == [True, True, False]
    assert set(await memory.attempts.of_sitting("s1")) == {first, other}
    assert await memory.attempts.of_sitting("s2") == ()


async def test_answers_are_read_by_member_and_by_server(memory: Memory) -> None:
    here, later = attempt("s1", at=1.0), attempt("s2", at=9.0)
    private, of_eve = attempt("s3", guild=None, at=5.0), attempt("s1", EVE, at=2.0)
    for one in (later, private, of_eve, here):
        assert await memory.attempts.add(one)
    assert await memory.attempts.of_member(ADA) == (here, private, later)
    assert await memory.attempts.of_server(1) == (here, of_eve, later)
    assert await memory.attempts.of_server(1, since=2.0) == (of_eve, later)
    assert await memory.attempts.of_server(2) == ()


async def test_forgetting_leaves_no_byte_of_the_member_in_any_file(
    memory: Memory, tmp_path: Path
) -> None:
    """Enough rows to split and merge pages, those of others between them."""
    for i in range(120):
        who = ADA if i % 3 else EVE
        word = CANARY if who == ADA else "stays"
        await memory.turns.add(HERE, who, [Turn("user", f"{word} {i} " + "x" * (i * 7 % 900))], 0.0)
        await memory.answers.keep(replace(answer(f"a{i}", who), question=word, text=word))
        await memory.gaps.add(Gap(f"a{i}", who, HERE, "declined", word, 0.0))
        await memory.votes.cast(Vote(f"a{i}", who, HERE, up=True, at=0.0, reason=word))
        await memory.blind_votes.cast(blind_vote(f"d{i}", who))
        await memory.demos.keep(KeptDemo(f"d{i}", who, HERE, 0.0, card=word))
        await memory.readings.note(who, 10, 1, f"{word}-{i}", "a", 0.0)
        await memory.attempts.add(attempt(f"s{i}", who))
        card = Card(who, f"{i}", word, 10, 1, began=1, at=1, due=2, state={"word": word})
        assert await memory.deck.keep(card, 0)
        await memory.unlisted.hide(who, i, 10, 0.0)
        await memory.handed.keep(Handed(f"a{i}", who, 10, 1, 0.0, 5, 6, ADA))
        await memory.calendar.sessions.attend(Attendance(f"s{i}", who, 1, 10, 0.0))
        await memory.calendar.reminders.keep(Reminder(who, 10, 1, hour=9, at=0.0))
        await memory.levels.choose(who, "expert", 10, 1, 0.0)
    assert CANARY.encode() in stored(tmp_path)
    counts = await memory.erasing.forget(ADA)
    kinds = "turns answers demos votes blind_votes gaps readings attempts cards handed unlisted"
    kinds += " attendances"
    assert counts == {**dict.fromkeys(kinds.split(), 80), "reminders": 1, "levels": 1}
    left = stored(tmp_path)
    for trace in (CANARY.encode(), str(ADA).encode(), ADA.to_bytes(8, "big")):
        assert trace not in left
    assert await memory.turns.newest(HERE, ADA, 9) == ()
    assert len(await memory.turns.newest(HERE, EVE, 99)) == 40


async def test_votes_of_others_go_with_the_answer_they_were_about(memory: Memory) -> None:
    await memory.answers.keep(answer("a1"))
    await memory.votes.cast(Vote("a1", EVE, HERE, up=True, at=0.0))
    await memory.erasing.forget(ADA)
    assert await memory.votes.count("a1") == (0, 0)


async def test_what_is_old_goes_by_its_servers_own_term(memory: Memory) -> None:
    now = 100 * DAY
    await memory.servers.change(ServerSettings(2, retention_days=5))
    private = Place(30)
    for days, place in (
        (4, THERE),
        (6, THERE),
        (29, HERE),
        (31, HERE),
        (29, private),
        (31, private),
    ):
        at = now - days * DAY
        await memory.answers.keep(answer(f"{place.channel}-{days}", place=place, at=at))
        await memory.turns.add(place, ADA, [Turn("user", str(days))], at)
    assert await memory.erasing.expire(now) == 6
    left = {a.request_id for a in await memory.answers.left_open()}
    assert left == {"20-4", "10-29", "30-29"}
    assert await memory.erasing.expire(now) == 0


async def test_text_can_be_erased_and_ids_stay(memory: Memory, tmp_path: Path) -> None:
    await memory.answers.keep(replace(answer("a1"), passages=("x#y",)))
    await memory.answers.keep(answer("a2", place=THERE))
    await memory.turns.add(HERE, ADA, [Turn("user", CANARY)], 0.0)
    await memory.demos.keep(KeptDemo("d1", ADA, HERE, 0.0, 5, card=CANARY))
    await memory.erasing.erase_text(1)
    assert await memory.demos.find("d1") == KeptDemo("d1", ADA, HERE, 0.0, 5)
    kept = await memory.answers.find("a1")
    assert kept is not None
    assert (kept.question, kept.text, kept.passages) == ("", "", ("x#y",))
    other = await memory.answers.find("a2")
    assert other is not None
    assert other.question == CANARY
    await memory.erasing.erase_text()
    assert CANARY.encode() not in stored(tmp_path)


async def test_many_at_once_are_all_kept(memory: Memory) -> None:
    adding = [memory.turns.add(HERE, m, [Turn("user", str(m))], 0.0) for m in range(200)]
    await asyncio.gather(*adding)
    found = await asyncio.gather(*[memory.turns.newest(HERE, m, 9) for m in range(200)])
    assert [turns[0].content for turns in found] == [str(m) for m in range(200)]


async def test_a_cancelled_call_leaves_the_records_usable(memory: Memory) -> None:
    await memory.check()
    for _ in range(20):
        task = asyncio.create_task(memory.turns.add(HERE, ADA, [Turn("user", "a")], 0.0))
        await asyncio.sleep(0)
        task.cancel()
    await memory.turns.add(HERE, ADA, [Turn("user", "last")], 0.0)
    turns = await memory.turns.newest(HERE, ADA, 99)
    assert [turn.content for turn in turns] == ["a"] * 20 + ["last"]


async def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database at all" * 100)
    async with records(tmp_path) as memory:
        for call in (memory.check, memory.answers.left_open):
            with pytest.raises(MemoryUnavailable, match="damaged"):
                await call()
    assert path.read_bytes() == b"not a database at all" * 100


async def test_a_locked_file_is_told_and_works_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.records.database.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("bot.records.database.AGAIN_AFTER", 0.0)
    async with records(tmp_path) as memory:
        holder = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
        holder.execute("pragma locking_mode=exclusive")
        holder.execute("begin exclusive")
        with pytest.raises(MemoryUnavailable, match="another program holds"):
            await memory.turns.newest(HERE, ADA, 1)
        holder.execute("rollback")
        holder.close()
        assert await memory.turns.newest(HERE, ADA, 1) == ()


async def test_who_reads_waits_for_nothing_that_is_being_written(
    memory: Memory, tmp_path: Path
) -> None:
    await memory.turns.add(HERE, ADA, [Turn("user", "a")], 0.0)
    holder = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    holder.execute("begin immediate")
    writing = [asyncio.create_task(memory.answers.keep(answer(f"a{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    found = await asyncio.gather(*(memory.turns.newest(HERE, ADA, 9) for _ in range(20)))
    assert found == [(Turn("user", "a"),)] * 20
    assert not any(task.done() for task in writing)
    holder.execute("rollback")
    holder.close()
    await asyncio.gather(*writing)
    assert len(await memory.answers.left_open()) == 20


async def test_records_of_a_newer_version_are_not_touched(tmp_path: Path) -> None:
    async with records(tmp_path) as memory:
        await memory.check()
    with sqlite3.connect(tmp_path / "records.db") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    async with records(tmp_path) as memory:
        with pytest.raises(MemoryUnavailable):
            await memory.check()


async def test_nobody_else_may_read_the_files(memory: Memory, tmp_path: Path) -> None:
    await memory.turns.add(HERE, ADA, [Turn("user", "a")], 0.0)
    assert {path.stat().st_mode & 0o077 for path in files_of(tmp_path)} == {0}


async def test_what_mends_the_records_depends_on_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"this is no database, whatever its name says" * 9)
    for own, named in ((None, "records.db"), ("postgresql://127.0.0.1:9/none", "RECORDS_URL")):
        settings = Settings(data_dir=tmp_path, records_url=own)
        memory = open_records(settings.records)
        assert named in str((await records_health(memory, settings)).mend)
        await memory.close()
