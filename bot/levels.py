"""Levels: at which level a member wants to be answered, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

Level = Literal["newcomer", "practitioner", "expert"]
"""Each has a prompt of its own, `level_<name>.md`; without one the rules alone hold."""

LEVELS: Mapping[Level, str] = {
    "newcomer": "plain words, and what a term means where the lessons tell it",
    "practitioner": "the field's terms, and first what you can do with the answer",
    "expert": "no basics, exact terms, the numbers and limits",
}
"""Each level, and what is then asked of the model."""


class Levels(Protocol):
    """The levels that members chose, on every server and in private the same."""

    async def of(self, member: int) -> Level | None:
        """Return a member's level; None where they chose none."""
        ...

    async def choose(
        self, member: int, level: Level | None, channel: int, guild: int | None, at: float
    ) -> None:
        """Keep a member's level in the place of an earlier one; None keeps nothing."""
        ...

    async def used(self, member: int, at: float) -> None:
        """Keep that a member asked something: what is in use does not expire."""
        ...
