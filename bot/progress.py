"""ReadingProgress: which sections of which lessons a member has read.

Reading never waits for the records and never fails with them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from bot.errors import MemoryUnavailable
from bot.memory import Memory, Place
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from knowledge.passages import Passage

log = logging.getLogger(__name__)

READ_WITHIN = 1.0
"""Seconds after which lessons are shown without what was read of them."""


class ReadingProgress:
    """What members have read; kept where text may be stored, and for as long."""

    def __init__(
        self, memory: Memory, servers: ServerBook, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._memory = memory
        self._servers = servers
        self._clock = clock

    async def read(self, member: int, place: Place, passage: Passage) -> None:
        """Note that a member has a passage before them."""
        try:
            if await self._servers.remembers(place.guild):
                lesson, anchor = passage.lesson, passage.anchor
                readings, at = self._memory.readings, self._clock()
                await readings.note(member, place.channel, place.guild, lesson, anchor, at)
        except MemoryUnavailable:
            log.warning("what a member read could not be kept")

    async def counts(self, member: int, lessons: tuple[Lesson, ...]) -> Mapping[str, int]:
        """Return how many sections of each lesson a member has read, by slug."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                seen = await self._memory.readings.of_member(member)
        except (MemoryUnavailable, TimeoutError):
            return {}
        anchors = {lesson.slug: {p.anchor for p in lesson.passages} for lesson in lessons}
        return {slug: len(there & seen.get(slug, frozenset())) for slug, there in anchors.items()}
