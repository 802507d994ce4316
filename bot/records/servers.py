"""The settings of servers."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import ServerSettings
from bot.records.database import Database
from bot.records.tables import ServerRow


class ServerRecords:
    """See `bot.memory.Servers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, guild: int) -> ServerSettings:
        """Return a server's settings; those nobody changed are the defaults."""

        async def look(session: AsyncSession) -> ServerSettings:
            row = await session.get(ServerRow, guild)
            return ServerSettings(guild) if row is None else _settings(row)

        return await self._database.read(look)

    async def change(self, settings: ServerSettings) -> None:
        """Keep a server's settings."""

        async def write(session: AsyncSession) -> None:
            await session.merge(_row(settings))

        await self._database.run(write)


def _row(settings: ServerSettings) -> ServerRow:
    return ServerRow(
        guild=settings.guild,
        channels=sorted(settings.channels),
        roles=sorted(settings.roles),
        open_channels=sorted(settings.open_channels),
        curator_role=settings.curator_role,
        mentor_role=settings.mentor_role,
        model=settings.model,
        retention_days=settings.retention_days,
        remembers=settings.remembers,
        timezone=settings.timezone,
    )


def _settings(row: ServerRow) -> ServerSettings:
    return ServerSettings(
        guild=row.guild,
        channels=frozenset(row.channels),
        roles=frozenset(row.roles),
        open_channels=frozenset(row.open_channels),
        curator_role=row.curator_role,
        mentor_role=row.mentor_role,
        model=row.model,
        retention_days=row.retention_days,
        remembers=row.remembers,
        timezone=row.timezone,
    )
