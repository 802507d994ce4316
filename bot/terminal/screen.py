"""The screen: events as a person reads them, with colour on a terminal and plain in a pipe."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from bot.characters import plain_characters
from bot.events import (
    Declined,
    Delta,
    Event,
    Failed,
    Finished,
    Loading,
    Notice,
    SourcesFound,
    Verdict,
    Waiting,
)

SLOW_SECONDS = 2.0


class Screen:
    """Writes answers to standard output, and everything about them to standard error."""

    def __init__(self) -> None:
        # rich itself honours NO_COLOR and writes plain text into a pipe.
        self.out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self.err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

    def say(self, text: str, style: str = "") -> None:
        """Print one line of an answer; `text` is shown as it stands, never as markup."""
        self.out.print(Text(plain_characters(text), style=style))

    def tell(self, text: str, style: str = "dim") -> None:
        """Print one line about what is going on."""
        self.err.print(Text(plain_characters(text), style=style))

    def fail(self, text: str) -> None:
        """Print one line about what went wrong."""
        self.tell(text, style="red")

    async def show(self, events: AsyncIterator[Event]) -> Finished | Declined | Failed | None:
        """Print a whole stream as it comes and return how it ended."""
        answer = _Answer(self)
        with self.when_slow() as still_waiting:
            async for event in events:
                still_waiting.cancel()
                answer.take(event)
        return answer.ending

    @contextmanager
    def when_slow(self) -> Iterator[asyncio.TimerHandle]:
        """Say after two seconds that work goes on, unless the handle is cancelled before."""
        loop = asyncio.get_running_loop()
        handle = loop.call_later(SLOW_SECONDS, self.tell, "Looking through the lessons …")
        try:
            yield handle
        finally:
            handle.cancel()

    def progress(self, done: int, total: int) -> None:
        """Tell how far the index is; made to be called from a thread."""
        self.tell(f"Reading the lessons into the index: {done} of {total} passages")


class _Answer:
    """One answer on the screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._started = time.monotonic()
        self._streaming = False
        self._thinking = False
        self.ending: Finished | Declined | Failed | None = None

    def take(self, event: Event) -> None:
        screen = self._screen
        match event:
            case Waiting(0):
                screen.tell("It is your turn")
            case Waiting(position, seconds):
                wait = f", about {seconds:.0f} s" if seconds is not None else ""
                screen.tell(f"Waiting, number {position} in the queue{wait}")
            case Loading(model):
                screen.tell(f"{model} is being loaded into memory")
            case SourcesFound() | Verdict():
                pass
            case Delta(text, thinking, _):
                self._write(text, thinking)
            case Notice(_, text):
                self._end_line()
                screen.say(f"({text})", style="yellow")
            case Finished() | Declined() | Failed():
                self.ending = event
                self._end(event)

    def _write(self, text: str, thinking: str) -> None:
        if thinking and not text and not self._thinking:
            self._thinking = True
            self._screen.tell("Thinking …")
        if text:
            # As it comes, without waiting for a line to fill.
            self._screen.out.file.write(plain_characters(text))
            self._screen.out.file.flush()
            self._streaming = True

    def _end_line(self) -> None:
        if self._streaming:
            self._screen.out.print()
            self._streaming = False

    def _end(self, event: Finished | Declined | Failed) -> None:
        streamed = self._streaming
        self._end_line()
        match event:
            case Finished(answer, citations, usage, model):
                if not streamed and model is None:
                    self._screen.say(answer)
                for citation in citations:
                    if citation.supported and citation.passage is not None:
                        passage = citation.passage
                        where = f"{passage.lesson_title} – {passage.heading}  ({passage.id})"
                        self._screen.say(f"[{citation.n}] {where}", style="cyan")
                if model is not None and sys.stderr.isatty():
                    seconds = time.monotonic() - self._started
                    tokens = (
                        f", {usage.answer_tokens} tokens" if usage and usage.answer_tokens else ""
                    )
                    self._screen.tell(f"{model}, {seconds:.1f} s{tokens}")
            case Declined(reason, nearest):
                near = (
                    f" The nearest they have: {nearest.lesson_title} – {nearest.heading} "
                    f"({nearest.id})"
                    if nearest
                    else ""
                )
                self._screen.say(reason + near, style="yellow")
            case Failed(error, _):
                self._screen.say(error.sentence, style="red")
