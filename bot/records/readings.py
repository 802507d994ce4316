"""What members have read of the lessons."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.records.database import Database
from bot.records.tables import ReadingRow


class ReadingRecords:
    """See `bot.readings.Readings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self, member: int, channel: int, guild: int | None, lesson: str, anchor: str, at: float
    ) -> None:
        """Keep that a member has read a section."""

        async def write(session: AsyncSession) -> None:
            row = await session.get(ReadingRow, (member, lesson))
            anchors = sorted({anchor, *(row.anchors if row is not None else ())})
            await session.merge(
                ReadingRow(
                    member=member,
                    lesson=lesson,
                    guild=guild,
                    channel=channel,
                    at=at,
                    anchors=anchors,
                )
            )

        await self._database.run(write)

    async def of_member(self, member: int) -> Mapping[str, frozenset[str]]:
        """Return the anchors of the sections that a member has read, by lesson."""
        wanted = select(ReadingRow).where(ReadingRow.member == member)

        async def look(session: AsyncSession) -> dict[str, frozenset[str]]:
            rows = await session.scalars(wanted)
            return {row.lesson: frozenset(row.anchors) for row in rows}

        return await self._database.read(look)
