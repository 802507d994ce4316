"""What is posted by itself in channels."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Update, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.calendar import Daily, DailyKind
from bot.records.database import Database
from bot.records.tables import DailyRow


class DailyRecords:
    """See `bot.calendar.Dailies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, daily: Daily) -> None:
        """Keep it in the place of an earlier one of its kind in its channel."""

        async def write(session: AsyncSession) -> None:
            await session.merge(
                DailyRow(
                    channel=daily.channel,
                    kind=daily.kind,
                    guild=daily.guild,
                    hour=daily.hour,
                    weekday=daily.weekday,
                    sent=daily.sent.isoformat() if daily.sent else None,
                    set_by=daily.set_by,
                    stopped=daily.stopped,
                )
            )

        await self._database.run(write)

    async def drop(self, channel: int, kind: DailyKind) -> bool:
        """Erase it; return whether there was one."""

        async def write(session: AsyncSession) -> bool:
            gone = await session.execute(delete(DailyRow).where(_this(channel, kind)))
            return bool(cast("CursorResult[Any]", gone).rowcount)

        return await self._database.run(write)

    async def all(self, guild: int | None = None) -> tuple[Daily, ...]:
        """Return those of a server, or all, in a steady order."""
        wanted = select(DailyRow).order_by(DailyRow.channel, DailyRow.kind)
        if guild is not None:
            wanted = wanted.where(DailyRow.guild == guild)

        async def look(session: AsyncSession) -> tuple[Daily, ...]:
            return tuple(_daily(row) for row in await session.scalars(wanted))

        return await self._database.read(look)

    async def claim(self, channel: int, kind: DailyKind, day: dt.date) -> bool:
        """Note that it is posted for a day; False where it was noted before, or stopped."""
        sent = day.isoformat()  # such dates sort as the days do
        open_ = and_(~DailyRow.stopped, or_(DailyRow.sent.is_(None), DailyRow.sent < sent))
        return await self._changed(
            update(DailyRow).where(_this(channel, kind), open_).values(sent=sent)
        )

    async def stop(self, channel: int, kind: DailyKind) -> bool:
        """Post it no more; False where that was known before."""
        running = and_(_this(channel, kind), ~DailyRow.stopped)
        return await self._changed(update(DailyRow).where(running).values(stopped=True))

    async def _changed(self, change: Update) -> bool:
        async def write(session: AsyncSession) -> bool:
            return bool(cast("CursorResult[Any]", await session.execute(change)).rowcount)

        return await self._database.run(write)


def _this(channel: int, kind: DailyKind) -> ColumnElement[bool]:
    return and_(DailyRow.channel == channel, DailyRow.kind == kind)


def _daily(row: DailyRow) -> Daily:
    return Daily(
        channel=row.channel,
        guild=row.guild,
        kind=cast("DailyKind", row.kind),
        hour=row.hour,
        weekday=row.weekday,
        sent=dt.date.fromisoformat(row.sent) if row.sent else None,
        set_by=row.set_by,
        stopped=row.stopped,
    )
