"""ReminderBook: who is told privately that cards are due, once a day at most.

As with what is posted in channels, an hour that was missed is made up for within `LATE`, and that
a member is told is noted before: a kill between leaves one out, and never tells it twice.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.calendar import Reminder, Reminders
from bot.localtime import UTC, hour_is_here, hour_of_day
from bot.memory import Place
from bot.review.book import ReviewBook
from bot.servers import ServerBook

LATE = dt.timedelta(hours=6)
"""How late a member may be told."""
USUAL_HOUR = 9


@dataclass(frozen=True, slots=True)
class Reminded:
    """Who is to be told now, and how many cards are due."""

    member: int
    due: int


class ReminderBook:
    """The reminders of members. Every call raises MemoryUnavailable."""

    def __init__(
        self,
        reminders: Reminders,
        review: ReviewBook,
        servers: ServerBook,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reminders = reminders
        self._review = review
        self._servers = servers
        self._clock = clock

    async def begin(self, member: int, place: Place, hour: int) -> str:
        """Tell a member from the next such hour on; return the name of the zone it is in."""
        zone, now = await self._zone(place.guild), self._now()
        today = now.astimezone(zone).date()
        moment = hour_of_day(zone, today, hour)
        sent = today if moment is not None and moment <= now else None
        at = self._clock()
        await self._reminders.keep(Reminder(member, place.channel, place.guild, hour, at, sent))
        return zone.key

    async def end(self, member: int) -> bool:
        """Tell a member no more; return whether they were told until now."""
        gone = await self._reminders.drop(member)
        return gone is not None and not gone.stopped

    async def stop(self, member: int) -> None:
        """Take note that a member cannot be told; they learn it by `stopped`."""
        await self._reminders.stop(member)

    async def stopped(self, member: int) -> bool:
        """Say whether a member's reminders ended because they cannot be told; true only once."""
        found = await self._reminders.find(member)
        if found is None or not found.stopped:
            return False
        await self._reminders.drop(member)
        return True

    async def due(self, serves: Callable[[int | None], bool]) -> AsyncGenerator[Reminded]:
        """Tell who is to be told now, of the servers that this process `serves`; each once."""
        now = self._now()
        for one in await self._reminders.all():
            if not serves(one.guild):
                continue
            zone = await self._zone(one.guild)
            day = now.astimezone(zone).date()
            told = one.sent is not None and one.sent >= day
            if told or not hour_is_here(zone, one.hour, now, LATE):
                continue
            count = await self._review.count_due(one.member, one.guild)
            if count and await self._reminders.claim(one.member, day, self._clock()):
                yield Reminded(one.member, count)

    async def _zone(self, guild: int | None) -> ZoneInfo:
        return ZoneInfo(UTC if guild is None else (await self._servers.read(guild)).timezone)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock(), dt.UTC)
