"""Consent: before a prompt leaves a place for a provider, a member of that place agrees to it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from bot.errors import MemoryUnavailable
from bot.memory import Memory, Place

log = logging.getLogger(__name__)

READ_WITHIN = 1.0
"""Seconds after which a place that cannot be looked up counts as one that did not agree."""


class ConsentBook:
    """Where members agreed, and to which hosts. `clock` gives seconds since 1970."""

    def __init__(self, memory: Memory, clock: Callable[[], float] = time.time) -> None:
        self._memory = memory
        self._clock = clock

    async def covers(self, place: Place, hosts: Collection[str]) -> bool:
        """Say whether a member of a place agreed to all these hosts."""
        if not hosts:
            return True
        try:
            async with asyncio.timeout(READ_WITHIN):
                return (await self._memory.consents.of(place)).issuperset(hosts)
        except (MemoryUnavailable, TimeoutError):
            log.warning("what a place agreed to cannot be read, so it is asked again")
            return False

    async def give(self, place: Place, hosts: Collection[str]) -> None:
        """Keep that a member agreed; where that cannot be kept, the next one is asked again."""
        try:
            await self._memory.consents.give(place, sorted(hosts), self._clock())
        except MemoryUnavailable:
            log.warning("what a place agreed to could not be kept")
