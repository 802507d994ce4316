"""Demo runs: plays demos towards Discord, and remembers the newest of them for their buttons."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.chart import Bar, draw
from bot.errors import CardUnreadable
from bot.keeping import Keeper
from bot.memory import KeptDemo, Origin, Place
from bot.order import Order
from bot.panes import DemoEvent, Opened
from bot.present.answers import FAREWELL, KEEP_WITHIN, TIME_IS_UP
from bot.present.asked import NotedSurface, Shown
from bot.present.blind import Blind
from bot.present.demo import Show
from bot.present.intake import LEAVING
from bot.present.pace import DEMO_LAST_STEP, DEMO_STEPS, TokenPace
from bot.present.predict import Forecast
from bot.present.writer import Writer
from bot.reference import is_reference, new_reference
from bot.replay import recalled
from bot.runcard import read_card
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

    `order` is None for a recording, `surface` for a demo of an earlier process. `at` is in seconds
    since 1970. `forgotten`: its member wants nothing of it kept.
    """

    owner: int
    order: Order | None
    show: Show
    place: Place
    at: float
    surface: Shown | None = None
    forgotten: bool = False
    reader: asyncio.Task[None] | None = None
    done: asyncio.Task[None] | None = None

    def kept(self) -> KeptDemo:
        """Return what is kept of it now; its words only when it has ended."""
        show, ids = self.show, self.surface.ids if self.surface else []
        ended = show.board.ended
        card = show.recorder.card() if ended else None
        return KeptDemo(
            demo=show.request_id,
            member=self.owner,
            place=self.place,
            at=self.at,
            message=ids[-1] if ids else None,
            open=not ended,
            card=card.model_dump_json() if card else "",
            origin=_origin(show.board.opened),
            letters=tuple(show.blind.order) if show.blind and show.votable else (),
            revealed=show.blind is not None and show.blind.revealed,
        )


def _origin(opened: Opened | None) -> Origin:
    if opened is None or opened.recorded is None:
        return "live"
    return "file" if opened.uploaded else "recording"


def revived(kept: KeptDemo, lineups: Sequence[tuple[str, str]]) -> Run | None:
    """Return an ended demo of an earlier process; None where its words were not kept."""
    if kept.open or not kept.card:
        return None
    try:
        card = read_card(kept.card.encode())
    except CardUnreadable as error:
        log.warning("demo %s cannot be read: %s", kept.demo, error.sentence)
        return None
    blind = Blind(kept.revealed, order=list(kept.letters)) if kept.letters else None
    recorded, uploaded = kept.origin != "live", kept.origin == "file"
    recorder = recalled(card, recording=recorded, uploaded=uploaded)
    show = Show(kept.demo, lineups, blind, recorder=recorder, final=True)
    order = None if recorded else card.order(str(kept.member))
    return Run(kept.member, order, show, kept.place, kept.at)


