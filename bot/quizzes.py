"""Quizzes: the port to live quizzes that are not over.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`. What members answered in
them are attempts (`bot.attempts`) whose sitting is the quiz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptQuiz:
    """A live quiz in a channel, as the next process needs it. Times are seconds since 1970.

    `quiz` is its name and its seed, `questions` are ids. Question `number`, from 0, is shown in
    `message`, None before it stands there, and takes answers until `until` or until it is `closed`.
    `started_by` is a member, until they are forgotten.
    """

    quiz: str
    guild: int
    channel: int
    at: float
    questions: tuple[str, ...]
    started_by: int | None = None
    number: int = 0
    message: int | None = None
    until: float = 0.0
    closed: bool = False


class Quizzes(Protocol):
    """The live quizzes that are not over."""

    async def keep(self, quiz: KeptQuiz) -> None:
        """Keep it in the place of what was known of it."""
        ...

    async def drop(self, quiz: str) -> None:
        """Erase it: it is over."""
        ...

    async def all(self) -> tuple[KeptQuiz, ...]:
        """Return all of them, oldest first."""
        ...
