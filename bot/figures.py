"""Figures: what became of a server's questions, without a word of anybody, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["done", "declined", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class End:
    """How an answer ended. `model` is None where none wrote.

    `seconds` count from the question to the end, `first_text` to the first text, None where none
    came; the wait in the queue is included.
    """

    outcome: Outcome
    model: str | None
    first_text: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """One question: when it was asked (seconds since 1970) and what became of it.

    `end` is None while it is written, where a kill cut it off, and where it was not stored yet.
    `passages` are the ids of those that bear it out. `left_open`: the lessons lacked something;
    `closed`: an answer to that was approved since. `reasons` of those `down` wrote why.
    """

    at: float
    end: End | None
    passages: tuple[str, ...] = ()
    left_open: bool = False
    closed: bool = False
    up: int = 0
    down: int = 0
    reasons: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a member voted against an answer, in their words; not who, nor what was asked."""

    at: float
    model: str | None
    passages: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """A session that began (seconds since 1970), and how many said that they are there."""

    at: float
    title: str
    lesson: str | None
    attendees: int


class Figures(Protocol):
    """What can be counted of a server. Only what is still kept is counted."""

    async def answers(self, guild: int, since: float) -> tuple[AnswerFigures, ...]:
        """Return the questions that a server's members asked since then, oldest first."""
        ...

    async def reasons(self, guild: int, since: float) -> tuple[Reason, ...]:
        """Return the reasons for votes against answers since then, oldest first."""
        ...

    async def sessions(self, guild: int, since: float, until: float) -> tuple[Held, ...]:
        """Return the sessions that began in between, oldest first."""
        ...

    async def servers(self) -> tuple[int, ...]:
        """Return the servers where anything was asked."""
        ...
