"""Jobs: what is done to a model, shown in one message until it ends or is stopped."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from bot.events import Failed
from bot.model import Loading
from bot.present.answer import one_line
from bot.present.answers import FAREWELL, TIME_IS_UP
from bot.present.asked import Shown
from bot.present.components import Button, Page, Style
from bot.present.intake import LEAVING
from bot.present.pace import TokenPace
from bot.present.writer import Writer
from bot.stock import Pulling, StockEnd, StockEvent
from bot.stocklist import bar, told

log = logging.getLogger(__name__)

FAMILY = "models"
STOP = "stop"
TICK = 1.0
"""Seconds between two looks at the time that went by."""
_SENTENCE = 400


@dataclass(slots=True)
class Job:
    """One stream, what it told last, and why it was ended before its end."""

    id: str
    event: StockEvent | None = None
    stopped: str = ""
    began: float = field(default_factory=time.monotonic)
    reader: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Has it come to an end, or to nothing?"""
        return bool(self.stopped) or isinstance(self.event, StockEnd)

    def stop(self, sentence: str) -> None:
        """End it now; closing the stream ends what the engine does."""
        if not self.ended:
            self.stopped = sentence
        if self.reader is not None:
            self.reader.cancel()

    def pages(self) -> tuple[Page, ...]:
        """Return the message that shows this moment."""
        event = self.event
        if event is None and not self.stopped:
            return (Page(("🔎 Looking …",), buttons=self._buttons()),)
        line = one_line(told(event, dt.datetime.now(dt.UTC)), _SENTENCE) if event else ""
        if self.stopped:
            return (Page(tuple(filter(None, (line, f"⏹️ {self.stopped}")))),)
        if isinstance(event, Failed):
            return (Page((f"⚠️ {line}",)),)
        if isinstance(event, StockEnd):
            return (Page((f"✅ {line}",)),)
        if isinstance(event, Loading):
            line = f"📦 {line}, {time.monotonic() - self.began:.0f} s so far."
        shown = (f"⬇️ {line}", f"`{bar(event)}`") if isinstance(event, Pulling) else (line,)
        return (Page(shown, buttons=self._buttons()),)

    def cut(self, pages: tuple[Page, ...], why: str, _whole: bool) -> tuple[Page, ...]:  # noqa: FBT001  a callback
        """Return the message as it stands, with the sentence that says `why` it is not all."""
        above = pages[0].above if pages else ()
        return (Page((*above, f"⚠️ {why}")),)

    def _buttons(self) -> tuple[Button, ...]:
        return (Button("Stop", f"{FAMILY}:{STOP}:{self.id}", Style.DANGER),)


class Jobs:
    """Runs jobs. One object for a client."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._running: set[asyncio.Task[None]] = set()

    def find(self, job_id: str) -> Job | None:
        """Return a job that runs."""
        return self._jobs.get(job_id)

    def start(self, surface: Shown, events: AsyncGenerator[StockEvent]) -> None:
        """Begin to show `events` on `surface`; returns at once."""
        job = Job(secrets.token_hex(4))
        self._jobs[job.id] = job
        task = asyncio.create_task(self._run(job, surface, events))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """End all jobs with a notice, and wait until it is shown."""
        for job in self._jobs.values():
            job.stop(LEAVING)
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL)

    async def _run(self, job: Job, surface: Shown, events: AsyncGenerator[StockEvent]) -> None:
        writer = Writer(surface, TokenPace(), job.pages, job.cut, lambda: job.stop("It is gone."))
        job.reader = asyncio.create_task(_read(job, events, writer))
        if job.stopped:  # before it began
            job.reader.cancel()
        ticking = asyncio.create_task(_tick(writer))
        await asyncio.wait([job.reader], timeout=surface.lasts)
        if not job.reader.done():
            job.stop(TIME_IS_UP)
            await asyncio.wait([job.reader])
        ticking.cancel()
        if not job.reader.cancelled() and (error := job.reader.exception()) is not None:
            log.error("job %s failed", job.id, exc_info=error)
        job.stop(f"Something went wrong here. Tell whoever runs me: {job.id}.")
        del self._jobs[job.id]
        await writer.finish()


async def _read(job: Job, events: AsyncGenerator[StockEvent], writer: Writer) -> None:
    async with aclosing(events):
        async for event in events:
            job.event = event
            writer.changed()


async def _tick(writer: Writer) -> None:
    while True:
        await asyncio.sleep(TICK)
        writer.changed()
