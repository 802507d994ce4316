"""Attempts: what members answered when they were asked, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

AttemptKind = Literal["alone", "live", "daily", "review"]
"""A quiz alone, one live in a channel, the question of the day, or a review."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer of one member to one question.

    `sitting` names what it was given in: one quiz, or one message with a question of the day. In it
    a member's first answer to a question counts, and is the only one kept. `choice` is the option
    as it stands in the lesson, 0 the key; None for free text. `at` is in seconds since 1970,
    `seconds` how long the answer took, None where that is not known.
    """

    sitting: str
    question: str
    member: int
    channel: int
    guild: int | None
    at: float
    lesson: str
    passage: str
    kind: AttemptKind
    right: bool
    points: int
    choice: int | None = None
    seconds: float | None = None


class Attempts(Protocol):
    """What members answered; it expires and is forgotten as all that is theirs."""

    async def add(self, attempt: Attempt) -> bool:
        """Keep an answer; False where the member answered that question in that sitting before."""
        ...

    async def of_sitting(self, sitting: str) -> tuple[Attempt, ...]:
        """Return what was answered in one sitting, oldest first."""
        ...

    async def of_member(self, member: int) -> tuple[Attempt, ...]:
        """Return what a member answered anywhere, oldest first."""
        ...

    async def of_server(self, guild: int, since: float = 0.0) -> tuple[Attempt, ...]:
        """Return what members of a server answered there, oldest first."""
        ...