class DemoRuns:
    """Runs demos. One object for a client; `lineups` can be chosen for a further run."""

    def __init__(self, keeper: Keeper, lineups: Sequence[tuple[str, str]] = ()) -> None:
        self._keeper = keeper
        self._lineups = lineups
        self._known: OrderedDict[str, Run] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[bool]] = set()
        self._door = Door()
        self._leaving = False

    @property
    def running(self) -> int:
        """How many demos run or wait."""
        return len(self._running)

    def known(self, request_id: str) -> bool:
        """Say whether a demo is of this process."""
        return request_id in self._known

    async def find(self, request_id: str, channel: int | None) -> Run | None:
        """Return a demo of a channel, of this process or of an earlier one.

        Raises MemoryUnavailable.
        """
        if request_id not in self._known and is_reference(request_id):
            kept = await self._keeper.find_demo(request_id)
            run = revived(kept, self._lineups) if kept is not None else None
            # Of two presses that looked it up at once, both get the same.
            if run is not None and request_id not in self._known:
                self._remember(run)
        run = self._known.get(request_id)
        return run if run is not None and run.place.channel == channel else None

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
        blind: bool = False,
        predict: bool = False,
    ) -> Run:
        """Begin to show `events` on `surface`; returns at once. Closing them ends the models.

        With `predict` they go on only when members have predicted what they will show.
        """
        secret, forecast = Blind() if blind else None, Forecast() if predict else None
        show = Show(new_reference(), self._lineups, secret, forecast)
        run = Run(owner, order, show, place, self._keeper.now(), surface)
        self._remember(run)
        task = asyncio.create_task(self._run(run, surface, events))
        run.done = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if self._leaving:
            self.stop(run, LEAVING)
        return run

    def keep(self, run: Run) -> asyncio.Task[bool]:
        """Keep a demo as it is now, in the background and in this order."""
        task = asyncio.create_task(self._kept(run, run.kept()))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return task

    async def _kept(self, run: Run, kept: KeptDemo) -> bool:
        return not run.forgotten and await self._keeper.keep_demo(kept)

    def _remember(self, run: Run) -> None:
        self._known[run.show.request_id] = run
        for old in list(self._known.values())[: max(0, len(self._known) - REMEMBERED)]:
            if old.done not in self._running:
                del self._known[old.show.request_id]

    def forget(self, member: int) -> None:
        """End the demos of a member, and know nothing of them and of what they predicted."""
        for request_id, run in list(self._known.items()):
            if run.show.forecast is not None:
                run.show.forecast.predictions.forget(member)
            if run.owner == member:
                run.forgotten = True
                self.stop(run, "You had me forget you.")
                del self._known[request_id]

    def stop(self, run: Run, sentence: str) -> None:
        """End a demo now; the models' streams are closed, what was written stays."""
        run.show.stop(sentence)
        if run.reader is not None:
            run.reader.cancel()

    def gone(self, *, message: int = 0, channel: int = 0, guild: int = 0) -> None:
        """End the demos whose message, channel or server is no longer there."""
        for run in self._live():
            there = run.place.channel == channel or (guild and run.place.guild == guild)
            if there or (run.surface is not None and message in run.surface.ids):
                self.stop(run, "")

    def leave(self) -> None:
        """End all running demos with a notice, and each that is still begun."""
        self._leaving = True
        for run in self._live():
            self.stop(run, LEAVING)

    async def close(self) -> None:
        """Leave, and wait until that is shown."""
        self.leave()
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL)
        self._door.close()

    def _live(self) -> list[Run]:
        return [run for run in self._known.values() if run.done in self._running]

    async def _run(self, run: Run, surface: Shown, events: AsyncGenerator[DemoEvent]) -> None:
        show = run.show
        pace = TokenPace(steps=DEMO_STEPS, last_step=DEMO_LAST_STEP)
        noted = NotedSurface(surface, lambda: self.keep(run))
        writer = Writer(noted, pace, show.pages, show.cut, lambda: self.stop(run, ""))
        self.keep(run)
        run.reader = asyncio.create_task(_read(run, events, writer))
        ticking = asyncio.create_task(_tick(writer))
        # `wait` neither raises what the reader raised nor passes a cancellation on to it.
        await asyncio.wait([run.reader], timeout=surface.lasts)
        if not run.reader.done():
            self.stop(run, TIME_IS_UP)
            await asyncio.wait([run.reader])
        ticking.cancel()
        if not run.reader.cancelled() and (error := run.reader.exception()) is not None:
            log.error("demo %s failed", show.request_id, exc_info=error)
        show.stop(f"Something went wrong here. Tell an organiser: {show.request_id}.")
        keeping = self.keep(run)
        if show.board.panes and not self._leaving:
            writer.changed(now=True)  # the end is seen while the chart is drawn
            await self.draw(show)
        show.final = True
        shown = await writer.finish()
        # Its buttons are to work after a restart; a database that hangs holds up nothing.
        await asyncio.wait([keeping], timeout=KEEP_WITHIN)
        run.reader = None  # a cancelled task keeps all that its frames held
        log.info("demo %s ended, shown: %s", show.request_id, shown)

    async def draw(self, show: Show) -> None:
        """Draw the chart, unless it is there; a demo without one is better than none."""
        panes = show.board.panes
        measured = any(pane.figures and pane.figures.tokens_per_second for pane in panes)
        if show.chart is not None or not measured:
            return
        bars = [Bar(p.seat.contender.name, p.seat.contender.tag, p.figures) for p in panes]
        try:
            async with asyncio.timeout(CHART_WITHIN):
                show.chart = await self._door.through(draw, bars)
        except Exception:  # whatever matplotlib may raise, or the time is up
            log.exception("demo %s has no chart", show.request_id)


async def _read(run: Run, events: AsyncGenerator[DemoEvent], writer: Writer) -> None:
    """Fold the stream in; the writer is only told that something changed."""
    show = run.show
    async with aclosing(events):
        async for event in events:
            if show.recorder.take(event):
                writer.begin()
            else:
                writer.changed()
            if isinstance(event, Opened) and show.forecast is not None:
                show.forecast.invite()
                # The stream is not read meanwhile, so the demo does not even queue.
                await show.forecast.started()
                writer.changed(now=True)


async def _tick(writer: Writer) -> None:
    while True:
        await asyncio.sleep(TICK)
        writer.changed()
