"""The questions that the lessons leave open."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import Gap, GapKind, Place
from bot.records.database import Database
from bot.records.tables import GapRow


class GapRecords:
    """See `bot.memory.Gaps`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, gap: Gap) -> None:
        """Keep a gap."""

        async def write(session: AsyncSession) -> None:
            await session.merge(
                GapRow(
                    request_id=gap.request_id,
                    guild=gap.place.guild,
                    channel=gap.place.channel,
                    member=gap.member,
                    at=gap.at,
                    kind=gap.kind,
                    question=gap.question,
                    nearest=gap.nearest,
                )
            )

        await self._database.run(write)

    async def newest(self, guild: int | None, count: int) -> tuple[Gap, ...]:
        """Return the newest gaps of a server, newest first."""
        wanted = select(GapRow).where(GapRow.guild == guild).order_by(GapRow.at.desc()).limit(count)

        async def look(session: AsyncSession) -> tuple[Gap, ...]:
            return tuple(_gap(row) for row in await session.scalars(wanted))

        return await self._database.read(look)


def _gap(row: GapRow) -> Gap:
    return Gap(
        request_id=row.request_id,
        member=row.member,
        place=Place(row.channel, row.guild),
        kind=cast("GapKind", row.kind),
        question=row.question,
        at=row.at,
        nearest=row.nearest,
    )
