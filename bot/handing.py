"""Handing on: questions that members brought before the mentors of a server, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`. It holds no text: what was
asked stands with the answer, and in Discord.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Handed:
    """A question that was handed on, named by its answer's `request_id`.

    `at` is in seconds since 1970. `message` shows it, None before it is posted; `reply` shows the
    mentor's answer, None while it is open. `answered_by` is None again once the mentor was
    forgotten.
    """

    request_id: str
    member: int
    channel: int
    guild: int
    at: float
    message: int | None = None
    reply: int | None = None
    answered_by: int | None = None

    @property
    def waits(self) -> bool:
        """Whether it is posted and nobody answered."""
        return self.message is not None and self.reply is None


class HandedOn(Protocol):
    """The questions that were handed on."""

    async def keep(self, handed: Handed) -> None:
        """Write one, or write it anew."""
        ...

    async def find(self, request_id: str) -> Handed | None:
        """Return one that is still kept."""
        ...

    async def of_member(self, member: int, guild: int) -> tuple[Handed, ...]:
        """Return what a member handed on in a server, oldest first."""
        ...
