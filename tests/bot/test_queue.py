"""The fair queue: bounds, turns, positions, and that no way of leaving leaks a slot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MemberBusy, QueueFull
from bot.queue import FairQueue, Turn


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time in seconds."""
        return self.now


class Asker:
    """One question as a service runs it: told positions, then a run until `end` is set."""

    def __init__(self, queue: FairQueue, member: str) -> None:
        self.queue = queue
        self.member = member
        self.told: list[Turn] = []
        self.runs = False
        self.end = asyncio.Event()
        self.task = asyncio.create_task(self.ask())

    async def ask(self) -> None:
        """Wait for the turn, then run."""
        async with self.queue.place(self.member) as place:
            async for turn in place.turns():
                self.told.append(turn)
            self.runs = True
            try:
                await self.end.wait()
            finally:
                self.runs = False

    @property
    def positions(self) -> list[int]:
        """The positions told so far."""
        return [turn.position for turn in self.told]

    @property
    def waits(self) -> bool:
        """Whether it holds a place without a slot."""
        return not self.runs and not self.task.done()


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def start(queue: FairQueue, *members: str) -> list[Asker]:
    askers = []
    for member in members:
        askers.append(Asker(queue, member))
        await settle()
    return askers


async def finish(*askers: Asker) -> None:
    for asker in askers:
        asker.end.set()
        await settle()


async def stop(*askers: Asker) -> None:
    for asker in askers:
        asker.task.cancel()
        with suppress(asyncio.CancelledError):
            await asker.task
    await settle()


async def test_a_free_slot_is_given_at_once_without_a_word() -> None:
    (asker,) = await start(FairQueue(slots=1), "ada")
    assert asker.runs
    assert asker.told == []
    await finish(asker)


async def test_a_members_second_question_passes_nobodys_first() -> None:
    queue = FairQueue(slots=1)
    ada, ada2, ada3, bob, cleo = await start(queue, "ada", "ada", "ada", "bob", "cleo")
    order = []
    for _ in range(5):
        (running,) = [a for a in (ada, ada2, ada3, bob, cleo) if a.runs]
        order.append(running)
        await finish(running)
    assert order == [ada, bob, cleo, ada2, ada3]


async def test_one_member_runs_once_even_when_slots_are_free() -> None:
    queue = FairQueue(slots=3)
    first, second, other = await start(queue, "ada", "ada", "bob")
    assert (first.runs, second.runs, other.runs) == (True, False, True)
    await finish(first)
    assert second.runs
    await finish(second, other)


async def test_a_member_who_has_two_waiting_is_refused_at_once() -> None:
    queue = FairQueue(slots=1)
    askers = await start(queue, "ada", "ada", "ada")
    with pytest.raises(MemberBusy):
        async with queue.place("ada"):
            pass
    await stop(*askers)


async def test_a_full_queue_refuses_at_once() -> None:
    queue = FairQueue(slots=1, bound=2)
    askers = await start(queue, "ada", "bob", "cleo")
    with pytest.raises(QueueFull):
        async with queue.place("dan"):
            pass
    await stop(*askers)


async def test_a_bound_of_zero_still_lets_a_free_slot_run() -> None:
    queue = FairQueue(slots=1, bound=0)
    (ada,) = await start(queue, "ada")
    assert ada.runs
    with pytest.raises(QueueFull):
        async with queue.place("bob"):
            pass
    await finish(ada)


async def test_positions_are_told_when_they_change_and_only_then() -> None:
    queue = FairQueue(slots=1)
    ada, bob, cleo = await start(queue, "ada", "bob", "cleo")
    assert cleo.positions == [2]
    await finish(ada)
    assert cleo.positions == [2, 1]
    await finish(bob, cleo)
    assert cleo.positions == [2, 1]


async def test_a_newcomer_who_passes_a_second_question_does_not_raise_its_position() -> None:
    queue = FairQueue(slots=1)
    ada, ada2, bob = await start(queue, "ada", "ada", "bob")
    assert ada2.positions == [1]
    await finish(ada)
    assert bob.runs
    assert set(ada2.positions) == {1}
    await finish(bob, ada2)


