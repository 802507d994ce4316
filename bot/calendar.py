"""The calendar: the port to what happens at a time of its own in a server's channels.

Implemented by `bot.records`. Times are seconds since 1970 (UTC); every call may raise
`MemoryUnavailable`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

DailyKind = Literal["question", "demo"]
"""A question of the day, or a demo of the week."""


@dataclass(frozen=True, slots=True)
class Daily:
    """What is posted in a channel by itself, at most one of each kind.

    `hour` is in the server's time zone; `weekday` counts from Monday, 0, and None is every day.
    `sent` is the local date of the newest post. `set_by` is who set it up, until they are
    forgotten. It is `stopped` where it could not be posted any more.
    """

    channel: int
    guild: int
    kind: DailyKind
    hour: int
    weekday: int | None = None
    sent: dt.date | None = None
    set_by: int | None = None
    stopped: bool = False


class Dailies(Protocol):
    """What is posted by itself."""

    async def keep(self, daily: Daily) -> None:
        """Keep it in the place of an earlier one of its kind in its channel."""
        ...

    async def drop(self, channel: int, kind: DailyKind) -> bool:
        """Erase it; return whether there was one."""
        ...

    async def all(self, guild: int | None = None) -> tuple[Daily, ...]:
        """Return those of a server, or all, in a steady order."""
        ...

    async def claim(self, channel: int, kind: DailyKind, day: dt.date) -> bool:
        """Note that it is posted for a day; False where it was noted before, or stopped."""
        ...

    async def stop(self, channel: int, kind: DailyKind) -> bool:
        """Post it no more; False where that was known before."""
        ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that has a time of its own."""

    dailies: Dailies
