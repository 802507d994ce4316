"""Choosing: which questions are asked, and in which order their options stand; drawn by a seed.

The same seed draws the same of the same lessons, in every process. A question that comes or goes
moves no other out of its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from bot.errors import NothingToAsk
from knowledge.lesson import Lesson, find_lesson
from knowledge.question import Question

USUAL, MOST = 5, 20
"""Questions in one quiz."""
LETTERS = "ABCD"


def choose(lessons: Iterable[Lesson], count: int, seed: str, *, free: bool) -> list[Question]:
    """Return up to `count` questions of lessons; those in free text only if they are wanted.

    Raises NothingToAsk.
    """
    known = [q for lesson in lessons for q in lesson.questions if free or q.options]
    if not known:
        raise NothingToAsk("There are no questions on that yet.")
    return sorted(known, key=lambda question: drawn(seed, question.id))[:count]


def lesson_named(lessons: Sequence[Lesson], name: str | None) -> Sequence[Lesson]:
    """Return the lesson of this slug or title, alone; all where no name is given.

    Raises NothingToAsk.
    """
    if name is None:
        return lessons
    found = find_lesson(lessons, name)
    if found is None:
        raise NothingToAsk("I know no such lesson.")
    return [found]


def shuffled(question: Question, seed: str = "") -> tuple[str, ...]:
    """Return a question's options as they are shown under a seed, the same for everybody."""
    return tuple(sorted(question.options, key=lambda option: drawn(seed, question.id, option)))


def drawn(*parts: str) -> bytes:
    """Return a number that looks drawn, always the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode()).digest()
