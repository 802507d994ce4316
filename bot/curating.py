"""Curating: what people add to the lessons, from a file to a lesson of their server, and back.

    added → waits in the queue → approved → a file in the data folder → indexed
                               ↘ removed: from the records, the folder and the index

The records are the truth; the files of approved documents follow from them (`reindex`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

from bot.documents import ANSWER, Document, Documents
from bot.errors import DocumentRefused, DocumentUnknown, LibraryUnwritable, MemoryUnavailable
from knowledge.added import AddedLesson, AddedPassage, shelve, shelved, slug_of, unshelve
from knowledge.index import Change
from knowledge.parsing.characters import visible
from knowledge.parsing.terms import ASKS, LONGEST_ASK, Findings
from knowledge.uploads import LARGEST, Kind, Parsed, Reason, Refused, kind_of, parse

log = logging.getLogger(__name__)

_T = TypeVar("_T")

MOST_DOCUMENTS = 500
"""Documents that one server may have, those that wait included."""
LONGEST_TITLE = 150

_WHY = {
    Reason.EMPTY: "there is nothing in it",
    Reason.WRONG_TYPE: f"it is none of these: {', '.join(Kind)}",
    Reason.TWO_TYPES: "it is two kinds of file at once, or something hangs on its end",
    Reason.NOT_TEXT: "it is no text in UTF-8",
    Reason.TOO_LARGE: "it is too large: at most 2 MiB, a PDF or a Word document at most 10 MiB",
    Reason.TOO_MANY_PAGES: "it has more than 200 pages; cut it into parts",
    Reason.TOO_LONG: "it holds more text than one document may; cut it into parts",
    Reason.TOO_DEEP: "what it holds is nested too deep",
    Reason.TOO_HEAVY: "reading it takes too much time or memory; cut it into parts",
    Reason.BOMB: "it unpacks to far more than it is",
    Reason.BROKEN: "it is damaged, or not of the kind its name says",
    Reason.ENTITIES: "its XML declares entities, which no document needs",
    Reason.PATHS: "it names files outside of itself",
    Reason.LOCKED: "it is locked with a password",
    Reason.NO_TEXT: "there are no words in it",
    Reason.ONLY_HIDDEN: "all its text is hidden (of a scan, only the picture can be seen)",
}


class Curating:
    """Adds, approves and removes documents; `refresh` brings the index up to date."""

    def __init__(
        self,
        documents: Documents,
        library: Path,
        refresh: Callable[[], Awaitable[Change]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._documents = documents
        self._library = library
        self._refresh = refresh
        self._clock = clock
        self._parsing = asyncio.Semaphore(1)  # each may take 300 MB
        self._changing = asyncio.Lock()

    async def add(
        self, name: str, data: bytes, server: int | None, by: int | None, title: str = ""
    ) -> Document:
        """Read a file into the queue. Raises DocumentRefused, MemoryUnavailable."""
        shown = _plain(PurePosixPath(name.replace("\\", "/")).name) or "document"
        try:
            kind = kind_of(shown)
            async with self._parsing:
                parsed = await parse(kind, data)
        except Refused as error:
            raise refusal(shown, error.reason) from error
        titled = _plain(title) or parsed.title or _plain(PurePosixPath(shown).stem) or shown
        return await self._queue(parsed, data, kind, shown, titled, server, by)

    async def propose(
        self,
        question: str,
        answer: str,
        server: int | None,
        by: int | None,
        gaps: Sequence[str] = (),
    ) -> Document:
        """Put an answer to a question into the queue. Raises as `add`.

        Once it is approved, the `gaps` (their request ids) are closed.
        """
        data, titled = answer.encode("utf-8", "replace"), _plain(question)
        try:
            async with self._parsing:
                parsed = await parse(Kind.MARKDOWN, data)
        except Refused as error:
            raise refusal("This answer", error.reason) from error
        first, *rest = parsed.passages
        found = first.model_copy(update={"asks": (titled[:LONGEST_ASK], *first.asks)[:ASKS]})
        parsed = parsed.model_copy(update={"passages": (found, *rest)})
        return await self._queue(parsed, data, ANSWER, "an answer", titled, server, by, gaps)

    async def listed(self, server: int | None) -> tuple[Document, ...]:
        """Return the documents of a server, the oldest first. Raises MemoryUnavailable."""
        return await self._documents.of_server(server)

    async def everywhere(self) -> tuple[Document, ...]:
        """Return the documents of all servers, for an organiser. Raises MemoryUnavailable."""
        return await self._documents.all()

    async def find(self, document_id: str, server: int | None) -> Document:
        """Return a document of this server. Raises DocumentUnknown, MemoryUnavailable."""
        document = await self._documents.find(document_id)
        if document is None or document.server != server:
            raise DocumentUnknown
        return document

    async def passages(self, document: Document) -> tuple[AddedPassage, ...]:
        """Return what would be, or is, found of a document. Raises MemoryUnavailable."""
        return await self._documents.passages(document.id)

    async def approve(self, document_id: str, server: int | None, by: int | None) -> Document:
        """Let a document become a lesson of its server.

        Raises DocumentUnknown, MemoryUnavailable; and IndexUnavailable, LibraryUnwritable: it is
        approved then, and is found once `reindex` succeeds.
        """
        async with self._changing:
            document = await self.find(document_id, server)
            if document.waits:
                await self._documents.approve(document.id, by, self._clock())
            await self._put_in_place()
            await self._refresh()
        return await self.find(document_id, server)

    async def remove(self, document_id: str, server: int | None) -> Document:
        """Take a document away, and what was said from it: from records, folder and index.

        Raises DocumentUnknown, MemoryUnavailable; and IndexUnavailable, LibraryUnwritable: it is
        removed then, and can be found until `reindex` succeeds.
        """
        async with self._changing:
            document = await self.find(document_id, server)
            # First the file: whatever cuts this short, no start brings the lesson back unasked.
            await self._on_disk(unshelve, self._library, document.server, document.id)
            await self._documents.remove(document.id, slug_of(document.id))
            if not document.waits:
                await self._refresh()
        return document

    async def reindex(self) -> Change:
        """Make folder and index as the records say; without records, as the folder says.

        Raises IndexUnavailable, LibraryUnwritable.
        """
        async with self._changing:
            try:
                await self._put_in_place()
            except MemoryUnavailable:
                log.warning("the documents cannot be compared with the records")
            return await self._refresh()

    async def settle(self) -> bool:
        """Do what a kill may have left undone; return whether there was anything."""
        async with self._changing:
            changed = await self._put_in_place()
            if changed:
                await self._refresh()
            return changed

    async def _queue(
        self,
        parsed: Parsed,
        data: bytes,
        kind: str,
        name: str,
        title: str,
        server: int | None,
        by: int | None,
        gaps: Sequence[str] = (),
    ) -> Document:
        document = Document(
            id=secrets.token_hex(4),
            server=server,
            title=title[:LONGEST_TITLE],
            name=name,
            kind=kind,
            digest=hashlib.sha256(data).hexdigest(),
            size=len(data),
            added_by=by,
            added_at=self._clock(),
            hidden=parsed.hidden,
            passages=len(parsed.passages),
        )
        async with self._changing:
            others = await self._documents.of_server(server)
            same = next((one for one in others if one.digest == document.digest), None)
            if same is not None:
                where = "waits for approval" if same.waits else "is there"
                raise DocumentRefused(f"The same {where} already, as “{same.title}” ({same.id}).")
            if len(others) >= MOST_DOCUMENTS:
                raise DocumentRefused(f"There are {MOST_DOCUMENTS} documents here, which is most.")
            await self._documents.add(document, parsed.passages, gaps)
        return document

    async def _put_in_place(self) -> bool:
        """Write the files that lack and remove those that are too many; say whether any was."""
        approved = {(d.server, d.id): d for d in await self._documents.all() if not d.waits}
        there = await self._on_disk(shelved, self._library)
        for server, document_id in there - set(approved):
            await self._on_disk(unshelve, self._library, server, document_id)
        missing = [document for key, document in approved.items() if key not in there]
        for document in missing:
            passages = await self._documents.passages(document.id)
            await self._on_disk(shelve, self._library, _as_added(document, passages))
        return there != set(approved)

    async def _on_disk(self, work: Callable[..., _T], *given: object) -> _T:
        try:
            return await asyncio.to_thread(work, *given)
        except OSError as error:
            raise LibraryUnwritable from error


def refusal(name: str, reason: Reason) -> DocumentRefused:
    """Say why a file is not taken."""
    return DocumentRefused(f"{name} is not taken: {_WHY[reason]}.")


def check_size(name: str, size: int) -> int:
    """Refuse by name and size, before a byte is fetched; return how many bytes it may have.

    Raises DocumentRefused.
    """
    try:
        kind = kind_of(name)
    except Refused as error:
        raise refusal(_plain(name), error.reason) from error
    if size > LARGEST[kind]:
        raise refusal(_plain(name), Reason.TOO_LARGE)
    return LARGEST[kind]


def _as_added(document: Document, passages: tuple[AddedPassage, ...]) -> AddedLesson:
    day = dt.datetime.fromtimestamp(document.added_at, dt.UTC).date()
    return AddedLesson(
        id=document.id,
        server=document.server,
        title=document.title,
        source=document.name,
        added=day,
        passages=passages,
    )


def _plain(text: str) -> str:
    """Return a name or title as one line of characters that are seen."""
    return " ".join(visible(text, Findings()).split())[:LONGEST_TITLE]
