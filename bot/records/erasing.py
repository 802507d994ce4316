"""What takes away: a member's wish, the passing of time, a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Delete, and_, delete, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import RETENTION_DAYS
from bot.records.database import Database
from bot.records.study_tables import CardRow, LiveQuizRow, UnlistedRow
from bot.records.tables import (
    AnswerRow,
    DailyRow,
    DemoRow,
    DocumentRow,
    GapRow,
    HandedRow,
    MessageRow,
    ServerRow,
    SessionRow,
    Table,
    TurnRow,
    VoteRow,
)

_DAY = 86_400.0
# Every table that says whose a row is; a new one is forgotten and expires without a word here.
_THEIRS: tuple[Any, ...] = tuple(
    mapper.class_ for mapper in Table.registry.mappers if "member" in mapper.columns
)

# From when a row's age counts, where not from when it was written: a card stays while it is used.
_SINCE: dict[Any, Any] = {CardRow: CardRow.due}

# Wishes: they hold until they are taken back or forgotten.
_LASTING = frozenset({UnlistedRow})

# Who did something for a server: that is forgotten, what they did stays.
_DONE_BY: tuple[Any, ...] = (
    DocumentRow.added_by,
    DocumentRow.approved_by,
    DailyRow.set_by,
    HandedRow.answered_by,
    SessionRow.planned_by,
    LiveQuizRow.started_by,
)


class ErasingRecords:
    """See `bot.erasing.Erasing`. Whatever was taken away is gone from the files as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, member: int) -> Mapping[str, int]:
        """Erase everything of a member everywhere; return how many rows of each kind it was."""

        async def write(session: AsyncSession) -> dict[str, int]:
            theirs = select(AnswerRow.request_id).where(AnswerRow.member == member)
            of_others = and_(VoteRow.request_id.in_(theirs), VoteRow.member != member)
            await session.execute(delete(VoteRow).where(of_others))
            counts = {
                row.__tablename__: await _count(session, delete(row).where(row.member == member))
                for row in _THEIRS
            }
            for who in _DONE_BY:
                await session.execute(update(who.class_).where(who == member).values({who: None}))
            await _drop_stray_messages(session)
            return counts

        counts = await self._database.run(write)
        # Also where nothing was found: a forget that was cut off before is then completed.
        await self._database.compact()
        return counts

    async def expire(self, now: float) -> int:
        """Erase what is older than its server keeps it; return how many rows it was."""

        async def write(session: AsyncSession) -> int:
            kept = (await session.execute(select(ServerRow.guild, ServerRow.retention_days))).all()
            count = 0
            for row in (*set(_THEIRS) - _LASTING, SessionRow):
                since = _SINCE.get(row, row.at)
                chosen = [and_(row.guild == g, since < now - days * _DAY) for g, days in kept]
                others = or_(row.guild.is_(None), row.guild.not_in([g for g, _ in kept]))
                old = and_(others, since < now - RETENTION_DAYS * _DAY)
                count += await _count(session, delete(row).where(or_(old, *chosen)))
            await _drop_stray_messages(session)
            return count

        count = await self._database.run(write)
        if count:
            await self._database.compact()
        return count

    async def erase_text(self, guild: int | None = None) -> None:
        """Erase the words of members and models of one server, or of all."""

        def within(row: Any) -> ColumnElement[bool]:
            return cast("ColumnElement[bool]", true() if guild is None else row.guild == guild)

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(TurnRow).where(within(TurnRow)))
            await session.execute(delete(GapRow).where(within(GapRow)))
            await session.execute(update(VoteRow).where(within(VoteRow)).values(reason=""))
            await session.execute(update(DemoRow).where(within(DemoRow)).values(card=""))
            blank = {"question": "", "text": "", "thinking": ""}
            await session.execute(update(AnswerRow).where(within(AnswerRow)).values(**blank))

        await self._database.run(write)
        await self._database.compact()


async def _count(session: AsyncSession, statement: Delete) -> int:
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


async def _drop_stray_messages(session: AsyncSession) -> None:
    """Drop the messages of answers that are gone."""
    known = select(AnswerRow.request_id)
    await session.execute(delete(MessageRow).where(MessageRow.request_id.not_in(known)))
