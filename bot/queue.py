"""A fair, bounded queue in front of an engine.

At most `slots` runs happen at once, and at most one for each member. Members
who wait and have nothing running stand in one line; a member whose run ends
while more of theirs wait joins that line at its end. So members take turns:
a second question never delays another member's first, and nobody starves,
because newcomers too join at the end. Within a member the order is first
come, first served.

What is limited is how much of a member's runs and waits at one moment, not how often they ask. So
there is no cool-down to remember: a restart ends what they had and gives them the same places anew.

    async with queue.place(member) as place:
        async for turn in place.turns():
            ...  # tell turn.position, turn.expected_seconds
        ...  # our turn: the slot is held until the block is left, however it is left
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.errors import MemberBusy, QueueFull

NEWEST_WEIGHT = 0.2
"""Weight of the newest run in the exponentially weighted mean of run times."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a place stands: `position` 1 is next.

    `expected_seconds` is a guess from measured runs; None until one is known.
    """

    position: int
    expected_seconds: float | None


class Place:
    """One question's place in the queue; made by `FairQueue.place` only."""

    def __init__(self, member: str, entered: float) -> None:
        self.member = member
        self.entered = entered
        self.turn: Turn | None = None
        """What a waiting place is told now; None once it runs."""
        self.started: float | None = None
        """The clock when its slot was given; None while it waits."""
        self.changed = asyncio.Event()

    def turns(self) -> AsyncIterator[Turn]:
        """Tell where this place stands whenever that changes; end when it is its turn.

        Positions only fall. Nothing is told when a slot was free at once.
        """
        return _Turns(self)


class _Turns:
    """An iterator and no generator: left at any point, nothing waits to be closed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._told: Turn | None = None

    def __aiter__(self) -> AsyncIterator[Turn]:
        return self

    async def __anext__(self) -> Turn:
        place = self._place
        while place.started is None:
            if place.turn is not None and place.turn != self._told:
                self._told = place.turn
                return place.turn
            place.changed.clear()
            await place.changed.wait()
        raise StopAsyncIteration


class FairQueue:
    """Lets `slots` run at once, one for each member, and bounds who may wait.

    `bound` limits all waiting places together, `per_member_waiting` those of
    one member; `clock` gives seconds. `waited` is told of each place how many seconds it waited.
    Not thread-safe: one event loop owns it.
    """

    def __init__(
        self,
        slots: int,
        bound: int = 256,
        per_member_waiting: int = 2,
        clock: Callable[[], float] = time.monotonic,
        waited: Callable[[float], object] | None = None,
    ) -> None:
        if slots < 1 or bound < 0 or per_member_waiting < 0:
            raise ValueError("a queue needs at least one slot and bounds of at least 0")
        self._slots = slots
        self._bound = bound
        self._per_member = per_member_waiting
        self._clock = clock
        self._waited = waited
        self._mean: float | None = None
        self._running: dict[str, Place] = {}
        self._waiting: dict[str, deque[Place]] = {}
        # The line of members: each waits with at least one place and runs nothing.
        self._line: deque[str] = deque()

    @property
    def running(self) -> int:
        """How many places hold a slot."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many places wait for a slot."""
        return sum(map(len, self._waiting.values()))

    @property
    def mean_seconds(self) -> float | None:
        """The weighted mean of finished runs in seconds; None until one finished."""
        return self._mean

    @asynccontextmanager
    async def place(self, member: str) -> AsyncIterator[Place]:
        """Hold a place for `member` until the block is left.

        Raises MemberBusy or QueueFull at once, without waiting. A block left by
        an exception (cancelled, closed, failed) is not counted as a run.
        """
        place = self._enter(member)
        finished = False
        try:
            yield place
            finished = True
        finally:
            self._leave(place, finished=finished)

    def _enter(self, member: str) -> Place:
        own = self._waiting.get(member, ())
        # Where a slot is free, nobody stands in the line, so nobody is passed.
        waits = member in self._running or len(self._running) >= self._slots
        if waits and len(own) >= self._per_member:
            raise MemberBusy(len(own))
        if waits and self.waiting >= self._bound:
            raise QueueFull(self._bound, self._expected(self._bound))
        place = Place(member, self._clock())
        self._waiting.setdefault(member, deque()).append(place)
        if member not in self._running and member not in self._line:
            self._line.append(member)
        self._advance()
        return place

    def _leave(self, place: Place, *, finished: bool) -> None:
        member = place.member
        if place.started is None:
            self._waiting[member].remove(place)
            if not self._waiting[member] and member in self._line:
                self._line.remove(member)
        else:
            del self._running[member]
            if finished:
                self._measure(self._clock() - place.started)
            if self._waiting.get(member):
                self._line.append(member)
        if not self._waiting.get(member):
            self._waiting.pop(member, None)
        self._advance()

    def _expected(self, position: int) -> float | None:
        """Guess the seconds until the turn of `position`; None before anything was measured."""
        return None if self._mean is None else position / self._slots * self._mean

    def _measure(self, seconds: float) -> None:
        old = seconds if self._mean is None else self._mean
        self._mean = old + NEWEST_WEIGHT * (seconds - old)

    def _advance(self) -> None:
        """Give free slots to the head of the line, then tell everybody who still waits."""
        while self._line and len(self._running) < self._slots:
            member = self._line.popleft()
            place = self._waiting[member].popleft()
            if not self._waiting[member]:
                del self._waiting[member]
            self._running[member] = place
            place.started, place.turn = self._clock(), None
            place.changed.set()
            if self._waited is not None:
                self._waited(place.started - place.entered)
        for position, place in enumerate(self._order(), start=1):
            self._tell(place, position)

    def _order(self) -> list[Place]:
        """All waiting places in the order in which their turns are to be expected.

        Round by round: everybody's first before anybody's second, and within a
        round those who stand in the line before those who still run.
        """
        members = [*self._line, *(m for m in self._running if m in self._waiting)]
        rounds = max((len(places) for places in self._waiting.values()), default=0)
        return [
            self._waiting[member][nth]
            for nth in range(rounds)
            for member in members
            if nth < len(self._waiting[member])
        ]

    def _tell(self, place: Place, position: int) -> None:
        # A newcomer's first question passes others' second ones. The told position
        # stays then: nobody is shown that they moved back.
        if place.turn is not None:
            position = min(position, place.turn.position)
        turn = Turn(position, self._expected(position))
        if turn != place.turn:
            place.turn = turn
            place.changed.set()
