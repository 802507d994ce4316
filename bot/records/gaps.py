"""The questions that the lessons leave open."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import Gap, GapKind, Place
from bot.records.database import Database
from bot.records.tables import DocumentRow, GapRow


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
        """Return a server's newest gaps, newest first; none whose answer was approved."""
        wanted = select(GapRow, DocumentRow.id)
        wanted = wanted.outerjoin(DocumentRow, DocumentRow.id == GapRow.answer)
        # Null also where there is no document: nobody wrote one, or it was removed.
        wanted = wanted.where(GapRow.guild == guild, DocumentRow.approved_at.is_(None))
        wanted = wanted.order_by(GapRow.at.desc()).limit(count)

        async def look(session: AsyncSession) -> tuple[Gap, ...]:
            return tuple(_gap(*found) for found in (await session.execute(wanted)).all())

        return await self._database.read(look)

    async def servers(self) -> tuple[int, ...]:
        """Return the servers that have any."""
        wanted = select(GapRow.guild).where(GapRow.guild.is_not(None)).distinct()

        async def look(session: AsyncSession) -> tuple[int, ...]:
            return tuple(sorted(filter(None, await session.scalars(wanted))))

        return await self._database.read(look)


def _gap(row: GapRow, answer: str | None) -> Gap:
    return Gap(
        request_id=row.request_id,
        member=row.member,
        place=Place(row.channel, row.guild),
        kind=cast("GapKind", row.kind),
        question=row.question,
        at=row.at,
        nearest=row.nearest,
        answer=answer,
    )
