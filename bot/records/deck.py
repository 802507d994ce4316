"""The cards that members review."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.deck import Card
from bot.records.database import Database
from bot.records.study_tables import CardRow


class DeckRecords:
    """See `bot.deck.Deck`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_member(self, member: int) -> tuple[Card, ...]:
        """Return a member's cards, the one that is due first to the front."""
        wanted = select(CardRow).where(CardRow.member == member)

        async def look(session: AsyncSession) -> tuple[Card, ...]:
            rows = await session.scalars(wanted.order_by(CardRow.due, CardRow.question))
            return tuple(_card(row) for row in rows)

        return await self._database.read(look)

    async def find(self, member: int, question: str) -> Card | None:
        """Return a member's card of a question."""

        async def look(session: AsyncSession) -> Card | None:
            row = await session.get(CardRow, (member, question))
            return None if row is None else _card(row)

        return await self._database.read(look)

    async def keep(self, card: Card, seen: int) -> bool:
        """Keep a card after an answer; False where it was answered since `seen`."""

        async def write(session: AsyncSession) -> bool:
            # One writer at a time (`Database.run`): nothing comes between the look and the row.
            row = await session.get(CardRow, (card.member, card.question))
            if (0 if row is None else int(row.at)) != seen:
                return False
            await session.merge(CardRow(**asdict(card)))
            return True

        return await self._database.run(write)

    async def drop(self, member: int, questions: Collection[str]) -> None:
        """Take cards out of a member's deck."""

        async def write(session: AsyncSession) -> None:
            theirs = CardRow.member == member
            await session.execute(delete(CardRow).where(theirs, CardRow.question.in_(questions)))

        await self._database.run(write)


def _card(row: CardRow) -> Card:
    return Card(
        member=row.member,
        question=row.question,
        lesson=row.lesson,
        channel=row.channel,
        guild=row.guild,
        began=int(row.began),
        at=int(row.at),
        due=int(row.due),
        state=row.state,
    )