async def test_the_expected_wait_is_unknown_before_and_measured_after_a_run() -> None:
    clock = Clock()
    queue = FairQueue(slots=1, clock=clock)
    ada, bob, cleo = await start(queue, "ada", "bob", "cleo")
    assert [turn.expected_seconds for turn in cleo.told] == [None]
    clock.now = 8.0
    await finish(ada)
    assert cleo.told[-1] == Turn(position=1, expected_seconds=8.0)
    clock.now = 8.0 + 3.0
    await finish(bob)
    assert queue.mean_seconds == pytest.approx(8.0 * 0.8 + 3.0 * 0.2)
    await finish(cleo)


async def test_a_run_that_was_cancelled_is_not_measured() -> None:
    clock = Clock()
    queue = FairQueue(slots=1, clock=clock)
    (ada,) = await start(queue, "ada")
    clock.now = 1.0
    await stop(ada)
    assert queue.mean_seconds is None


async def test_a_slot_given_to_a_place_that_is_cancelled_in_the_same_moment_is_passed_on() -> None:
    queue = FairQueue(slots=1)
    ada, bob, cleo = await start(queue, "ada", "bob", "cleo")
    ada.end.set()
    await ada.task  # bob's slot is his now, but his task has not run since
    await stop(bob)
    assert cleo.runs
    await finish(cleo)
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_stream_closed_while_it_waits_gives_its_place_back() -> None:
    queue = FairQueue(slots=1)

    async def service() -> AsyncGenerator[Turn]:
        async with queue.place("bob") as place:
            async for turn in place.turns():
                yield turn

    (ada,) = await start(queue, "ada")
    stream = service()
    assert await anext(stream) == Turn(position=1, expected_seconds=None)
    assert queue.waiting == 1
    await stream.aclose()
    assert queue.waiting == 0
    await finish(ada)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_a_queue_that_could_hold_nothing_is_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        FairQueue(*numbers)


# What may happen next: a member asks, or the n-th question under way ends or is cancelled.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from("abcd")),
        st.tuples(st.sampled_from(["end", "cancel"]), st.integers(0, 20)),
    ),
    max_size=30,
)


async def play(steps: list[tuple[str, str | int]], slots: int, bound: int) -> None:
    queue = FairQueue(slots, bound=bound, per_member_waiting=2)
    askers: list[Asker] = []
    for what, which in steps:
        under_way = [asker for asker in askers if not asker.task.done()]
        if isinstance(which, str):
            askers.append(Asker(queue, which))
        elif under_way and what == "end":
            under_way[which % len(under_way)].end.set()
        elif under_way:
            under_way[which % len(under_way)].task.cancel()
        await settle()
        check_bounds(queue, askers, slots, bound)
    while under_way := [asker for asker in askers if not asker.task.done()]:
        running = [asker for asker in under_way if asker.runs]
        assert running, "places wait while every slot is free"
        await finish(running[0])
        check_bounds(queue, askers, slots, bound)
    outcomes = await asyncio.gather(*(a.task for a in askers), return_exceptions=True)
    allowed = (MemberBusy, QueueFull, asyncio.CancelledError)
    assert all(outcome is None or isinstance(outcome, allowed) for outcome in outcomes)
    assert (queue.running, queue.waiting) == (0, 0)


def check_bounds(queue: FairQueue, askers: list[Asker], slots: int, bound: int) -> None:
    running = Counter(asker.member for asker in askers if asker.runs)
    waiting = Counter(asker.member for asker in askers if asker.waits)
    assert running.total() == queue.running <= slots
    assert waiting.total() == queue.waiting <= bound
    assert all(count == 1 for count in running.values())
    assert all(count <= 2 for count in waiting.values())
    # No slot stands free while somebody could use it.
    assert running.total() == slots or waiting.keys() <= running.keys()
    for asker in askers:
        assert asker.positions == sorted(asker.positions, reverse=True)


@settings(deadline=None, max_examples=60)
@given(steps=STEPS, slots=st.integers(1, 3), bound=st.integers(1, 6))
def test_any_interleaving_keeps_the_bounds_and_serves_everybody(
    steps: list[tuple[str, str | int]], slots: int, bound: int
) -> None:
    asyncio.run(play(steps, slots, bound))
