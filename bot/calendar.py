"""The calendar: the port to what happens at a time of its own, in channels and to members.

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


SessionState = Literal["draft", "planned", "open", "ending", "over", "missed"]
"""`draft` until its organiser confirms it, `open` from its time on, `ending` until the summary is
posted; `missed` could not be begun."""


@dataclass(frozen=True, slots=True)
class Session:
    """One meeting of a study group in a channel, from its plan to its summary.

    `starts` is in seconds since 1970. `lesson`, `demo` and `lineup` are names of files. `event` is
    Discord's scheduled event, `message` shows the agenda, `ran` is what was begun from there.
    `planned_by` is its organiser, until they are forgotten. `preloaded`: its models were asked for.
    """

    id: str
    guild: int
    channel: int
    title: str
    starts: float
    planned_by: int | None
    lesson: str | None = None
    demo: str | None = None
    lineup: str | None = None
    state: SessionState = "draft"
    event: int | None = None
    message: int | None = None
    preloaded: bool = False
    ran: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attendance:
    """That a member said that they are at a session."""

    session: str
    member: int
    guild: int
    channel: int
    at: float


class Sessions(Protocol):
    """The sessions, and who was there."""

    async def keep(self, session: Session) -> None:
        """Write a session, or write it anew."""
        ...

    async def find(self, session: str) -> Session | None:
        """Return a session, if it is still kept."""
        ...

    async def drop(self, session: str) -> None:
        """Erase a session and who was there."""
        ...

    async def to_come(self, guild: int | None = None) -> tuple[Session, ...]:
        """Return those of a server, or all, that are neither over nor missed; the next first."""
        ...

    async def attend(self, attendance: Attendance) -> bool:
        """Keep that a member is there; False where that was known."""
        ...

    async def attendees(self, session: str) -> tuple[int, ...]:
        """Return who is there, in the order in which they said so."""
        ...

    async def asked(self, channel: int, since: float, until: float) -> tuple[int, int]:
        """Return how many questions were answered in a channel, and how many left a gap."""
        ...


@dataclass(frozen=True, slots=True)
class Reminder:
    """That a member wants to be told privately when cards are due, from `hour` on.

    The hour is in the time zone of the server in which they asked for it, UTC in private. `at` is
    when they asked or were last told, in seconds since 1970, `sent` the local date of that. It is
    `stopped` where Discord did not let the bot write to them.
    """

    member: int
    channel: int
    guild: int | None
    hour: int
    at: float
    sent: dt.date | None = None
    stopped: bool = False


class Reminders(Protocol):
    """Who is told when cards are due; it expires, unless it is used, and is forgotten."""

    async def keep(self, reminder: Reminder) -> None:
        """Keep it in the place of the member's earlier one."""
        ...

    async def drop(self, member: int) -> Reminder | None:
        """Erase a member's; return what it was."""
        ...

    async def find(self, member: int) -> Reminder | None:
        """Return a member's."""
        ...

    async def all(self) -> tuple[Reminder, ...]:
        """Return everybody's that is not stopped, in a steady order."""
        ...

    async def claim(self, member: int, day: dt.date, at: float) -> bool:
        """Note that a member is told on a day; False where that was noted before, or stopped."""
        ...

    async def stop(self, member: int) -> None:
        """Tell a member no more."""
        ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that has a time of its own."""

    dailies: Dailies
    sessions: Sessions
    reminders: Reminders
