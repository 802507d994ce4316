"""The questions that members handed on to mentors."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.handing import Handed
from bot.records.database import Database
from bot.records.tables import HandedRow


class HandedRecords:
    """See `bot.handing.HandedOn`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, handed: Handed) -> None:
        """Write one, or write it anew."""

        async def write(session: AsyncSession) -> None:
            await session.merge(HandedRow(**asdict(handed)))

        await self._database.run(write)

    async def find(self, request_id: str) -> Handed | None:
        """Return one that is still kept."""
        found = await self._where(HandedRow.request_id == request_id)
        return found[0] if found else None

    async def of_member(self, member: int, guild: int) -> tuple[Handed, ...]:
        """Return what a member handed on in a server, oldest first."""
        return await self._where(and_(HandedRow.member == member, HandedRow.guild == guild))

    async def _where(self, which: ColumnElement[bool]) -> tuple[Handed, ...]:
        wanted = select(HandedRow).where(which).order_by(HandedRow.at)

        async def look(session: AsyncSession) -> tuple[Handed, ...]:
            rows = await session.scalars(wanted)
            return tuple(
                Handed(**{name: getattr(row, name) for name in Handed.__slots__}) for row in rows
            )

        return await self._database.read(look)
