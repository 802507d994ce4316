"""Conversations: what a member said before in a place, for questions that lean on it.

They are kept apart by place and member: nobody's turns are ever part of another's prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.memory import Memory, Place, Turn
from bot.prompting import LONGEST_TURN, estimate_tokens
from bot.servers import ServerBook

TURNS = 12
"""Turns looked at for a new question: six questions and their answers."""
ALL = 10_000
"""Turns of a whole conversation at most."""
SHARE = 0.15
"""Of the model's context that earlier turns may fill; the prompt's own limit lies above it."""


class Conversations:
    """Earlier turns, newest first to be kept within a budget of tokens."""

    def __init__(
        self,
        memory: Memory,
        servers: ServerBook,
        *,
        num_ctx: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._servers = servers
        self._budget = int(num_ctx * SHARE)
        self._clock = clock

    async def history(
        self, place: Place, member: int, *, private: bool = False, before: str | None = None
    ) -> tuple[Turn, ...]:
        """Return the earlier turns, oldest first. Raises MemoryUnavailable.

        What was asked in private is told again in private only. With `before`, a question that is
        asked once more, only the turns that led to it.
        """
        if not await self._servers.remembers(place.guild):
            return ()
        turns = await self._memory.turns.newest(place, member, TURNS, private=private)
        return _within(_until(turns, before), self._budget)

    async def before(self, place: Place, member: int, at: float) -> tuple[Turn, ...]:
        """Return the earlier turns of a question that was asked at `at`, in seconds since 1970.

        None of them was private. Raises MemoryUnavailable.
        """
        turns = await self._memory.turns.before(place, member, TURNS, at)
        return _within(turns, self._budget)

    async def whole(self, place: Place, member: int) -> tuple[Turn, ...]:
        """Return all that is kept, oldest first, private turns too. Raises MemoryUnavailable."""
        return await self._memory.turns.newest(place, member, ALL, private=True)

    async def reset(self, place: Place, member: int) -> int:
        """Erase it all; return how many turns it was. Raises MemoryUnavailable."""
        return await self._memory.turns.erase(place, member)

    async def add(
        self, place: Place, member: int, question: str, answer: str, *, private: bool = False
    ) -> None:
        """Keep a question and its answer, where text may be stored. Raises MemoryUnavailable."""
        if await self._servers.remembers(place.guild):
            turns = (Turn("user", question), Turn("assistant", answer))
            await self._memory.turns.add(place, member, turns, self._clock(), private=private)


def _until(turns: tuple[Turn, ...], question: str | None) -> tuple[Turn, ...]:
    """Return the turns before the last time that this was asked."""
    places = [n for n, turn in enumerate(turns) if turn == Turn("user", question or "")]
    return turns[: places[-1]] if places else turns


def _within(turns: tuple[Turn, ...], budget: int) -> tuple[Turn, ...]:
    """Return the newest turns that fit; a long one keeps its end, which a follow-up leans on."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        short = Turn(turn.role, turn.content[-LONGEST_TURN:])
        budget -= estimate_tokens(short.content)
        if budget < 0:
            break
        kept.append(short)
    return tuple(reversed(kept))
