"""Who wishes to stand on no leaderboard."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.records.database import Database
from bot.records.study_tables import UnlistedRow


class UnlistedRecords:
    """See `bot.unlisted.Unlisted`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hide(self, member: int, guild: int, channel: int, at: float) -> None:
        """Keep that a member wishes not to be listed in a server."""

        async def write(session: AsyncSession) -> None:
            await session.merge(UnlistedRow(member=member, guild=guild, channel=channel, at=at))

        await self._database.run(write)

    async def show(self, member: int, guild: int) -> None:
        """Erase that wish."""
        this = (UnlistedRow.member == member, UnlistedRow.guild == guild)

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(UnlistedRow).where(*this))

        await self._database.run(write)

    async def of_server(self, guild: int) -> frozenset[int]:
        """Return the members of a server who are not listed."""
        wanted = select(UnlistedRow.member).where(UnlistedRow.guild == guild)

        async def look(session: AsyncSession) -> frozenset[int]:
            return frozenset(await session.scalars(wanted))

        return await self._database.read(look)
