"""A generation: one whole index in a folder of its own, written once and then only read.

manifest.json   the model it was made with, the passages, where their rows lie
vectors.npy     (rows, dimension) half floats: for each passage the rows of its
                windows, its sentences, its questions, and its tokens
chroma/         the units, to find candidates among many passages
lexical/        BM25 over the passages
seal.json       what these files are, to see whether they still are
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib.format import write_array_header_1_0

from knowledge.index import Index, Progress
from knowledge.lesson import Lesson
from knowledge.lexical import Lexicon
from knowledge.manifest import FORMAT, Manifest, digest
from knowledge.passages import Passage, Vectors
from knowledge.seal import seal
from knowledge.sentences import split_sentences
from knowledge.store import Kind, Unit, UnitStore, wipe

if TYPE_CHECKING:  # importing it loads torch, which only a change of the lessons needs
    from knowledge.embedding import Embedder

WINDOW = 700
"""Characters of text embedded at once: within the 256 tokens all-MiniLM-L6-v2 reads."""

CACHED = 256
"""Passages kept in memory once they were read: about 70 MB of single floats."""

Pieces = dict[Kind, tuple[str, ...]]
"""What of a passage is embedded, by kind."""

KINDS: tuple[Kind, ...] = ("window", "sentence", "ask")
"""The order in which a passage's rows lie; its tokens come after them."""

BATCH = 16
"""Passages embedded and stored at once."""

SLICE = 32
"""Texts embedded in one go."""

BREATH_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """The vectors of one passage, each of shape (count, dimension), rows of length 1."""

    windows: Vectors
    sentences: Vectors
    asks: Vectors
    tokens: Vectors


class Generation:
    """A generation opened for reading."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.name = folder.name
        self.manifest = manifest
        self.passages = {passage.id: passage for passage in manifest.passages}
        self.store = UnitStore.open(folder / "chroma")
        self.lexicon = Lexicon.load(folder / "lexical", tuple(self.passages))
        self._vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        self.vectors = lru_cache(CACHED)(self._read_vectors)
        self.sentences = lru_cache(CACHED)(self._read_sentences)

    @classmethod
    def serving(cls, index: Index) -> Generation | None:
        """Open the generation that serves; None when there is none usable."""
        name = index.current()
        manifest = index.manifest()
        return cls(index.folder / name, manifest) if name and manifest else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and dimension of the vectors."""
        return tuple(self._vectors.shape)

    def close(self) -> None:
        """Close its files; it cannot be searched any more."""
        self.store.close()

    def _read_vectors(self, passage_id: str) -> PassageVectors:
        """Return the vectors of a passage, read from disk as they are needed."""
        rows = self.manifest.rows[passage_id]
        block = self.rows(passage_id)
        ends = np.cumsum([rows.windows, rows.sentences, rows.asks])
        return PassageVectors(*np.split(block, ends))

    def _read_sentences(self, passage_id: str) -> tuple[str, ...]:
        """Return the sentences of a passage, one for each row of its vectors."""
        return split_sentences(self.passages[passage_id].text)

    def rows(self, passage_id: str) -> Vectors:
        """Return all rows of a passage in one block, as `build` takes them back."""
        rows = self.manifest.rows[passage_id]
        return np.asarray(self._vectors[rows.start : rows.end], np.float32)


class Kept:
    """The vectors an open generation has, which need not be computed again; without one, none."""

    def __init__(self, generation: Generation | None) -> None:
        self._generation = generation
        passages = generation.passages if generation else {}
        self._ids = {digest(passage): id_ for id_, passage in passages.items()}

    def rows(self, passage: Passage) -> Vectors | None:
        """Return all rows of `passage`, read from disk; None when it was another."""
        id_ = self._ids.get(digest(passage))
        return self._generation.rows(id_) if self._generation and id_ is not None else None


