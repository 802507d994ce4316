"""Where members agreed that prompts go to a provider."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import Place
from bot.records.database import Database
from bot.records.tables import ConsentRow


class ConsentRecords:
    """See `bot.memory.Consents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, place: Place) -> frozenset[str]:
        """Return the hosts to which prompts of a place may go."""
        wanted = select(ConsentRow.host).where(ConsentRow.channel == place.channel)

        async def look(session: AsyncSession) -> frozenset[str]:
            return frozenset(await session.scalars(wanted))

        return await self._database.run(look)

    async def give(self, place: Place, hosts: Sequence[str], at: float) -> None:
        """Keep that somebody in a place agreed, and when; not who."""

        async def write(session: AsyncSession) -> None:
            for host in hosts:
                await session.merge(ConsentRow(channel=place.channel, host=host, at=at))

        await self._database.run(write)
