"""The terms of the parser: what may be handed in, what it gives back, why it refuses.

Only the standard library, for the parser starts anew for each file.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum

MIB = 1 << 20
SECONDS, PROCESSOR_SECONDS = 4.7, 4
"""How long a file may take, on the clock and on the processor."""
MEMORY = 300 * MIB
"""Bytes of address space that the parser may take."""

PAGES = 200
CHARACTERS = 2_000_000
"""Characters of text in all that a document may hold."""
BLOCKS = 50_000
"""Headings, paragraphs and blocks of code."""
PASSAGES = 1500
LONGEST_PASSAGE = 1400
"""Characters; as in a lesson."""
LONGEST_HEADING = 150
LONGEST_ASK = 120
ASKS = 8
"""Questions that one passage may list; with its text they fit what a curator is shown."""
DEEPEST = 400
"""How deep elements may be nested."""
EXCERPTS, LONGEST_EXCERPT = 3, 160
"""What is told of each kind of hidden text."""


class Kind(StrEnum):
    """A kind of document, by the ending of its name."""

    MARKDOWN = "md"
    TEXT = "txt"
    PDF = "pdf"
    NOTEBOOK = "ipynb"
    HTML = "html"
    WORD = "docx"


ENDINGS = {**{f".{kind}": kind for kind in Kind}, ".htm": Kind.HTML, ".markdown": Kind.MARKDOWN}
LARGEST = dict.fromkeys(Kind, 2 * MIB) | {Kind.PDF: 10 * MIB, Kind.WORD: 10 * MIB}
"""Bytes of a file, by kind."""


class Hidden(StrEnum):
    """A kind of text that a reader of the original does not see."""

    ZERO_WIDTH = "zero_width"
    BIDI = "bidi"
    TAGS = "tags"
    COMMENT = "comment"
    STYLED = "styled"
    WHITE = "white"
    INVISIBLE = "invisible"


class Reason(StrEnum):
    """Why a document is not taken."""

    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    TWO_TYPES = "two_types"
    NOT_TEXT = "not_text"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_HEAVY = "too_heavy"
    BOMB = "bomb"
    BROKEN = "broken"
    ENTITIES = "entities"
    PATHS = "paths"
    LOCKED = "locked"
    NO_TEXT = "no_text"
    ONLY_HIDDEN = "only_hidden"


class Refused(Exception):
    """The document is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Findings:
    """What was hidden in a document: how often, and the first words of it."""

    def __init__(self) -> None:
        self._counts: defaultdict[Hidden, int] = defaultdict(int)
        self._excerpts: defaultdict[Hidden, list[str]] = defaultdict(list)

    def add(self, kind: Hidden, text: str, count: int = 1) -> None:
        """Note that `text` was hidden; nothing of it reaches a passage."""
        words = " ".join(text[: 4 * LONGEST_EXCERPT].split())[:LONGEST_EXCERPT]
        self._counts[kind] += count
        if words and len(self._excerpts[kind]) < EXCERPTS:
            self._excerpts[kind].append(words)

    @property
    def any(self) -> bool:
        """Whether anything was found."""
        return bool(self._counts)

    def told(self) -> list[dict[str, object]]:
        """Return them as they leave the parser."""
        return [
            {"kind": kind.value, "count": count, "excerpts": self._excerpts[kind]}
            for kind, count in self._counts.items()
        ]
