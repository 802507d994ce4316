"""Questions to play with: lessons on animals, some choices and some in free text."""

from __future__ import annotations

import datetime as dt

from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.question import Question


def choice(lesson: str, n: int) -> Question:
    """Return a choice, whose key is "right n"."""
    wrong = (f"wrong {n}", f"bad {n}", f"off {n}")
    about = f"{lesson}#a"
    return Question(
        f"{lesson}-{n}", lesson, about, f"What is {n}?", (f"right {n}", *wrong), f"right {n}", ""
    )


def free(lesson: str) -> Question:
    """Return a question in free text."""
    return Question(f"{lesson}-f", lesson, f"{lesson}#a", "Why so?", (), "because", "")


def lesson(slug: str, choices: int = 8, server: int | None = None) -> Lesson:
    """Return a lesson that asks `choices` choices and one question in free text."""
    passage = Passage(f"{slug}#a", slug, slug.title(), "A", (), "a", f"All of {slug}.")
    asked = (*(choice(slug, n) for n in range(choices)), free(slug))
    day = dt.date(2026, 11, 25)
    return Lesson(slug, slug.title(), 1, "", (), (), day, (passage,), "", server, asked)
