"""The turns of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import Place, Turn, TurnRole
from bot.records.database import Database
from bot.records.tables import TurnRow


class TurnRecords:
    """See `bot.memory.Turns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, place: Place, member: int, count: int, *, private: bool = False
    ) -> tuple[Turn, ...]:
        """Return a member's newest turns in a place, oldest first; private ones only if asked."""
        wanted = (
            select(TurnRow.role, TurnRow.content)
            .where(TurnRow.channel == place.channel, TurnRow.member == member)
            .order_by(TurnRow.id.desc())
            .limit(count)
        )
        if not private:
            wanted = wanted.where(~TurnRow.private)

        async def look(session: AsyncSession) -> tuple[Turn, ...]:
            rows = (await session.execute(wanted)).all()
            return tuple(Turn(cast("TurnRole", role), content) for role, content in reversed(rows))

        return await self._database.read(look)

    async def add(
        self,
        place: Place,
        member: int,
        turns: Sequence[Turn],
        at: float,
        *,
        private: bool = False,
    ) -> None:
        """Keep turns, in their order; `private` if nobody else saw them."""

        async def write(session: AsyncSession) -> None:
            session.add_all(
                TurnRow(
                    guild=place.guild,
                    channel=place.channel,
                    member=member,
                    at=at,
                    private=private,
                    role=turn.role,
                    content=turn.content,
                )
                for turn in turns
            )

        await self._database.run(write)
