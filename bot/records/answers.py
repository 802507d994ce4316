"""The answers whose buttons still work."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.memory import KeptAnswer, Place
from bot.records.database import Database
from bot.records.figures import end_columns, end_of
from bot.records.tables import AnswerRow, MessageRow


class AnswerRecords:
    """See `bot.memory.KeptAnswers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, answer: KeptAnswer) -> None:
        """Write an answer, or write it anew. Its messages are added to those known."""

        async def write(session: AsyncSession) -> None:
            await session.merge(_row(answer))
            for message in answer.messages:
                await session.merge(MessageRow(message=message, request_id=answer.request_id))

        await self._database.run(write)

    async def close(self, request_id: str) -> None:
        """Let nothing of an answer be open any more."""
        closed = {"open": False, "token": None, "replies_to": None}
        theirs = update(AnswerRow).where(AnswerRow.request_id == request_id).values(**closed)

        async def write(session: AsyncSession) -> None:
            await session.execute(theirs)

        await self._database.run(write)

    async def find(self, request_id: str) -> KeptAnswer | None:
        """Return an answer, if it is still kept."""
        return await self._one(AnswerRow.request_id == request_id)

    async def shown_in(self, message: int) -> KeptAnswer | None:
        """Return the answer that is shown in this message, if it is still kept."""
        of_message = select(MessageRow.request_id).where(MessageRow.message == message)
        return await self._one(AnswerRow.request_id == of_message.scalar_subquery())

    async def left_open(self) -> tuple[KeptAnswer, ...]:
        """Return the answers that nobody finished, oldest first."""
        wanted = select(AnswerRow).where(AnswerRow.open).order_by(AnswerRow.at)

        async def look(session: AsyncSession) -> tuple[KeptAnswer, ...]:
            rows = (await session.scalars(wanted)).all()
            return tuple([await _with_messages(session, row) for row in rows])

        return await self._database.read(look)

    async def _one(self, where: ColumnElement[bool]) -> KeptAnswer | None:
        async def look(session: AsyncSession) -> KeptAnswer | None:
            row = await session.scalar(select(AnswerRow).where(where))
            return None if row is None else await _with_messages(session, row)

        return await self._database.read(look)


def _row(answer: KeptAnswer) -> AnswerRow:
    return AnswerRow(
        request_id=answer.request_id,
        guild=answer.place.guild,
        channel=answer.place.channel,
        member=answer.member,
        at=answer.at,
        private=answer.private,
        open=answer.open,
        lesson=answer.lesson,
        question=answer.question,
        text=answer.text,
        thinking=answer.thinking,
        passages=list(answer.passages),
        cited=list(answer.cited),
        token=answer.token,
        replies_to=answer.replies_to,
        **end_columns(answer.end),
    )


async def _with_messages(session: AsyncSession, row: AnswerRow) -> KeptAnswer:
    shown = select(MessageRow.message).where(MessageRow.request_id == row.request_id)
    messages = (await session.scalars(shown.order_by(MessageRow.message))).all()
    return replace(_answer(row), messages=tuple(messages))


def _answer(row: AnswerRow) -> KeptAnswer:
    return KeptAnswer(
        request_id=row.request_id,
        member=row.member,
        place=Place(row.channel, row.guild),
        at=row.at,
        question=row.question,
        lesson=row.lesson,
        private=row.private,
        open=row.open,
        text=row.text,
        thinking=row.thinking,
        passages=tuple(row.passages),
        cited=tuple(row.cited),
        token=row.token,
        replies_to=row.replies_to,
        end=end_of(row),
    )
