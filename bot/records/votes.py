"""What members think of answers."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import Vote
from bot.records.database import Database
from bot.records.tables import VoteRow


class VoteRecords:
    """See `bot.memory.Votes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cast(self, vote: Vote) -> None:
        """Keep a vote in the place of the member's earlier one on the same answer."""

        async def write(session: AsyncSession) -> None:
            await session.merge(
                VoteRow(
                    request_id=vote.request_id,
                    member=vote.member,
                    guild=vote.place.guild,
                    channel=vote.place.channel,
                    at=vote.at,
                    up=vote.up,
                    reason=vote.reason,
                )
            )

        await self._database.run(write)

    async def count(self, request_id: str) -> tuple[int, int]:
        """Return how many are for an answer and how many against it."""
        wanted = (
            select(VoteRow.up, func.count())
            .where(VoteRow.request_id == request_id)
            .group_by(VoteRow.up)
        )

        async def look(session: AsyncSession) -> tuple[int, int]:
            found = {up: count for up, count in (await session.execute(wanted)).all()}  # noqa: C416  mypy sees rows, not pairs
            return found.get(True, 0), found.get(False, 0)

        return await self._database.read(look)
