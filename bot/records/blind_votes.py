"""What members think of the contenders of blind demos."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import BlindVote, Candidate, Place
from bot.records.database import Database
from bot.records.tables import BlindVoteRow


class BlindVoteRecords:
    """See `bot.memory.BlindVotes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cast(self, vote: BlindVote) -> None:
        """Keep a vote in the place of the member's earlier one on the same demo."""

        async def write(session: AsyncSession) -> None:
            await session.merge(
                BlindVoteRow(
                    demo=vote.demo,
                    member=vote.member,
                    guild=vote.place.guild,
                    channel=vote.place.channel,
                    at=vote.at,
                    kind=vote.kind,
                    choice=vote.choice,
                    ahead=[[one.stage, one.key] for one in vote.ahead],
                    behind=[[one.stage, one.key] for one in vote.behind],
                )
            )

        await self._database.run(write)

    async def count(self, demo: str) -> Mapping[str, int]:
        """Return how many voted for each choice of a demo."""
        wanted = (
            select(BlindVoteRow.choice, func.count())
            .where(BlindVoteRow.demo == demo)
            .group_by(BlindVoteRow.choice)
        )

        async def look(session: AsyncSession) -> dict[str, int]:
            rows = (await session.execute(wanted)).all()
            return {choice: count for choice, count in rows}  # noqa: C416  mypy sees rows, not pairs

        return await self._database.read(look)

    async def of_server(self, guild: int, kind: str | None = None) -> tuple[BlindVote, ...]:
        """Return the votes of a server, of one kind of task or of all."""
        wanted = select(BlindVoteRow).where(BlindVoteRow.guild == guild)
        if kind is not None:
            wanted = wanted.where(BlindVoteRow.kind == kind)
        wanted = wanted.order_by(BlindVoteRow.at, BlindVoteRow.demo, BlindVoteRow.member)

        async def look(session: AsyncSession) -> tuple[BlindVote, ...]:
            return tuple(_vote(row) for row in await session.scalars(wanted))

        return await self._database.read(look)


def _vote(row: BlindVoteRow) -> BlindVote:
    return BlindVote(
        demo=row.demo,
        member=row.member,
        place=Place(row.channel, row.guild),
        at=row.at,
        kind=row.kind,
        choice=row.choice,
        ahead=tuple(Candidate(*one) for one in row.ahead),
        behind=tuple(Candidate(*one) for one in row.behind),
    )
