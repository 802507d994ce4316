"""Gaps: alike questions come together, the most frequent first, and leave as CSV."""

import csv
import io
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.asking import Asking
from bot.curating import Curating
from bot.gaps import GapBook, as_csv
from bot.memory import Gap, Memory, Place
from bot.queue import FairQueue
from bot.records.memory import open_records
from knowledge.embedding import Embedder
from knowledge.passages import Found, SearchUnavailable, Vectors
from tests.bot.test_library import Own

HERE, THERE = 1, 2
QUESTIONS = (
    "How do I cook pasta?",
    "what is the best way to cook pasta",
    "Cooking pasta, how?",
    "Who won the football world cup in 2014?",
    "which team won the 2014 world cup of football",
    "When is the next study group meeting?",
)


class Unloaded:
    """An embedding model that cannot be loaded."""

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Fail."""
        raise SearchUnavailable(str(len(texts)))

    async def search(self, question: str, **_: object) -> Found:
        """Fail."""
        raise SearchUnavailable(question)


UNASKED = Asking(Unloaded(), FairQueue(1), None)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    opened = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    for n, question in enumerate(QUESTIONS):
        await opened.gaps.add(Gap(f"{n:032x}", 99, Place(5, HERE), "declined", question, 10.0 + n))
    await opened.gaps.add(Gap("f" * 32, 99, Place(6, THERE), "declined", QUESTIONS[0], 1.0))
    yield opened
    await opened.close()


async def test_alike_questions_of_one_server_come_together(
    memory: Memory, embedder: Embedder
) -> None:
    book = GapBook(memory.gaps, embedder, UNASKED)
    groups = await book.groups(HERE)
    assert [len(group.gaps) for group in groups] == [3, 2, 1]
    assert all("pasta" in gap.question for gap in groups[0].gaps)
    assert groups[0].head in groups[0].gaps
    held = await book.group_of(HERE, f"{4:032x}")
    assert held == groups[1]
    assert await book.group_of(HERE, "f" * 32) is None
    assert await book.groups(THERE) != groups
    assert await book.groups(3) == ()


async def test_without_a_model_the_same_words_are_the_same_question(memory: Memory) -> None:
    again = Gap("a" * 32, 98, Place(5, HERE), "unsupported", "how do I  COOK pasta?", 99.0)
    await memory.gaps.add(again)
    groups = await GapBook(memory.gaps, Unloaded(), UNASKED).groups(HERE)
    assert len(groups) == len(QUESTIONS)
    assert groups[0].gaps[0] == again


async def test_the_csv_names_nobody_and_holds_no_formula(memory: Memory) -> None:
    trick = '=HYPERLINK("http://a.example","x")'
    await memory.gaps.add(Gap("a" * 32, 98, Place(5, HERE), "unsupported", trick, 99.0))
    groups = await GapBook(memory.gaps, Unloaded(), UNASKED).groups(HERE)
    told = as_csv(groups, {}).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == len(QUESTIONS) + 1
    told_of = {"group", "times", "asked", "kind", "question", "nearest", "answer", "now"}
    assert rows[0].keys() == told_of
    assert f"'{trick}" in {row["question"] for row in rows}
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


async def test_a_gap_is_closed_by_its_approved_answer_and_open_again_without_it(
    memory: Memory, shipped_data: Path, tmp_path: Path, embedder: Embedder
) -> None:
    """With the real index; a like question that came later is found answered."""
    shutil.copytree(shipped_data, tmp_path, dirs_exist_ok=True)
    library = Own(tmp_path, embedder)
    library.open(refresh=True)
    curating = Curating(memory.documents, tmp_path / "library", library.refresh)
    book = GapBook(memory.gaps, embedder, Asking(library, FairQueue(1), None))
    pasta, *others = await book.groups(HERE)
    foreign = await book.groups(THERE)
    ids = [gap.request_id for gap in (*pasta.gaps, *foreign[0].gaps)]
    written = "Pasta cooks in salted boiling water for about ten minutes."
    added = await curating.propose(pasta.head.question, written, HERE, 7, ids)
    assert [group.waits for group in await book.groups(HERE)] == [True, False, False]
    assert await book.answered(HERE, [pasta]) == {}
    await curating.approve(added.id, HERE, 7)
    assert await book.groups(HERE) == tuple(others)
    assert await book.groups(THERE) == foreign  # what another server was asked is not closed here
    await memory.gaps.add(Gap("a" * 32, 98, Place(5, HERE), "declined", QUESTIONS[2], 99.0))
    late = [group for group in await book.groups(HERE) if group not in others]
    now = await book.answered(HERE, late)
    assert [passage.text for passage in now.values()] == [written]
    assert list(now) == ["a" * 32]
    assert await book.answered(THERE, foreign) == {}
    await curating.remove(added.id, HERE)
    assert len(await book.groups(HERE)) == len([pasta, *others])
    assert await book.answered(HERE, late) == {}
    await library.close()
