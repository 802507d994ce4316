"""Live quizzes that are not over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.quizzes import KeptQuiz
from bot.records.database import Database
from bot.records.study_tables import LiveQuizRow


class QuizRecords:
    """See `bot.quizzes.Quizzes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, quiz: KeptQuiz) -> None:
        """Keep it in the place of what was known of it."""

        async def write(session: AsyncSession) -> None:
            await session.merge(LiveQuizRow(**{**asdict(quiz), "questions": list(quiz.questions)}))

        await self._database.run(write)

    async def drop(self, quiz: str) -> None:
        """Erase it: it is over."""

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(LiveQuizRow).where(LiveQuizRow.quiz == quiz))

        await self._database.run(write)

    async def all(self) -> tuple[KeptQuiz, ...]:
        """Return all of them, oldest first."""
        wanted = select(LiveQuizRow).order_by(LiveQuizRow.at, LiveQuizRow.quiz)

        async def look(session: AsyncSession) -> tuple[KeptQuiz, ...]:
            return tuple(_kept(row) for row in await session.scalars(wanted))

        return await self._database.read(look)


def _kept(row: Any) -> KeptQuiz:
    columns = {name: getattr(row, name) for name in KeptQuiz.__slots__}
    return KeptQuiz(**{**columns, "questions": tuple(row.questions)})
