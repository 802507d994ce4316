"""Mentoring: what a member hands on to the mentors of their server, and what comes of an answer.

An answer goes the way of `/gaps`: into the queue of documents, as the answer to the question and
to those alike, which it closes once a curator approves it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bot.curating import Curating
from bot.documents import Document
from bot.errors import DocumentRefused
from bot.gaps import GapBook
from bot.handing import Handed, HandedOn
from bot.servers import ServerBook

MOST_OPEN = 3
"""Questions of one member that may wait for the mentors of a server: each pings them."""
NO_ROLE = (
    "This server has no mentors yet. Whoever may manage the server chooses their role with "
    "`/settings`: Mentors."
)
TOO_MANY = (
    f"You have {MOST_OPEN} questions before the mentors, which is as many as is fair. "
    "Wait until they have answered one."
)


class Mentoring:
    """Keeps what was handed on; who may and what is said of it is the front end's."""

    def __init__(
        self,
        handed: HandedOn,
        servers: ServerBook,
        gaps: GapBook,
        curating: Curating,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._handed = handed
        self._servers = servers
        self._gaps = gaps
        self._curating = curating
        self._clock = clock

    async def find(self, request_id: str) -> Handed | None:
        """Return a question that was handed on. Raises MemoryUnavailable."""
        return await self._handed.find(request_id)

    async def refusal(self, member: int, guild: int) -> str | None:
        """Return why a member may hand nothing on; None when they may. Raises MemoryUnavailable."""
        if (await self._servers.read(guild)).mentor_role is None:
            return NO_ROLE
        theirs = await self._handed.of_member(member, guild)
        return TOO_MANY if sum(one.waits for one in theirs) >= MOST_OPEN else None

    async def role(self, guild: int) -> int | None:
        """Return the mentors' role. Raises MemoryUnavailable."""
        return (await self._servers.read(guild)).mentor_role

    async def begin(self, request_id: str, member: int, channel: int, guild: int) -> Handed:
        """Keep that a question will be posted. Raises MemoryUnavailable."""
        handed = Handed(request_id, member, channel, guild, self._clock())
        await self._handed.keep(handed)
        return handed

    async def posted(self, handed: Handed, message: int) -> Handed:
        """Keep where it stands. Raises MemoryUnavailable."""
        handed = replace(handed, message=message)
        await self._handed.keep(handed)
        return handed

    async def answered(self, handed: Handed, by: int, reply: int) -> None:
        """Keep who answered, and where. Raises MemoryUnavailable."""
        await self._handed.keep(replace(handed, answered_by=by, reply=reply))

    async def propose(self, handed: Handed, question: str, answer: str, by: int) -> Document | None:
        """Put an answer into the queue, if text may be stored and it is not there already.

        Raises MemoryUnavailable.
        """
        if not question or not await self._servers.remembers(handed.guild):
            return None
        group = await self._gaps.group_of(handed.guild, handed.request_id)
        closes = [gap.request_id for gap in group.gaps] if group is not None else []
        try:
            return await self._curating.propose(question, answer, handed.guild, by, closes)
        except DocumentRefused:
            return None
