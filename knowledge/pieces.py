"""Pieces: what of a passage is embedded, and the words under which it is found."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.passages import Passage
from knowledge.sentences import split_sentences

WINDOW = 700
"""Characters of text embedded at once: within the 256 tokens all-MiniLM-L6-v2 reads."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The texts of one passage that are embedded, in the order in which their rows lie."""

    windows: tuple[str, ...]
    sentences: tuple[str, ...]
    asks: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many there are of each."""
        return len(self.windows), len(self.sentences), len(self.asks)


def cut_pieces(passage: Passage) -> Pieces:
    """Cut a passage into what is embedded of it."""
    sentences = split_sentences(passage.text)
    return Pieces(tuple(_windows(passage, sentences)), sentences, passage.asks)


def lexical_text(passage: Passage) -> str:
    """Return the words under which a passage is found: title, headings, text, questions."""
    return "\n".join(
        [passage.lesson_title, *passage.path, passage.heading, passage.text, *passage.asks]
    )


def digest(passage: Passage) -> str:
    """Return a fingerprint of everything of a passage that is embedded."""
    parts = (passage.lesson_title, passage.path, passage.heading, passage.text, passage.asks)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


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
