"""Privacy: what is stored goes by a member's wish, by its age, or because memory is off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from bot.errors import MemoryUnavailable
from bot.keeping import Keeper
from bot.memory import Memory

log = logging.getLogger(__name__)

LOOK_SECONDS = 6 * 3600.0
"""How often what has expired is erased."""
AGAIN_SECONDS = 60.0
"""When that is tried again after it failed."""


class Privacy:
    """Erases what is stored. `remembers` False: no text is to be stored anywhere."""

    def __init__(
        self,
        memory: Memory,
        keeper: Keeper,
        *,
        remembers: bool,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._memory = memory
        self._keeper = keeper
        self._remembers = remembers
        self._clock = clock
        self._sleep = sleep

    async def forget(self, member: int) -> Mapping[str, int]:
        """Erase everything of a member; return how many rows. Raises MemoryUnavailable."""
        async with self._keeper.turn(member):  # after what is still being kept
            return await self._memory.erasing.forget(member)

    async def retain(self) -> None:
        """Erase what has expired, for as long as the bot runs."""
        erased = self._remembers
        while True:
            try:
                if not erased:
                    await self._memory.erasing.erase_text()
                    erased = True
                if count := await self._memory.erasing.expire(self._clock()):
                    log.info("%d rows have expired", count)
            except MemoryUnavailable:
                await self._sleep(AGAIN_SECONDS)
            else:
                await self._sleep(LOOK_SECONDS)
