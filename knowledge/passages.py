"""Passages: the citable sections of lessons, and the port through which they are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), each row of length 1, so that a dot product is the cosine."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One headed section of a lesson.

    `id` is `<lesson slug>#<anchor>` and stays as long as the heading does;
    `path` holds the headings above `heading`, outermost first, without the title;
    `text` is the section's Markdown without its heading; `asks` are questions it
    answers, in members' words: indexed beside the text, offered to be asked next. `server` is the
    Discord server whose members alone may see it; None: everybody.
    """

    id: str
    lesson: str
    lesson_title: str
    heading: str
    path: tuple[str, ...]
    anchor: str
    text: str
    asks: tuple[str, ...] = ()
    server: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage as it stands there, and how near it is to the question (0 to 1)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    `score` lies between 0 and 1; higher is better, and hits come best first.
    `quotes` are the passage's sentences in their order in the text, and
    `vectors`, where they are known, their rows.
    """

    passage: Passage
    score: float
    quotes: tuple[Quote, ...] = ()
    vectors: Vectors | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: hits, best first, and how likely the lessons cover the question.

    `covered` (0 to 1) speaks of the question as a whole; a hit's score of one passage.
    Where the question is not `legible`, in a language the embedding model does not
    read, a low `covered` says nothing.
    """

    hits: tuple[Hit, ...]
    covered: float
    legible: bool = True


class SearchUnavailable(Exception):
    """The passages cannot be searched now; the message says what mends it, for anybody to read."""


class PassageSearch(Protocol):
    """Finds passages. Implemented by `knowledge.search`."""

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
        server: int | None = None,
    ) -> Found:
        """Return up to `limit` hits, best first.

        `previous` is the member's turn before this one, for follow-ups;
        `lesson` restricts to one lesson by its slug. What belongs to a server is found
        only where `server` names it. Raises SearchUnavailable.
        """
        ...


class SentenceEncoder(Protocol):
    """Turns texts into unit vectors off the event loop. Implemented by `knowledge.embedding`."""

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text, in order."""
        ...
