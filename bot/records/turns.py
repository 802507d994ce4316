"""The turns of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, select, true
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
        return await self._newest(place, member, count, true() if private else ~TurnRow.private)

    async def before(self, place: Place, member: int, count: int, at: float) -> tuple[Turn, ...]:
        """Return the newest turns that were kept until `at`, as `newest`; none that was private."""
        return await self._newest(place, member, count, and_(~TurnRow.private, TurnRow.at <= at))

    async def _newest(
        self, place: Place, member: int, count: int, which: ColumnElement[bool]
    ) -> tuple[Turn, ...]:
        wanted = (
            select(TurnRow.role, TurnRow.content)
            .where(TurnRow.channel == place.channel, TurnRow.member == member, which)
            .order_by(TurnRow.id.desc())
            .limit(count)
        )

        async def look(session: AsyncSession) -> tuple[Turn, ...]:
            rows = (await session.execute(wanted)).all()
            return tuple(Turn(cast("TurnRole", role), content) for role, content in reversed(rows))

        return await self._database.read(look)

    async def erase(self, place: Place, member: int) -> int:
        """Erase a member's turns in a place; return how many it was."""
        theirs = delete(TurnRow).where(TurnRow.channel == place.channel, TurnRow.member == member)

        async def write(session: AsyncSession) -> int:
            return cast("CursorResult[Any]", await session.execute(theirs)).rowcount

        return await self._database.run(write)

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
