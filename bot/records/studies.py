"""The threads in which every post is answered."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.records.database import Database
from bot.records.tables import StudyRow


class StudyRecords:
    """See `bot.studies.Studies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> frozenset[int]:
        """Return the ids of all threads."""

        async def look(session: AsyncSession) -> frozenset[int]:
            return frozenset(await session.scalars(select(StudyRow.thread)))

        return await self._database.read(look)

    async def add(self, thread: int, guild: int, at: float) -> None:
        """Keep a thread."""

        async def write(session: AsyncSession) -> None:
            await session.merge(StudyRow(thread=thread, guild=guild, at=at))

        await self._database.run(write)

    async def remove(self, thread: int) -> None:
        """Keep a thread no longer."""

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(StudyRow).where(StudyRow.thread == thread))

        await self._database.run(write)
