"""Lessons and vectors made up by the thousand, for a bench of size: no text of them means anything.

A text's vector is one of the real vectors of the shipped lessons' questions with noise added,
and only the text decides which; so the vectors lie as densely as real ones would.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stacks import load_packaged, shipped
from knowledge.identity import ModelIdentity
from knowledge.lesson import Lesson
from knowledge.passages import Passage, Vectors

TEXT_NOISE, QUESTION_NOISE = 0.75, 0.5
"""Length of what is added to a vector of length 1."""

PASSAGES, SENTENCES, WORDS = 10, 4, 16
"""Passages of a lesson, sentences of a passage, words of a sentence."""

TEXTS = 1 + SENTENCES
"""Texts that are embedded of a passage: a window and its sentences."""

VOCABULARY = 60_000
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
_TABLE = 4096

IDENTITY = ModelIdentity("synthetic", "", "1")


class Read(NamedTuple):
    """A text as the made-up model sees it."""

    whole: Vectors
    tokens: Vectors


class Synthetic:
    """Stands in for the embedding model, and counts the texts it was given."""

    name, revision, dimension = "synthetic", "1", 384
    makes = (name, revision, dimension)
    words = frozenset({"question"})

    def __init__(self, real: Vectors, tokens: int) -> None:
        """Take vectors to make others of, and the number of token vectors of a passage."""
        self._real = real
        self._table = _unit(np.random.default_rng(1).normal(size=(_TABLE, self.dimension)))
        self._tokens = tokens
        self.texts = 0

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text."""
        self.texts += len(texts)
        return np.stack([self._row(text) for text in texts]) if texts else self._table[:0]

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Return the row of each text, and rows for tokens it might have."""
        self.texts += len(texts)
        return [Read(self._row(text), self._table[self._of(text)]) for text in texts]

    def _of(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        count = 12 if text.startswith("question") else self._tokens
        return np.random.default_rng(zlib.crc32(text.encode())).integers(0, _TABLE, count)

    def _row(self, text: str) -> Vectors:
        noise = QUESTION_NOISE if text.startswith("question") else TEXT_NOISE
        chance = np.random.default_rng(zlib.crc32(text.encode()))
        row = self._real[chance.integers(len(self._real))]
        size = noise / np.sqrt(self.dimension)
        return _unit(row + size * chance.standard_normal(self.dimension, np.float32))


def real_vectors() -> Vectors:
    """Return the vectors of the questions that the shipped lessons answer."""
    texts = [ask for lesson in shipped() for p in lesson.passages for ask in p.asks]
    return load_packaged().encode_now(texts)


def lessons(count: int, server: int | None = None, first: int = 0) -> Iterator[Lesson]:
    """Make `count` lessons, numbered from `first`; words are as unevenly frequent as in a text."""
    chance = np.random.default_rng(first + 1)
    for number in range(first, first + count):
        ranks = chance.zipf(1.2, PASSAGES * SENTENCES * WORDS) % VOCABULARY
        words = iter([_word(int(rank)) for rank in ranks])
        slug, day = f"lesson-{number}", dt.date(2026, 1, 1)
        passages = tuple(
            Passage(
                f"{slug}#part-{n}",
                slug,
                slug,
                f"part {n}",
                (),
                f"part-{n}",
                _text(words),
                (),
                server,
            )
            for n in range(PASSAGES)
        )
        mark = f"{number} of {server}"
        yield Lesson(slug, slug, number, slug, (), (), day, passages, mark, server)


def questions(count: int) -> list[str]:
    """Make questions of words that the lessons have."""
    chance = np.random.default_rng(99)
    ranks = chance.zipf(1.2, (count, 8)) % VOCABULARY
    return [f"question {' '.join(_word(int(rank)) for rank in row)}" for row in ranks]


def _text(words: Iterator[str]) -> str:
    sentences = (" ".join(next(words) for _ in range(WORDS)) for _ in range(SENTENCES))
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)


def _word(rank: int) -> str:
    found = ""
    while rank or not found:
        rank, place = divmod(rank, len(_SYLLABLES))
        found += _SYLLABLES[place]
    return found if len(found) > 2 else f"{found}n"


def _unit(rows: NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)
