"""At which level members want to be answered."""

from __future__ import annotations

from typing import cast

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.levels import Level
from bot.records.database import Database
from bot.records.tables import LevelRow


class LevelRecords:
    """See `bot.levels.Levels`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, member: int) -> Level | None:
        """Return a member's level."""
        wanted = select(LevelRow.level).where(LevelRow.member == member)

        async def look(session: AsyncSession) -> Level | None:
            return cast("Level | None", await session.scalar(wanted))

        return await self._database.read(look)

    async def choose(
        self, member: int, level: Level | None, channel: int, guild: int | None, at: float
    ) -> None:
        """Keep a member's level; None keeps nothing."""

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(LevelRow).where(LevelRow.member == member))
            if level is not None:
                chosen = LevelRow(member=member, level=level, channel=channel, guild=guild, at=at)
                session.add(chosen)

        await self._database.run(write)

    async def used(self, member: int, at: float) -> None:
        """Keep that a member asked something."""
        later = update(LevelRow).where(LevelRow.member == member).values(at=at)

        async def write(session: AsyncSession) -> None:
            await session.execute(later)

        await self._database.run(write)
