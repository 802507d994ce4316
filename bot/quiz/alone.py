"""A quiz of one person, as a stream of events.

Asked, then Judged, for each question; Ended with the score, also where answers run out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.quiz.round import Round, Score
from knowledge.passages import Passage
from knowledge.question import Question

ALONE = 0
"""The one who plays where there are no members."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Question `number` of `of`, from 1; without options it is answered in free text."""

    number: int
    of: int
    question: Question
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of an answer. `right` None: nobody judged it, as in free text or passed over."""

    asked: Asked
    right: bool | None
    points: int
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The score, of the choices that were asked."""

    score: Score


QuizEvent = Asked | Judged | Ended
Reply = Callable[[Asked], Awaitable[str]]
"""What answers: an option, or a text; anything else passes. Raises EOFError at the end."""


async def play(
    round_: Round, passages: Mapping[str, Passage], reply: Reply
) -> AsyncGenerator[QuizEvent]:
    """Ask each question of a round, get a reply to it, and tell what came of it."""
    choices = 0
    for n, question in enumerate(round_.questions):
        asked = Asked(n + 1, len(round_.questions), question, round_.options(n))
        yield asked
        try:
            given = await reply(asked)
        except EOFError:
            break
        choices += bool(asked.options)
        answer = round_.take(n, ALONE, given) if given in asked.options else None
        right, points = (answer.right, answer.points) if answer is not None else (None, 0)
        yield Judged(asked, right, points, passages.get(question.passage))
    scores = round_.scores(choices)
    yield Ended(scores[0] if scores else Score(ALONE, 0, choices, 0, 0.0))
