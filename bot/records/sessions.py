"""The sessions of study groups, and who was there."""

from __future__ import annotations

from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.calendar import Attendance, Session, SessionState
from bot.records.database import Database
from bot.records.tables import AnswerRow, AttendanceRow, GapRow, SessionRow

_PAST: tuple[SessionState, ...] = ("over", "missed")


class SessionRecords:
    """See `bot.calendar.Sessions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, session: Session) -> None:
        """Write a session, or write it anew."""

        async def write(database: AsyncSession) -> None:
            await database.merge(_row(session))

        await self._database.run(write)

    async def find(self, session: str) -> Session | None:
        """Return a session, if it is still kept."""

        async def look(database: AsyncSession) -> Session | None:
            row = await database.get(SessionRow, session)
            return None if row is None else _session(row)

        return await self._database.read(look)

    async def drop(self, session: str) -> None:
        """Erase a session and who was there."""

        async def write(database: AsyncSession) -> None:
            await database.execute(delete(AttendanceRow).where(AttendanceRow.session == session))
            await database.execute(delete(SessionRow).where(SessionRow.id == session))

        await self._database.run(write)

    async def to_come(self, guild: int | None = None) -> tuple[Session, ...]:
        """Return those of a server, or all, that are neither over nor missed; the next first."""
        wanted = select(SessionRow).where(SessionRow.state.not_in(_PAST))
        if guild is not None:
            wanted = wanted.where(SessionRow.guild == guild)
        wanted = wanted.order_by(SessionRow.at, SessionRow.id)

        async def look(database: AsyncSession) -> tuple[Session, ...]:
            return tuple(_session(row) for row in await database.scalars(wanted))

        return await self._database.read(look)

    async def attend(self, attendance: Attendance) -> bool:
        """Keep that a member is there; False where that was known."""

        async def write(database: AsyncSession) -> bool:
            known = await database.get(AttendanceRow, (attendance.session, attendance.member))
            if known is None:
                database.add(
                    AttendanceRow(
                        session=attendance.session,
                        member=attendance.member,
                        guild=attendance.guild,
                        channel=attendance.channel,
                        at=attendance.at,
                    )
                )
            return known is None

        return await self._database.run(write)

    async def attendees(self, session: str) -> tuple[int, ...]:
        """Return who is there, in the order in which they said so."""
        wanted = select(AttendanceRow.member).where(AttendanceRow.session == session)
        wanted = wanted.order_by(AttendanceRow.at, AttendanceRow.member)

        async def look(database: AsyncSession) -> tuple[int, ...]:
            return tuple(await database.scalars(wanted))

        return await self._database.read(look)

    async def asked(self, channel: int, since: float, until: float) -> tuple[int, int]:
        """Return how many questions were answered in a channel, and how many left a gap."""

        async def look(database: AsyncSession) -> tuple[int, int]:
            counts = [
                await database.scalar(
                    select(func.count())
                    .select_from(row)
                    .where(row.channel == channel, row.at >= since, row.at <= until)
                )
                for row in (AnswerRow, GapRow)
            ]
            return counts[0] or 0, counts[1] or 0

        return await self._database.read(look)


def _row(session: Session) -> SessionRow:
    return SessionRow(
        id=session.id,
        guild=session.guild,
        channel=session.channel,
        at=session.starts,
        title=session.title,
        planned_by=session.planned_by,
        lesson=session.lesson,
        demo=session.demo,
        lineup=session.lineup,
        state=session.state,
        event=session.event,
        message=session.message,
        preloaded=session.preloaded,
        ran=list(session.ran),
    )


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        guild=row.guild,
        channel=row.channel,
        title=row.title,
        starts=row.at,
        planned_by=row.planned_by,
        lesson=row.lesson,
        demo=row.demo,
        lineup=row.lineup,
        state=cast("SessionState", row.state),
        event=row.event,
        message=row.message,
        preloaded=row.preloaded,
        ran=tuple(row.ran),
    )
