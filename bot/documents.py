"""Documents: what curators added to the lessons, and the port to where they are remembered.

A document waits in the queue of its server until a curator approves it. Only then does it become
a lesson, for members of that server alone; one without a server is everybody's. Whoever added and
approved it is remembered as a Discord id until they have themselves forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from knowledge.added import AddedPassage
from knowledge.uploads import HiddenText

ANSWER = "answer"
"""The kind of a document that was written as the answer to a gap, and is no file."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of a document beside its text.

    `id` is ours, `name` the file's own name, `kind` its ending or `answer`, `digest` the SHA-256
    of its bytes, `size` their number, `hidden` what readers of the original do not see. Times are
    seconds since 1970; `approved_at` is None while it waits.
    """

    id: str
    server: int | None
    title: str
    name: str
    kind: str
    digest: str
    size: int
    added_by: int | None
    added_at: float
    hidden: tuple[HiddenText, ...] = ()
    approved_by: int | None = None
    approved_at: float | None = None
    passages: int = 0
    """How many passages it has."""

    @property
    def waits(self) -> bool:
        """Whether nobody approved it yet."""
        return self.approved_at is None


class Documents(Protocol):
    """The documents that were added. Every call may raise `MemoryUnavailable`."""

    async def add(
        self, document: Document, passages: Sequence[AddedPassage], gaps: Sequence[str] = ()
    ) -> None:
        """Keep a document that waits, as the answer to the gaps of these request ids."""
        ...

    async def find(self, document_id: str) -> Document | None:
        """Return a document."""
        ...

    async def passages(self, document_id: str) -> tuple[AddedPassage, ...]:
        """Return the passages of a document, in their order; none where there is none."""
        ...

    async def of_server(self, server: int | None) -> tuple[Document, ...]:
        """Return the documents of a server, or everybody's; the oldest first."""
        ...

    async def all(self) -> tuple[Document, ...]:
        """Return all documents, the oldest first."""
        ...

    async def approve(self, document_id: str, by: int | None, at: float) -> None:
        """Keep that a document was approved."""
        ...

    async def remove(self, document_id: str, lesson: str) -> None:
        """Erase a document, and what was said from it: no byte of it stays in the files.

        `lesson` is the slug under which its passages were found.
        """
        ...
