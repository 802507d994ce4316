"""Dailies: the question of the day and the demo of the week, when they are due and which it is.

Each is due once on a local day, from its hour on. One that was missed, while the bot was away, is
made up for on the same day and within `LATE`; older ones are left out. That it is posted is noted
before: a kill between leaves one out, and never posts it twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.calendar import Dailies, Daily, DailyKind
from bot.curated import Curated
from bot.localtime import LAST_HOUR, TimeUnclear, hour_is_here, hour_of_day
from bot.quiz.choosing import drawn
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from knowledge.question import Question, question_id

log = logging.getLogger(__name__)

LATE = dt.timedelta(hours=6)
"""How late one may be posted."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be posted now, for this local day."""

    daily: Daily
    day: dt.date


class DailyBook:
    """What is set up in the channels of servers."""

    def __init__(
        self, dailies: Dailies, servers: ServerBook, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._dailies = dailies
        self._servers = servers
        self._clock = clock

    async def set_up(self, daily: Daily) -> tuple[Daily, str]:
        """Keep what a channel wants; return it with the zone its hour is in.

        Where today's hour is over, it begins with the next one. Raises TimeUnclear,
        MemoryUnavailable.
        """
        if not 0 <= daily.hour <= LAST_HOUR:
            raise TimeUnclear(f"An hour is a whole number from 0 to {LAST_HOUR}.")
        earlier = {one.kind: one for one in await self._of_channel(daily)}.get(daily.kind)
        zone, now = await self._zone(daily.guild), self._now()
        today = now.astimezone(zone).date()
        moment = hour_of_day(zone, today, daily.hour)
        sent = earlier.sent if earlier is not None else None
        if moment is not None and moment <= now:
            sent = today if sent is None else max(sent, today)
        kept = replace(daily, sent=sent)
        await self._dailies.keep(kept)
        return kept, zone.key

    async def off(self, channel: int, kind: DailyKind) -> bool:
        """Post it no more in a channel; return whether it was set up. Raises MemoryUnavailable."""
        return await self._dailies.drop(channel, kind)

    async def of_server(self, guild: int) -> tuple[Daily, ...]:
        """Return what is set up on a server. Raises MemoryUnavailable."""
        return await self._dailies.all(guild)

    async def stop(self, daily: Daily) -> bool:
        """Take note that it cannot be posted; True the first time. Raises MemoryUnavailable."""
        return await self._dailies.stop(daily.channel, daily.kind)

    async def due(self, serves: Callable[[int], bool]) -> AsyncGenerator[Due]:
        """Tell what is due on the servers that this process `serves`; each is told once.

        Raises MemoryUnavailable.
        """
        now = self._now()
        for daily in await self._dailies.all():
            if daily.stopped or not serves(daily.guild):
                continue
            zone = await self._zone(daily.guild)
            day = now.astimezone(zone).date()
            claim = self._dailies.claim
            if is_due(daily, zone, now) and await claim(daily.channel, daily.kind, day):
                yield Due(daily, day)

    async def _of_channel(self, daily: Daily) -> list[Daily]:
        known = await self._dailies.all(daily.guild)
        return [one for one in known if one.channel == daily.channel]

    async def _zone(self, guild: int) -> ZoneInfo:
        return ZoneInfo((await self._servers.read(guild)).timezone)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock(), dt.UTC)


def is_due(daily: Daily, zone: ZoneInfo, now: dt.datetime) -> bool:
    """Say whether it is to be posted now, by its hour, its weekday and what was posted before."""
    day = now.astimezone(zone).date()
    posted = daily.sent is not None and daily.sent >= day
    if posted or daily.weekday not in (None, day.weekday()):
        return False
    return hour_is_here(zone, daily.hour, now, LATE)


def askable(lessons: Iterable[Lesson]) -> dict[str, Question]:
    """Return what can be asked of lessons, by id: written choices, else what passages answer."""
    known = tuple(lessons)
    written = {one.id: one for lesson in known for one in lesson.questions if one.options}
    if written:
        return written
    found = (
        Question(question_id(passage, passage.asks[0]), lesson.slug, passage.id, asked, (), "", "")
        for lesson in known
        for passage in lesson.passages
        for asked in passage.asks[:1]
    )
    return {one.id: one for one in found}


def question_of(lessons: Iterable[Lesson], due: Due) -> Question | None:
    """Return the question of a day in a channel; none where there is nothing to ask."""
    known = askable(lessons)
    if not known:
        return None
    return known[_turn(list(known), due.daily.channel, due.day.toordinal())]


def demo_of(demos: Sequence[Curated], due: Due) -> Curated | None:
    """Return the demo of a week in a channel; none where there is none."""
    known = {demo.slug: demo for demo in demos}
    if not known:
        return None
    return known[_turn(list(known), due.daily.channel, due.day.toordinal() // 7)]


def _turn(names: Sequence[str], channel: int, number: int) -> str:
    """Return whose turn it is: each once in a round, in an order drawn for round and channel."""
    round_, place = divmod(number, len(names))
    return sorted(names, key=lambda name: drawn(str(channel), str(round_), name))[place]
