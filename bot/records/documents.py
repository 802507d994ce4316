"""The documents that curators added."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from bot.documents import Document
from bot.records.database import Database
from bot.records.tables import AnswerRow, DocumentRow, GapRow, ReadingRow, TurnRow
from knowledge.added import AddedPassage
from knowledge.uploads import HiddenText


class DocumentRecords:
    """See `bot.documents.Documents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, document: Document, passages: Sequence[AddedPassage], gaps: Sequence[str] = ()
    ) -> None:
        """Keep a document that waits, as the answer to the gaps of these request ids."""
        asked = (GapRow.guild == document.server, GapRow.request_id.in_(gaps))

        async def write(session: AsyncSession) -> None:
            session.add(
                DocumentRow(
                    id=document.id,
                    guild=document.server,
                    title=document.title,
                    name=document.name,
                    kind=document.kind,
                    digest=document.digest,
                    size=document.size,
                    added_by=document.added_by,
                    added_at=document.added_at,
                    hidden=[found.model_dump(mode="json") for found in document.hidden],
                    count=len(passages),
                    passages=[passage.model_dump(mode="json") for passage in passages],
                )
            )
            if gaps:
                await session.execute(update(GapRow).where(*asked).values(answer=document.id))

        await self._database.run(write)

    async def find(self, document_id: str) -> Document | None:
        """Return a document."""
        found = await self._some(DocumentRow.id == document_id)
        return found[0] if found else None

    async def passages(self, document_id: str) -> tuple[AddedPassage, ...]:
        """Return the passages of a document, in their order; none where there is none."""
        wanted = select(DocumentRow.passages).where(DocumentRow.id == document_id)

        async def look(session: AsyncSession) -> tuple[AddedPassage, ...]:
            told = await session.scalar(wanted) or []
            return tuple(AddedPassage.model_validate(one, strict=False) for one in told)

        return await self._database.read(look)

    async def of_server(self, server: int | None) -> tuple[Document, ...]:
        """Return the documents of a server, or everybody's; the oldest first."""
        return await self._some(DocumentRow.guild == server)

    async def all(self) -> tuple[Document, ...]:
        """Return all documents, the oldest first."""
        return await self._some()

    async def approve(self, document_id: str, by: int | None, at: float) -> None:
        """Keep that a document was approved."""
        approved = {"approved_by": by, "approved_at": at}

        async def write(session: AsyncSession) -> None:
            this = DocumentRow.id == document_id
            await session.execute(update(DocumentRow).where(this).values(**approved))

        await self._database.run(write)

    async def remove(self, document_id: str, lesson: str) -> None:
        """Erase a document, and what was said from it: no byte of it stays in the files."""
        begins = f"{lesson}#"
        rests = cast(AnswerRow.passages, Text).contains(f'"{begins}', autoescape=True)
        which = select(AnswerRow.channel, AnswerRow.member, AnswerRow.at).where(rests)
        near = GapRow.nearest.startswith(begins, autoescape=True)

        async def write(session: AsyncSession) -> None:
            await session.execute(delete(DocumentRow).where(DocumentRow.id == document_id))
            for channel, member, at in (await session.execute(which)).all():
                # What was said from then on may quote it.
                said = (TurnRow.channel == channel, TurnRow.member == member, TurnRow.at >= at)
                await session.execute(delete(TurnRow).where(*said))
            blank = {"text": "", "thinking": "", "passages": [], "cited": []}
            await session.execute(update(AnswerRow).where(rests).values(**blank))
            await session.execute(delete(ReadingRow).where(ReadingRow.lesson == lesson))
            await session.execute(update(GapRow).where(near).values(nearest=None))
            answered = GapRow.answer == document_id  # the question is open again
            await session.execute(update(GapRow).where(answered).values(answer=None))

        await self._database.run(write)
        await self._database.compact()

    async def _some(self, *where: ColumnElement[bool]) -> tuple[Document, ...]:
        wanted = select(DocumentRow).options(defer(DocumentRow.passages)).where(*where)
        wanted = wanted.order_by(DocumentRow.added_at, DocumentRow.id)

        async def look(session: AsyncSession) -> tuple[Document, ...]:
            return tuple(_document(row) for row in await session.scalars(wanted))

        return await self._database.read(look)


def _document(row: DocumentRow) -> Document:
    return Document(
        id=row.id,
        server=row.guild,
        title=row.title,
        name=row.name,
        kind=row.kind,
        digest=row.digest,
        size=row.size,
        added_by=row.added_by,
        added_at=row.added_at,
        hidden=tuple(HiddenText.model_validate(one, strict=False) for one in row.hidden),
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        passages=row.count,
    )
