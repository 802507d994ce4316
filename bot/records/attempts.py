"""What members answered when they were asked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.attempts import Attempt, AttemptKind
from bot.records.database import Database
from bot.records.study_tables import AttemptRow


class AttemptRecords:
    """See `bot.attempts.Attempts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, attempt: Attempt) -> bool:
        """Keep an answer; False where the member answered that question in that sitting before."""
        key = (attempt.sitting, attempt.question, attempt.member)

        async def write(session: AsyncSession) -> bool:
            # One writer at a time (`Database.run`): nothing comes between the look and the row.
            if await session.get(AttemptRow, key) is not None:
                return False
            session.add(AttemptRow(**asdict(attempt)))
            return True

        return await self._database.run(write)

    async def of_sitting(self, sitting: str) -> tuple[Attempt, ...]:
        """Return what was answered in one sitting, oldest first."""
        return await self._where(AttemptRow.sitting == sitting)

    async def of_member(self, member: int) -> tuple[Attempt, ...]:
        """Return what a member answered anywhere, oldest first."""
        return await self._where(AttemptRow.member == member)

    async def of_server(self, guild: int, since: float = 0.0) -> tuple[Attempt, ...]:
        """Return what members of a server answered there, oldest first."""
        return await self._where(and_(AttemptRow.guild == guild, AttemptRow.at >= since))

    async def _where(self, which: ColumnElement[bool]) -> tuple[Attempt, ...]:
        wanted = select(AttemptRow).where(which).order_by(AttemptRow.at, AttemptRow.member)

        async def look(session: AsyncSession) -> tuple[Attempt, ...]:
            return tuple(_attempt(row) for row in await session.scalars(wanted))

        return await self._database.read(look)


def _attempt(row: Any) -> Attempt:
    columns = {name: getattr(row, name) for name in Attempt.__slots__}
    return Attempt(**{**columns, "kind": cast("AttemptKind", row.kind)})
