"""Keeping: what answers and demos leave behind, for follow-ups, buttons and those who curate.

Neither ever waits for the records or fails with them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.asking import Question
from bot.conversation import Conversations
from bot.errors import MemoryUnavailable
from bot.levels import Level
from bot.memory import Gap, GapKind, KeptAnswer, KeptDemo, Memory, Place, Turn, Vote
from bot.servers import ServerBook

log = logging.getLogger(__name__)

READ_WITHIN = 8.0
"""Seconds after which a question is answered without its history: only records that hang take so
long, not a hundred members who ask at once (0.7 s on two busy cores, more on starved ones)."""
LONGEST_REASON = 500
"""Characters of the reason for a vote."""


class Keeper:
    """Keeps answers and demos, those of a member in the order in which they were handed over."""

    def __init__(
        self,
        memory: Memory,
        servers: ServerBook,
        conversations: Conversations,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._servers = servers
        self._conversations = conversations
        self._clock = clock
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def turn(self, member: int) -> asyncio.Lock:
        """Return what is held while something of a member's is kept; first come, first served."""
        return self._turns.setdefault(member, asyncio.Lock())

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._clock()

    async def prepared(
        self, question: Question, place: Place, member: int, *, private: bool, again: bool
    ) -> Question:
        """Return the question with the server's model, the member's level and their earlier turns.

        The turns are those of this place. `again` says that it was asked before: its own answer is
        then no part of what led to it.
        """
        settings = await self._servers.of(place.guild, patient=True)
        question = replace(question, model=settings.model)
        try:
            async with asyncio.timeout(READ_WITHIN), self.turn(member):
                # In turn: what the member has just read is kept by now.
                question = replace(question, level=await self._level(member))
                if not question.history:
                    before = question.text if again else None
                    turns = self._conversations.history
                    history = await turns(place, member, private=private, before=before)
                    question = replace(question, history=history)
        except (MemoryUnavailable, TimeoutError):
            log.warning("a question is answered without its history")
        return question

    async def _level(self, member: int) -> Level | None:
        """Return a member's level; none while it cannot be read."""
        try:
            return await self._memory.levels.of(member)
        except MemoryUnavailable:
            return None

    async def keep(self, answer: KeptAnswer, *, said: str = "", gap: GapKind | None = None) -> bool:
        """Keep an answer as far as text may be stored; return whether it could be kept.

        `said` is what becomes part of the conversation, `gap` what the lessons lack.
        """
        async with self.turn(answer.member):
            try:
                if await self._servers.remembers(answer.place.guild):
                    await self._keep(answer, said, gap)
                else:
                    wordless = replace(answer, question="", text="", thinking="")
                    await self._memory.answers.keep(wordless)
                if said and await self._level(answer.member):
                    await self._memory.levels.used(answer.member, answer.at)
            except MemoryUnavailable:
                log.warning("answer %s could not be kept", answer.request_id)
                return False
        return True

    async def close(self, request_id: str) -> None:
        """Take note that an answer's end is shown; the next start looks again at one that is not.

        Waits for `READ_WITHIN` seconds at most.
        """
        try:
            async with asyncio.timeout(READ_WITHIN):
                await self._memory.answers.close(request_id)
        except (MemoryUnavailable, TimeoutError):
            log.warning("the end of answer %s could not be kept", request_id)

    async def _keep(self, answer: KeptAnswer, said: str, gap: GapKind | None) -> None:
        await self._memory.answers.keep(answer)
        if said:
            await self._conversations.add(
                answer.place, answer.member, answer.question, said, private=answer.private
            )
        if gap is not None:
            nearest = answer.passages[0] if answer.passages else None
            await self._memory.gaps.add(
                Gap(
                    request_id=answer.request_id,
                    member=answer.member,
                    place=answer.place,
                    kind=gap,
                    question=answer.question,
                    at=answer.at,
                    nearest=nearest,
                )
            )

    async def keep_demo(self, demo: KeptDemo) -> bool:
        """Keep a demo as far as text may be stored; return whether it could be kept."""
        async with self.turn(demo.member):
            try:
                if not await self._servers.remembers(demo.place.guild):
                    demo = replace(demo, card="")
                await self._memory.demos.keep(demo)
            except MemoryUnavailable:
                log.warning("demo %s could not be kept", demo.demo)
                return False
        return True

    async def find_demo(self, demo: str) -> KeptDemo | None:
        """Return a demo that is still kept. Raises MemoryUnavailable."""
        return await self._memory.demos.find(demo)

    async def demos_left_open(self) -> tuple[KeptDemo, ...]:
        """Return the demos that a kill left, oldest first; none while they cannot be read."""
        try:
            return await self._memory.demos.left_open()
        except MemoryUnavailable:
            return ()

    async def find(self, request_id: str) -> KeptAnswer | None:
        """Return an answer that is still kept. Raises MemoryUnavailable."""
        return await self._memory.answers.find(request_id)

    async def before(self, message: int, member: int, place: Place) -> tuple[Turn, ...]:
        """Return the question and answer that stand in a message, if they are kept.

        Before them comes what led to them, where it was this member who asked.
        """
        try:
            kept = await self._memory.answers.shown_in(message)
            if kept is None or kept.place != place or kept.private or not kept.text:
                return ()
            turns: tuple[Turn, ...] = ()
            if kept.member == member:
                turns = await self._conversations.before(place, member, kept.at)
        except MemoryUnavailable:
            return ()
        return *turns, Turn("user", kept.question), Turn("assistant", kept.text)

    async def left_open(self) -> tuple[KeptAnswer, ...]:
        """Return the answers that a kill left, oldest first; none while they cannot be read."""
        try:
            return await self._memory.answers.left_open()
        except MemoryUnavailable:
            return ()

    async def vote(
        self, request_id: str, member: int, place: Place, *, up: bool, reason: str = ""
    ) -> None:
        """Keep a member's vote in the place of an earlier one. Raises MemoryUnavailable."""
        words = reason[:LONGEST_REASON] if await self._servers.remembers(place.guild) else ""
        vote = Vote(request_id, member, place, up=up, at=self._clock(), reason=words)
        await self._memory.votes.cast(vote)

    async def takes_reasons(self, place: Place) -> bool:
        """Say whether the words of a reason may be stored."""
        return await self._servers.remembers(place.guild)