def build(
    folder: Path, lessons: Sequence[Lesson], embedder: Embedder, kept: Kept, progress: Progress
) -> None:
    """Write a generation of `lessons` into the new folder `folder`, and seal it.

    Memory does not grow with the vectors: they are written as they are computed.
    Raises StoreBroken, OSError.
    """
    folder.mkdir(parents=True)
    passages = [passage for lesson in lessons for passage in lesson.passages]
    with (
        closing(UnitStore.create(folder / "chroma")) as store,
        (folder / "vectors.npy").open("wb") as vectors,
    ):
        entries = _fill(store, vectors, passages, embedder, kept, progress)
    wipe(folder / "chroma")
    Lexicon.build({p.id: lexical_text(p) for p in passages}).save(folder / "lexical")
    content = {
        "format": FORMAT,
        "model": embedder.name,
        "revision": embedder.revision,
        "dimension": embedder.dimension,
        "lessons": {lesson.slug: lesson.digest for lesson in lessons},
        "passages": entries,
    }
    (folder / "manifest.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    seal(folder)
    progress(len(passages), len(passages))


def _fill(
    store: UnitStore,
    vectors: BinaryIO,
    passages: Sequence[Passage],
    embedder: Embedder,
    kept: Kept,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Write units and vectors, and return the passages as the manifest tells them."""
    entries: list[dict[str, Any]] = []
    start = 0
    _head(vectors, 0, embedder.dimension)
    for done in range(0, len(passages), BATCH):
        progress(done, len(passages))
        batch = [(passage, _pieces(passage)) for passage in passages[done : done + BATCH]]
        found = _vectors(batch, embedder, kept)
        units = [_units(passage, pieces) for passage, pieces in batch]
        rows = [block[: len(own)] for block, own in zip(found, units, strict=True)]
        store.add(list(chain.from_iterable(units)), np.concatenate(rows))
        for (passage, pieces), block in zip(batch, found, strict=True):
            counts = [len(pieces[kind]) for kind in KINDS]
            layout = [start, *counts, len(block) - sum(counts)]
            entries.append({**asdict(passage), "rows": layout})
            start += len(block)
            vectors.write(block.astype(np.float16).tobytes())
    vectors.seek(0)
    _head(vectors, start, embedder.dimension)
    return entries


def _head(file: BinaryIO, rows: int, dimension: int) -> None:
    """Write the head of a .npy file; numpy leaves room in it for the number of rows to grow."""
    shape = {"descr": "<f2", "fortran_order": False, "shape": (rows, dimension)}
    write_array_header_1_0(file, shape)


def lexical_text(passage: Passage) -> str:
    """Return the words under which a passage is found: title, headings, text, questions."""
    return "\n".join(
        [passage.lesson_title, *passage.path, passage.heading, passage.text, *passage.asks]
    )


def _pieces(passage: Passage) -> Pieces:
    """Cut a passage into what is embedded of it."""
    sentences = split_sentences(passage.text)
    return {
        "window": tuple(_windows(passage, sentences)),
        "sentence": sentences,
        "ask": passage.asks,
    }


def _windows(passage: Passage, sentences: Sequence[str]) -> list[str]:
    """Join sentences up to WINDOW characters, under the last two headings.

    The headings inside the text are worth 9 points of hit@4 (measured); more
    than two hurt paraphrases.
    """
    head = " – ".join([*passage.path, passage.heading][-2:])
    windows: list[str] = []
    current = ""
    for sentence in sentences:
        if current and len(current) + len(sentence) > WINDOW:
            windows.append(current)
            current = ""
        current = f"{current} {sentence}".strip()
    return [f"{head}\n{text}" for text in [*windows, current]]


def _vectors(
    batch: Sequence[tuple[Passage, Pieces]], embedder: Embedder, kept: Kept
) -> list[Vectors]:
    """Return each passage's rows: those already known, or computed, all of one kind together."""
    found = {passage.id: kept.rows(passage) for passage, _ in batch}
    new = [(passage, pieces) for passage, pieces in batch if found[passage.id] is None]
    windows = [text for _, pieces in new for text in pieces["window"]]
    shorter = [[*pieces["sentence"], *pieces["ask"]] for _, pieces in new]
    texts = list(chain.from_iterable(shorter))
    read = chain.from_iterable(embedder.read(part) for part in _slices(windows))
    others = chain.from_iterable(embedder.encode_now(part) for part in _slices(texts))
    for (passage, pieces), own in zip(new, shorter, strict=True):
        heads = list(islice(read, len(pieces["window"])))
        rows = [window.whole for window in heads] + list(islice(others, len(own)))
        found[passage.id] = np.concatenate([np.stack(rows), *(w.tokens for w in heads)])
    return [rows for rows in found.values() if rows is not None]


def _slices(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut `texts` into what is embedded in one go, with a breath after each.

    A question that waits for the model gets it then: the lock of a busy thread is not fair.
    """
    for start in range(0, len(texts), SLICE):
        yield texts[start : start + SLICE]
        time.sleep(BREATH_SECONDS)


def _units(passage: Passage, pieces: Pieces) -> list[Unit]:
    return [
        Unit(passage.id, passage.lesson, kind, number, text)
        for kind in KINDS
        for number, text in enumerate(pieces[kind])
    ]
