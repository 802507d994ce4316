"""The demos whose buttons still work."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import KeptDemo, Origin, Place
from bot.records.database import Database
from bot.records.tables import DemoRow


class DemoRecords:
    """See `bot.memory.Kept`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, demo: KeptDemo) -> None:
        """Write a demo, or write it anew."""

        async def write(session: AsyncSession) -> None:
            await session.merge(
                DemoRow(
                    demo=demo.demo,
                    guild=demo.place.guild,
                    channel=demo.place.channel,
                    member=demo.member,
                    at=demo.at,
                    message=demo.message,
                    open=demo.open,
                    card=demo.card,
                    origin=demo.origin,
                    letters=list(demo.letters),
                    revealed=demo.revealed,
                )
            )

        await self._database.run(write)

    async def find(self, demo: str) -> KeptDemo | None:
        """Return a demo, if it is still kept."""

        async def look(session: AsyncSession) -> KeptDemo | None:
            row = await session.get(DemoRow, demo)
            return None if row is None else _demo(row)

        return await self._database.run(look)

    async def left_open(self) -> tuple[KeptDemo, ...]:
        """Return the demos that nobody brought to an end, oldest first."""
        wanted = select(DemoRow).where(DemoRow.open).order_by(DemoRow.at)

        async def look(session: AsyncSession) -> tuple[KeptDemo, ...]:
            return tuple([_demo(row) for row in (await session.scalars(wanted)).all()])

        return await self._database.run(look)


def _demo(row: DemoRow) -> KeptDemo:
    return KeptDemo(
        demo=row.demo,
        member=row.member,
        place=Place(row.channel, row.guild),
        at=row.at,
        message=row.message,
        open=row.open,
        card=row.card,
        origin=cast("Origin", row.origin),
        letters=tuple(row.letters),
        revealed=row.revealed,
    )
