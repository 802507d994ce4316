"""Readings: which sections of which lessons members have read, and the port to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Readings(Protocol):
    """What members have read of the lessons. Every call may raise `MemoryUnavailable`."""

    async def note(
        self, member: int, channel: int, guild: int | None, lesson: str, anchor: str, at: float
    ) -> None:
        """Keep that a member has read a section of a lesson, named by slug and anchor."""
        ...

    async def of_member(self, member: int) -> Mapping[str, frozenset[str]]:
        """Return the anchors of the sections that a member has read, by slug."""
        ...
