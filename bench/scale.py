"""Scale: the index at a size, with made-up lessons and vectors; embedding is not counted.

An ingest is stopped in the middle, as by a kill, and taken up again. Then: what a question
costs, how much of what exact search finds the vector store finds too, memory, and what one
lesson more or less costs at each size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from bench.synthetic import IDENTITY, PASSAGES, TEXTS, Synthetic, lessons, questions, real_vectors
from bench.tables import Cell, Table, quantile, show
from knowledge.door import Door
from knowledge.generation import View
from knowledge.index import Index
from knowledge.lesson import Lesson
from knowledge.passages import Vectors
from knowledge.refresh import refresh
from knowledge.search import CANDIDATE_UNITS, Search

SERVER = 7
"""The server that owns one lesson in a hundred."""

ASKED, WARM = 200, 20
NEAREST = 8

NOTE = (
    "Vectors are real ones with noise, texts are made up; embedding is not counted. "
    "Memory is what opening and asking added, without pages of files. "
    "A server's recall is that of its own lessons."
)


class _Killed(BaseException):
    """Ends an ingest as a kill would: nothing is tidied up."""


@dataclass(slots=True)
class Spent:
    """Seconds that something took, by the clock and of the processor."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def _timed() -> Iterator[Spent]:
    spent = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu


