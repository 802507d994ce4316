"""What can be counted of a server, without a word of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import Integer, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.ext.asyncio import AsyncSession

from bot.calendar import SessionState
from bot.figures import AnswerFigures, End, Held, Outcome, Reason
from bot.records.database import Database
from bot.records.tables import (
    AnswerRow,
    AttendanceRow,
    DocumentRow,
    GapRow,
    SessionRow,
    VoteRow,
)

_BEGAN: tuple[SessionState, ...] = ("open", "ending", "over")


class FigureRecords:
    """See `bot.figures.Figures`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answers(self, guild: int, since: float) -> tuple[AnswerFigures, ...]:
        """Return the questions that a server's members asked since then, oldest first."""
        up = func.sum(as_type(VoteRow.up, Integer)).label("up")
        reasons = func.sum(as_type(VoteRow.reason != "", Integer)).label("reasons")
        votes = select(VoteRow.request_id, func.count().label("votes"), up, reasons)
        counted = votes.where(VoteRow.guild == guild).group_by(VoteRow.request_id).subquery()
        wanted = (
            select(
                *(AnswerRow.at, AnswerRow.outcome, AnswerRow.model),
                *(AnswerRow.first_text, AnswerRow.seconds, AnswerRow.passages, AnswerRow.cited),
                *(GapRow.request_id.is_not(None).label("gap"), DocumentRow.approved_at),
                *(counted.c.votes, counted.c.up, counted.c.reasons),
            )
            .outerjoin(GapRow, GapRow.request_id == AnswerRow.request_id)
            .outerjoin(DocumentRow, DocumentRow.id == GapRow.answer)
            .outerjoin(counted, counted.c.request_id == AnswerRow.request_id)
            .where(AnswerRow.guild == guild, AnswerRow.at >= since)
            .order_by(AnswerRow.at)
        )

        async def look(session: AsyncSession) -> tuple[AnswerFigures, ...]:
            return tuple(_figures(row) for row in (await session.execute(wanted)).all())

        return await self._database.read(look)

    async def reasons(self, guild: int, since: float) -> tuple[Reason, ...]:
        """Return the reasons for votes against answers since then, oldest first."""
        wanted = (
            select(*(VoteRow.at, VoteRow.reason, AnswerRow.model), AnswerRow.passages)
            .add_columns(AnswerRow.cited)
            .join(AnswerRow, AnswerRow.request_id == VoteRow.request_id)
            .where(VoteRow.guild == guild, VoteRow.at >= since, VoteRow.reason != "")
            .order_by(VoteRow.at)
        )

        async def look(session: AsyncSession) -> tuple[Reason, ...]:
            return tuple(
                Reason(row.at, row.model, _cited(row.passages, row.cited), row.reason)
                for row in (await session.execute(wanted)).all()
            )

        return await self._database.read(look)

    async def sessions(self, guild: int, since: float, until: float) -> tuple[Held, ...]:
        """Return the sessions that began in between, oldest first."""
        there = func.count(AttendanceRow.member).label("attendees")
        wanted = (
            select(SessionRow.at, SessionRow.title, SessionRow.lesson, there)
            .outerjoin(AttendanceRow, AttendanceRow.session == SessionRow.id)
            .where(SessionRow.guild == guild, SessionRow.at >= since, SessionRow.at <= until)
            .where(SessionRow.state.in_(_BEGAN))
            .group_by(SessionRow.id, SessionRow.at, SessionRow.title, SessionRow.lesson)
            .order_by(SessionRow.at)
        )

        async def look(session: AsyncSession) -> tuple[Held, ...]:
            found = (await session.execute(wanted)).all()
            return tuple(Held(row.at, row.title, row.lesson, row.attendees) for row in found)

        return await self._database.read(look)

    async def servers(self) -> tuple[int, ...]:
        """Return the servers where anything was asked."""
        wanted = select(AnswerRow.guild).where(AnswerRow.guild.is_not(None)).distinct()

        async def look(session: AsyncSession) -> tuple[int, ...]:
            return tuple(sorted(filter(None, await session.scalars(wanted))))

        return await self._database.read(look)


def end_of(row: Any) -> End | None:
    """Return how the answer of a row ended, where that is known."""
    if row.outcome is None:
        return None
    return End(cast("Outcome", row.outcome), row.model, row.first_text, row.seconds)


def end_columns(end: End | None) -> dict[str, Any]:
    """Return the columns that say how an answer ended."""
    return {} if end is None else asdict(end)


def _figures(row: Any) -> AnswerFigures:
    votes, up = row.votes or 0, row.up or 0
    return AnswerFigures(
        at=row.at,
        end=end_of(row),
        passages=_cited(row.passages, row.cited),
        left_open=bool(row.gap),
        closed=row.approved_at is not None,
        up=up,
        down=votes - up,
        reasons=row.reasons or 0,
    )


def _cited(passages: Sequence[str], cited: Sequence[int]) -> tuple[str, ...]:
    return tuple(passages[n - 1] for n in cited if 0 < n <= len(passages))
