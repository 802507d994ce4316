"""What the base model reads: pages about the field, none of them a question with its answer.

Prose of the lessons and of the roster, and pages that grammars write: statements of facts, exam
sheets, registers of invented models, tables of small products and worked sums.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from knowledge.lesson import Lesson
from pocket import problems, rows
from pocket.facts import Curriculum
from pocket.splits import Split

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class Corpus:
    """Draws documents, each the text of one page."""

    def __init__(self, lessons: tuple[Lesson, ...], curriculum: Curriculum) -> None:
        self._prose = [
            f"{p.heading}\n\n{_COMMENT.sub('', p.text).strip()}"
            for lesson in lessons
            for p in lesson.passages
        ]
        self._curriculum = curriculum
        self._pages: list[tuple[Callable[[random.Random], str], int]] = [
            (self._lesson, 14),
            (self._facts, 22),
            (self._exam, 24),
            (self._register, 10),
            (self._sums, 30),
        ]

    def page(self, rng: random.Random) -> str:
        """Return one document."""
        write = rng.choices([p for p, _ in self._pages], [share for _, share in self._pages])[0]
        return write(rng)

    def _lesson(self, rng: random.Random) -> str:
        return rng.choice(self._prose)

    def _facts(self, rng: random.Random) -> str:
        facts = rng.sample(self._curriculum.facts, rng.randint(4, 9))
        return rng.choice(("Notes\n\n", "From the lessons\n\n", "")) + " ".join(
            f.answer for f in facts
        )

    def _exam(self, rng: random.Random) -> str:
        """Write questions below each other, as on a sheet that is to be filled in."""

        def question() -> str:
            if rng.random() < 0.35:
                return problems.draw(rng, Split.TRAIN, drill=True).question
            return self._curriculum.draw(rng, Split.TRAIN)[0]

        lines = [question() for _ in range(rng.randint(3, 8))]
        title = rng.choice((f"Exam sheet {rng.randint(1, 99)}\n\n", "Questions\n\n", "", ""))
        return title + "\n".join(lines)

    def _register(self, rng: random.Random) -> str:
        drawn = [rows.draw(rng, Split.TRAIN) for _ in range(rng.randint(2, 4))]
        lines = [one.sentence for one in drawn]
        again = [one.sentence.partition(" ")[0] + " is on the list." for one in drawn]
        return "Register of models\n\n" + "\n".join(lines + again)

    def _sums(self, rng: random.Random) -> str:
        """Write worked sums: lines of steps, without any question."""
        lines: list[str] = []
        for _ in range(rng.randint(2, 5)):
            lines += problems.draw(rng, Split.TRAIN, drill=True).steps
        if rng.random() < 0.5:
            rng.shuffle(lines)
        return "Worked sums\n\n" + "\n".join(lines)
