"""Demo runs: plays demos towards Discord, and remembers the newest of them for their buttons."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.chart import Bar, draw
from bot.memory import Place
from bot.order import Order
from bot.panes import DemoEvent
from bot.present.answers import FAREWELL, TIME_IS_UP
from bot.present.asked import Shown
from bot.present.blind import Blind
from bot.present.demo import Show
from bot.present.intake import LEAVING
from bot.present.pace import DEMO_LAST_STEP, DEMO_STEPS, TokenPace
from bot.present.writer import Writer
from knowledge.door import Door

log = logging.getLogger(__name__)

REMEMBERED = 100
"""Demos whose buttons still know what they belong to; a demo may hold some ten kilobytes."""
TICK = 1.0
"""Seconds between two looks at counters that move without an event."""
CHART_WITHIN = 20.0


@dataclass(slots=True)
class Run:
    """A demo, whose it is, and the task that reads its stream while it runs.

    `order` is None for a recording.
    """

    owner: int
    order: Order | None
    show: Show
    place: Place
    surface: Shown
    reader: asyncio.Task[None] | None = None
    done: asyncio.Task[None] | None = None


class DemoRuns:
    """Runs demos. One object for a client."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Run] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._door = Door()

    @property
    def running(self) -> int:
        """How many demos run or wait."""
        return len(self._running)

    def find(self, request_id: str) -> Run | None:
        """Return a demo that is still remembered."""
        return self._known.get(request_id)

    def plays_for(self, member: int) -> bool:
        """Say whether a recording is being played for a member."""
        return any(run.owner == member and run.order is None for run in self._live())

    def start(
        self,
        surface: Shown,
        events: AsyncGenerator[DemoEvent],
        owner: int,
        place: Place,
        *,
        order: Order | None = None,
        lineups: Sequence[tuple[str, str]] = (),
        blind: bool = False,
    ) -> Run:
        """Begin to show `events` on `surface`; returns at once. Closing them ends the models."""
        show = Show(secrets.token_hex(4), lineups, Blind() if blind else None)
        run = Run(owner, order, show, place, surface)
        self._known[show.request_id] = run
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        task = asyncio.create_task(self._run(run, events))
        run.done = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return run

    def stop(self, run: Run, sentence: str) -> None:
        """End a demo now; the models' streams are closed, what was written stays."""
        run.show.stop(sentence)
        if run.reader is not None:
            run.reader.cancel()

    def gone(self, *, message: int = 0, channel: int = 0, guild: int = 0) -> None:
        """End the demos whose message, channel or server is no longer there."""
        for run in self._live():
            there = run.place.channel == channel or (guild and run.place.guild == guild)
            if there or message in run.surface.ids:
                self.stop(run, "")

    async def close(self) -> None:
        """End all running demos with a notice, and wait until it is shown."""
        for run in self._live():
            self.stop(run, LEAVING)
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL)
        self._door.close()

    def _live(self) -> list[Run]:
        return [run for run in self._known.values() if run.done in self._running]

    async def _run(self, run: Run, events: AsyncGenerator[DemoEvent]) -> None:
        show = run.show
        pace = TokenPace(steps=DEMO_STEPS, last_step=DEMO_LAST_STEP)
        writer = Writer(run.surface, pace, show.pages, show.cut, lambda: self.stop(run, ""))
        run.reader = asyncio.create_task(_read(run, events, writer))
        ticking = asyncio.create_task(_tick(writer))
        # `wait` neither raises what the reader raised nor passes a cancellation on to it.
        await asyncio.wait([run.reader], timeout=run.surface.lasts)
        if not run.reader.done():
            self.stop(run, TIME_IS_UP)
            await asyncio.wait([run.reader])
        ticking.cancel()
        if not run.reader.cancelled() and (error := run.reader.exception()) is not None:
            log.error("demo %s failed", show.request_id, exc_info=error)
        show.stop(f"Something went wrong here. Tell an organiser: {show.request_id}.")
        if show.board.panes:
            writer.changed(now=True)  # the end is seen while the chart is drawn
            show.chart = await self._drawn(show)
        show.final = True
        shown = await writer.finish()
        run.reader = None  # a cancelled task keeps all that its frames held
        log.info("demo %s ended, shown: %s", show.request_id, shown)

    async def _drawn(self, show: Show) -> bytes | None:
        """Draw the chart; a demo without one is better than none."""
        panes = show.board.panes
        if not any(pane.figures and pane.figures.tokens_per_second for pane in panes):
            return None
        bars = [Bar(p.seat.contender.name, p.seat.contender.tag, p.figures) for p in panes]
        try:
            async with asyncio.timeout(CHART_WITHIN):
                return await self._door.through(draw, bars)
        except Exception:  # whatever matplotlib may raise, or the time is up
            log.exception("demo %s has no chart", show.request_id)
            return None


async def _read(run: Run, events: AsyncGenerator[DemoEvent], writer: Writer) -> None:
    """Fold the stream in; the writer is only told that something changed."""
    async with aclosing(events):
        async for event in events:
            if run.show.recorder.take(event):
                writer.begin()
            else:
                writer.changed()


async def _tick(writer: Writer) -> None:
    while True:
        await asyncio.sleep(TICK)
        writer.changed()
