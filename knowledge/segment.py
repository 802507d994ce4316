"""A segment: some lessons of one owner in a folder of their own, written once, then only read.

passages.jsonl  what made it, then a line for each passage: its text, where its rows lie,
                and their checksum, by which a later build takes them over
vectors.f16     half floats: for each passage the rows of its windows, its sentences, its
                questions, and its tokens
words.npz       its words, for the lexical index and the speller
chroma/         the units, to find candidates (or a collection on a Chroma server)
seal.json       what these files are, to see whether they still are

Segments are small enough to be written anew in a few seconds, so a change costs the same
in a small index and in a large one.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from knowledge.lesson import Lesson
from knowledge.lexical import Words
from knowledge.manifest import FORMAT, Made
from knowledge.passages import Passage, Vectors
from knowledge.pieces import Pieces, cut_pieces, digest, lexical_text
from knowledge.seal import seal
from knowledge.store import Stores, Unit, UnitStore

if TYPE_CHECKING:  # importing it loads torch, which only a change of the lessons needs
    from knowledge.embedding import Embedder

TEXTS, VECTORS, WORDS = "passages.jsonl", "vectors.f16", "words.npz"

BATCH = 16
"""Passages embedded at once."""

STORED = 2000
"""Units stored at once: each time Chroma writes its vector index whole."""

SLICE = 16
"""Texts embedded in one go."""

BREATH_SECONDS = 0.001

HALF = np.dtype("<f2")

Taken = Callable[[Passage], Vectors | None]
"""Returns all rows of a passage that are known already; None where they must be computed."""


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """The vectors of one passage, each of shape (count, dimension), rows of length 1."""

    windows: Vectors
    sentences: Vectors
    asks: Vectors
    tokens: Vectors


@dataclass(frozen=True, slots=True)
class Line:
    """A passage's line: where it lies, what it was, where its rows lie and their checksum.

    `rows` are the first row, then how many windows, sentences, asks and tokens.
    """

    offset: int
    digest: str
    lesson: str
    rows: tuple[int, int, int, int, int]
    checksum: int


def read_lines(folder: Path) -> tuple[Made, int | None, list[Line]]:
    """Return what made the segment, its owner, and its lines; a last one cut short is left out.

    Raises OSError, ValueError, KeyError, TypeError.
    """
    lines: list[Line] = []
    with (folder / TEXTS).open("rb") as file:
        offset = len(first := file.readline())
        head = json.loads(first)
        if head["format"] != FORMAT:
            raise ValueError("another format")
        for text in file:
            if not text.endswith(b"\n"):
                break
            told = json.loads(text)
            lesson = told["passage"]["lesson"]
            lines.append(
                Line(offset, told["digest"], lesson, tuple(told["rows"]), told["checksum"])
            )
            offset += len(text)
    return tuple(head["made_with"]), head["server"], lines


def read_block(file: int, dimension: int, start: int, count: int) -> bytes:
    """Return `count` rows from row `start` of the open vectors, as they lie there."""
    size = dimension * HALF.itemsize
    block = os.pread(file, count * size, start * size)
    if len(block) != count * size:
        raise ValueError("the vectors are cut short")
    return block


class Segment:
    """A segment opened for reading. Use `knowledge.proof.prove` to open one that serves.

    Raises StoreBroken, StoreUnreachable, OSError, ValueError, KeyError, TypeError.
    """

    def __init__(self, folder: Path, stores: Stores) -> None:
        self.name = folder.name
        self.made_with, self.server, lines = read_lines(folder)
        self.rows = np.array([line.rows for line in lines], np.int64).reshape(-1, 5)
        self._offsets = np.array([line.offset for line in lines], np.int64)
        self.lessons: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            self.lessons.setdefault(line.lesson, []).append(number)
        self.words = Words.load(folder / WORDS)
        self._files = [os.open(folder / name, os.O_RDONLY) for name in (TEXTS, VECTORS)]
        try:
            self.store = stores.open(folder)
        except BaseException:
            self._close_files()
            raise

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def units(self) -> int:
        """How many units its store must hold."""
        return int(self.rows[:, [1, 3]].sum())

    @property
    def shape_fits(self) -> bool:
        """Whether the vectors are as long as the passages say."""
        rows = int(self.rows[:, 1:].sum())
        size = os.fstat(self._files[1]).st_size
        return size == rows * self.made_with[2] * HALF.itemsize

    def close(self) -> None:
        """Close its files; it cannot be searched any more."""
        self.store.close()
        self._close_files()

    def _close_files(self) -> None:
        for file in self._files:
            os.close(file)
        self._files = []

    def passage(self, number: int) -> Passage:
        """Read a passage."""
        start = int(self._offsets[number])
        last = number + 1 == len(self._offsets)
        end = os.fstat(self._files[0]).st_size if last else int(self._offsets[number + 1])
        told = json.loads(os.pread(self._files[0], end - start, start))["passage"]
        told["path"], told["asks"] = tuple(told["path"]), tuple(told["asks"])
        return Passage(**told)

    def vectors(self, number: int) -> PassageVectors:
        """Read all vectors of a passage."""
        start, *counts = (int(n) for n in self.rows[number])
        block = self._block(start, sum(counts))
        return PassageVectors(*np.split(block, np.cumsum(counts[:3])))

    def heads(self, number: int) -> Vectors:
        """Read the vectors of a passage without those of its tokens: a tenth of them."""
        start, *counts = (int(n) for n in self.rows[number])
        return self._block(start, sum(counts[:3]))

    def _block(self, start: int, count: int) -> Vectors:
        dimension = self.made_with[2]
        block = read_block(self._files[1], dimension, start, count)
        return np.frombuffer(block, HALF).reshape(count, dimension).astype(np.float32)


def write_segment(
    folder: Path,
    lessons: Sequence[Lesson],
    embedder: Embedder,
    stores: Stores,
    taken: Taken,
    told: Callable[[int], None],
) -> None:
    """Write a segment of `lessons`, all of one owner, into the new folder `folder`, and seal it.

    `told` hears how many passages are done. Memory does not grow with the vectors: they are
    written as they are computed. Raises StoreBroken, StoreUnreachable, OSError.
    """
    folder.mkdir(parents=True)
    passages = [passage for lesson in lessons for passage in lesson.passages]
    with (
        closing(stores.create(folder)) as store,
        (folder / TEXTS).open("wb") as texts,
        (folder / VECTORS).open("wb") as vectors,
    ):
        head = {"format": FORMAT, "made_with": embedder.makes, "server": lessons[0].server}
        texts.write(json.dumps(head).encode() + b"\n")
        writer = _Writer(store, texts, vectors)
        for done in range(0, len(passages), BATCH):
            told(done)
            batch = [(passage, cut_pieces(passage)) for passage in passages[done : done + BATCH]]
            writer.take(batch, _blocks(batch, embedder, taken))
        writer.store()
    stores.finish(folder)
    Words.build((p.text, lexical_text(p)) for p in passages).save(folder / WORDS)
    seal(folder)


class _Writer:
    """Writes passages with their rows, and their units into the store by the thousand."""

    def __init__(self, store: UnitStore, texts: BinaryIO, vectors: BinaryIO) -> None:
        self._store, self._texts, self._vectors = store, texts, vectors
        self._start = 0
        self._number = 0
        self._units: list[Unit] = []
        self._rows: list[Vectors] = []

    def take(self, batch: Sequence[tuple[Passage, Pieces]], blocks: Sequence[Vectors]) -> None:
        """Write a batch. The rows come first: a line that is there vouches for them."""
        lines = []
        for (passage, pieces), block in zip(batch, blocks, strict=True):
            windows, sentences, asks = pieces.counts
            head = windows + sentences + asks
            half = block.astype(HALF).tobytes()
            self._vectors.write(half)
            line = {
                "digest": digest(passage),
                "rows": [self._start, windows, sentences, asks, len(block) - head],
                "checksum": zlib.crc32(half),
                "passage": asdict(passage),
            }
            lines.append(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self._units += [Unit(self._number, n) for n in range(windows + asks)]
            self._rows += [block[:windows], block[windows + sentences : head]]
            self._start += len(block)
            self._number += 1
        self._vectors.flush()
        self._texts.writelines(lines)
        self._texts.flush()
        if len(self._units) >= STORED:
            self.store()

    def store(self) -> None:
        """Put the units that wait into the store."""
        if self._units:
            self._store.add(self._units, np.concatenate(self._rows))
        self._units, self._rows = [], []


def _blocks(
    batch: Sequence[tuple[Passage, Pieces]], embedder: Embedder, taken: Taken
) -> list[Vectors]:
    """Return each passage's rows: those already known, or computed, all of one kind together."""
    found = [taken(passage) for passage, _ in batch]
    new = [pieces for (_, pieces), rows in zip(batch, found, strict=True) if rows is None]
    texts = [text for pieces in new for text in (*pieces.sentences, *pieces.asks)]
    windows = [text for pieces in new for text in pieces.windows]
    read = iter(_embedded(windows, embedder.read))
    others = iter(_embedded(texts, embedder.encode_now))
    computed: list[Vectors] = []
    for pieces in new:
        count, sentences, asks = pieces.counts
        heads: list[Any] = list(islice(read, count))
        rows = [window.whole for window in heads] + list(islice(others, sentences + asks))
        computed.append(np.concatenate([np.stack(rows), *(w.tokens for w in heads)]))
    rest = iter(computed)
    return [next(rest) if rows is None else rows for rows in found]


def _embedded(texts: Sequence[str], embed: Callable[[Sequence[str]], Iterable[Any]]) -> list[Any]:
    """Return what `embed` gives for each of `texts`, in their order.

    Texts of like length go together, for each in a slice costs what its longest costs. A
    question that waits for the model gets it between two slices, in a breath: the lock of a
    busy thread is not fair.
    """
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    given: dict[int, Any] = {}
    for start in range(0, len(order), SLICE):
        part = order[start : start + SLICE]
        given |= zip(part, embed([texts[n] for n in part]), strict=True)
        time.sleep(BREATH_SECONDS)
    return [given[n] for n in range(len(texts))]
