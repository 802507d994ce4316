"""Studies: threads in which every post is answered, and the port to what is kept of them.

The port is implemented by `bot.records`; every call of it may raise `MemoryUnavailable`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from bot.errors import MemoryUnavailable

log = logging.getLogger(__name__)

READ_WITHIN = 8.0
"""Seconds after which a post is heard without knowing the threads."""


class Studies(Protocol):
    """The threads in which every post is answered; nothing of a member."""

    async def all(self) -> frozenset[int]:
        """Return the ids of all threads."""
        ...

    async def add(self, thread: int, guild: int, at: float) -> None:
        """Keep a thread."""
        ...

    async def remove(self, thread: int) -> None:
        """Keep a thread no longer."""
        ...


class StudyBook:
    """The threads, read once and then known: whether a post stands in one is asked for each."""

    def __init__(self, studies: Studies) -> None:
        self._studies = studies
        self._known: set[int] | None = None

    async def open(self, thread: int, guild: int, at: float) -> None:
        """Answer every post of a thread from now on. Raises MemoryUnavailable."""
        await self._studies.add(thread, guild, at)
        if self._known is not None:
            self._known.add(thread)

    async def close(self, thread: int) -> None:
        """Answer posts of a thread no longer, because it is gone; nothing is raised."""
        if not await self.holds(thread):
            return
        try:
            await self._studies.remove(thread)
        except MemoryUnavailable:
            log.warning("a study thread that is gone could not be taken out")
        if self._known is not None:
            self._known.discard(thread)

    async def holds(self, thread: int) -> bool:
        """Say whether every post of a thread is answered; not while the records cannot be read."""
        if self._known is None:
            try:
                async with asyncio.timeout(READ_WITHIN):
                    self._known = set(await self._studies.all()) | (self._known or set())
            except (MemoryUnavailable, TimeoutError):
                log.warning("the study threads cannot be read")
                return False
        return thread in self._known