@dataclass(slots=True)
class Scale:
    """One index that grows, and the tables about it."""

    index: Index
    embedder: Synthetic
    had: list[Lesson] = field(default_factory=list)
    ingests: list[tuple[Cell, ...]] = field(default_factory=list)
    changes: list[tuple[Cell, ...]] = field(default_factory=list)
    asked: list[tuple[Cell, ...]] = field(default_factory=list)
    opened: list[tuple[Cell, ...]] = field(default_factory=list)

    def _load(self) -> Any:  # stands in for an Embedder, which has torch behind it
        return self.embedder

    def refresh(self, told: Callable[[int, int], None] = lambda _done, _total: None) -> Spent:
        """Bring the index up to date and return what that cost."""
        with _timed() as spent:
            refresh(self.index, self.had, IDENTITY, self._load, told)
        return spent

    def grow(self, passages: int) -> None:
        """Ingest until there are `passages`, stopped once in the middle."""
        before = len(self.had)
        count = passages // PASSAGES
        own = max(1, count // 100)
        self.had = [*lessons(count - own), *lessons(own, SERVER, 10_000_000)]

        def stop(done: int, total: int) -> None:
            if done * 2 > total:
                raise _Killed

        self.embedder.texts = 0
        with _timed() as first, suppress(_Killed):
            refresh(self.index, self.had, IDENTITY, self._load, stop)
        computed = self.embedder.texts
        spent = self.refresh()
        again = self.embedder.texts - computed
        added = (len(self.had) - before) * PASSAGES
        disk = sum(path.stat().st_size for path in self.index.folder.rglob("*") if path.is_file())
        wall, cpu = first.wall + spent.wall, first.cpu + spent.cpu
        manifest = self.index.manifest()
        parts = len(manifest.parts) if manifest else 0
        lost = (computed + again) / (added * TEXTS) - 1
        self.ingests.append(
            (passages, wall, added / wall, 1000 * cpu / added, lost, parts, disk / 1e6)
        )

    def change(self) -> None:
        """Add one lesson, change one of the oldest, remove it."""
        size = len(self.had) * PASSAGES
        self.had.append(next(lessons(1, first=20_000_000)))
        self._changed(size, "added")
        old = self.had[0]
        other = next(lessons(1, first=30_000_000))
        passages = tuple(replace(passage, lesson=old.slug) for passage in other.passages)
        self.had[0] = replace(old, passages=passages, digest="another")
        self._changed(size, "changed, in a full segment")
        del self.had[0]
        self._changed(size, "removed, from a full segment")

    def tables(self) -> tuple[Table, ...]:
        """Return what was measured."""
        asked = ("lessons", "passages", "p50 ms", "p95 ms", "p50 CPU", "p95 CPU", "recall@8")
        return (
            Table(
                "ingest",
                "Ingest, stopped once in the middle",
                ("passages", "s", "passages/s", "CPU ms each", "embedded twice", "segments", "MB"),
                tuple(self.ingests),
            ),
            Table(
                "query",
                "A question, beside its embedding",
                asked,
                tuple(self.asked),
            ),
            Table("open", "Opening", ("passages", "s", "memory MB"), tuple(self.opened)),
            Table(
                "change",
                f"One lesson of {PASSAGES} passages",
                ("change", "passages", "s", "CPU s"),
                tuple(self.changes),
            ),
        )

    def _changed(self, size: int, what: str) -> None:
        spent = self.refresh()
        self.changes.append((what, size, spent.wall, spent.cpu))

    def ask(self) -> None:
        """Ask questions of everybody's lessons, and of one server's, in a process of its own."""
        with ProcessPoolExecutor(1, get_context("spawn")) as another:
            given = (self.index.folder, self.index.chroma, self.embedder)
            rows, opened = another.submit(ask, *given).result()
        self.asked += rows
        self.opened.append((len(self.had) * PASSAGES, *opened))


def ask(
    folder: Path, chroma: str | None, embedder: Synthetic
) -> tuple[list[tuple[Cell, ...]], tuple[Cell, ...]]:
    """Open the index in `folder` and ask it; return a row of each owner, and one of the opening."""
    given: Any = embedder
    before = _memory()
    with closing(Search(Index(folder, chroma), given, Door())) as search:
        with _timed() as opening:
            search.open()
        spent = {
            server: [_asked(search, question, server) for question in questions(ASKED)][WARM:]
            for server in (None, SERVER)
        }
        opened = (opening.wall, _memory() - before)
        return [_row(search, embedder, *found) for found in spent.items()], opened


def _asked(search: Search, question: str, server: int | None) -> Spent:
    with _timed() as spent:
        search.find(question, None, None, NEAREST, server)
    return spent


def _row(
    search: Search, embedder: Synthetic, server: int | None, spent: Sequence[Spent]
) -> tuple[Cell, ...]:
    view = search.weigh("", None, None, NEAREST, server).view
    judged = view
    if server is not None:
        judged = View([part for part in view.segments if part.server == server], frozenset())
    clocks = ([1000 * getattr(one, of) for one in spent] for of in ("wall", "cpu"))
    return (
        "everybody's" if server is None else "and one server's",
        len(view),
        *(quantile(clock, share) for clock in clocks for share in (0.5, 0.95)),
        _recall(judged, embedder, questions(ASKED)),
    )


def _exact(view: View) -> Vectors:
    """Return every window's vector in memory; here a passage has one window."""
    rows = []
    for place in range(len(view)):
        segment, number = view.at(place)
        rows.append(segment.heads(number)[0])
    return np.stack(rows)


def _recall(view: View, embedder: Synthetic, asked: Sequence[str]) -> float:
    """Return which share of the passages nearest by exact search the vector store finds."""
    rows = _exact(view)
    found = []
    for question in asked:
        vector = embedder.encode_now([question])[0]
        exact = set(np.argsort(-(rows @ vector))[:NEAREST].tolist())
        found.append(len(exact & set(view.nearest(vector, CANDIDATE_UNITS)[:NEAREST])))
    return sum(found) / len(found) / NEAREST


def _memory() -> float:
    """Return the megabytes of this process that are no file's pages."""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1000 for line in status if line.startswith("RssAnon"))


@click.command()
@click.argument("passages", type=int, default=100_000)
@click.option("--tokens", default=128, show_default=True, help="Token vectors of a passage.")
@click.option("--chroma", help="The URL of a Chroma server; without it, embedded.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(passages: int, tokens: int, chroma: str | None, as_json: bool) -> None:  # noqa: FBT001  click passes options by name
    """Measure the index with PASSAGES made-up passages, and at each power of ten below."""
    with TemporaryDirectory() as folder:
        scale = Scale(Index(Path(folder), chroma), Synthetic(real_vectors(), tokens))
        for size in (*(size for size in (1000, 10_000) if size < passages), passages):
            scale.grow(size)
            scale.ask()
            scale.change()
    show(scale.tables(), as_json=as_json, notes=(NOTE,))
