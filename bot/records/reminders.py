"""Who is told when cards are due."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.calendar import Reminder
from bot.records.database import Database
from bot.records.study_tables import ReminderRow


class ReminderRecords:
    """See `bot.calendar.Reminders`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, reminder: Reminder) -> None:
        """Keep it in the place of the member's earlier one."""

        async def write(session: AsyncSession) -> None:
            sent = reminder.sent.isoformat() if reminder.sent else None
            await session.merge(
                ReminderRow(
                    member=reminder.member,
                    guild=reminder.guild,
                    channel=reminder.channel,
                    at=reminder.at,
                    hour=reminder.hour,
                    sent=sent,
                    stopped=reminder.stopped,
                )
            )

        await self._database.run(write)

    async def drop(self, member: int) -> Reminder | None:
        """Erase a member's; return what it was."""

        async def write(session: AsyncSession) -> Reminder | None:
            row = await session.get(ReminderRow, member)
            if row is not None:
                await session.delete(row)
            return _reminder(row)

        return await self._database.run(write)

    async def find(self, member: int) -> Reminder | None:
        """Return a member's."""

        async def look(session: AsyncSession) -> Reminder | None:
            return _reminder(await session.get(ReminderRow, member))

        return await self._database.read(look)

    async def all(self) -> tuple[Reminder, ...]:
        """Return everybody's that is not stopped, in a steady order."""
        wanted = select(ReminderRow).where(~ReminderRow.stopped).order_by(ReminderRow.member)

        async def look(session: AsyncSession) -> tuple[Reminder, ...]:
            rows = await session.scalars(wanted)
            return tuple(found for row in rows if (found := _reminder(row)))

        return await self._database.read(look)

    async def claim(self, member: int, day: dt.date, at: float) -> bool:
        """Note that a member is told on a day; False where that was noted before, or stopped."""
        sent = day.isoformat()  # such dates sort as the days do
        open_ = or_(ReminderRow.sent.is_(None), ReminderRow.sent < sent)
        theirs = update(ReminderRow).where(ReminderRow.member == member, ~ReminderRow.stopped)
        change = theirs.where(open_).values(sent=sent, at=at)

        async def write(session: AsyncSession) -> bool:
            return bool(cast("CursorResult[Any]", await session.execute(change)).rowcount)

        return await self._database.run(write)

    async def stop(self, member: int) -> None:
        """Tell a member no more."""
        change = update(ReminderRow).where(ReminderRow.member == member).values(stopped=True)

        async def write(session: AsyncSession) -> None:
            await session.execute(change)

        await self._database.run(write)


def _reminder(row: ReminderRow | None) -> Reminder | None:
    if row is None:
        return None
    return Reminder(
        member=row.member,
        channel=row.channel,
        guild=row.guild,
        hour=row.hour,
        at=row.at,
        sent=dt.date.fromisoformat(row.sent) if row.sent else None,
        stopped=row.stopped,
    )
