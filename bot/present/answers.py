"""Answers: runs questions towards Discord and remembers the newest of them for their buttons."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from bot.asking import Question, Turn
from bot.events import Event, Notice
from bot.memory import Place
from bot.present.answer import Answer, State
from bot.present.intake import LEAVING
from bot.present.pace import ChannelPace, Pace, TokenPace
from bot.present.writer import Surface, Writer

log = logging.getLogger(__name__)

REMEMBERED = 500
"""Answers whose buttons still know what they belong to."""
CARD_AFTER = 1.0
"""Seconds without any text after which the reader is told what is going on."""
FAREWELL = 8.0
"""Seconds in which running answers are brought to an end when the bot stops."""
TIME_IS_UP = "Discord lets me write here for 15 minutes only, so the answer ends here."


class Asks(Protocol):
    """What answers questions; implemented by `bot.asking.Asking`."""

    def ask(self, question: Question) -> AsyncGenerator[Event]:
        """Answer `question`. Closing the stream stops the model."""
        ...


class Shown(Surface, Protocol):
    """A surface that knows its messages, and for how many seconds it lasts (None: for ever)."""

    @property
    def ids(self) -> list[int]:
        """The messages shown so far."""
        ...

    @property
    def lasts(self) -> float | None:
        """Seconds for which it can still be written to."""
        ...


@dataclass(slots=True)
class Asked:
    """An answer, whose it is, and the task that reads the model while it runs."""

    owner: int
    question: Question
    answer: Answer
    private: bool
    place: Place
    surface: Shown
    reader: asyncio.Task[None] | None = None
    done: asyncio.Task[None] | None = None


class Answers:
    """Runs answers. One object for a client."""

    def __init__(self, asking: Asks) -> None:
        self._asking = asking
        self._known: OrderedDict[str, Asked] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._streams: Counter[int] = Counter()

    @property
    def running(self) -> int:
        """How many answers are being written."""
        return len(self._running)

    def find(self, request_id: str) -> Asked | None:
        """Return an answer that is still remembered."""
        return self._known.get(request_id)

    def before(self, message: int, member: int) -> tuple[Turn, ...]:
        """Return the conversation that led to the answer in a message, for who goes on with it.

        Who did not ask it gets only what stands there: the question and the answer.
        """
        known = (asked for asked in reversed(self._known.values()) if message in asked.surface.ids)
        asked = next(known, None)
        if asked is None or not asked.answer.raw:
            return ()
        earlier = asked.question.history if asked.owner == member else ()
        turns = Turn("user", asked.question.text), Turn("assistant", asked.answer.raw)
        return (*earlier, *turns)

    def channel_pace(self, channel: int) -> Pace:
        """Return the pace of a new stream in a channel."""
        return ChannelPace(channel, self._streams)

    def start(
        self,
        surface: Shown,
        question: Question,
        owner: int,
        place: Place,
        *,
        pace: Pace | None = None,
        show_question: bool = True,
        private: bool = False,
        notices: Sequence[Notice] = (),
    ) -> Asked:
        """Begin to answer on `surface`; returns at once."""
        answer = Answer(secrets.token_hex(4), question.text, show_question)
        answer.notices.extend(notices)
        asked = Asked(owner, question, answer, private, place, surface)
        self._known[answer.request_id] = asked
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        task = asyncio.create_task(self._run(asked, pace or TokenPace()))
        asked.done = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return asked

    def stop(self, asked: Asked, sentence: str) -> None:
        """End an answer now; the model's stream is closed, what was written stays."""
        asked.answer.stop(sentence)
        if asked.reader is not None:
            asked.reader.cancel()

    def gone(self, *, message: int = 0, channel: int = 0, guild: int = 0) -> None:
        """End the answers whose message, channel or server is no longer there."""
        for asked in self._live():
            place = asked.place
            if (
                message in asked.surface.ids
                or place.channel == channel
                or (guild and place.guild == guild)
            ):
                log.info("answer %s has nowhere to go", asked.answer.request_id)
                self.stop(asked, "")

    async def close(self) -> None:
        """End all running answers with a notice, and wait until it is shown."""
        for asked in self._live():
            self.stop(asked, LEAVING)
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL)

    def _live(self) -> list[Asked]:
        return [asked for asked in self._known.values() if asked.done in self._running]

    async def _run(self, asked: Asked, pace: Pace) -> None:
        answer, lasts = asked.answer, asked.surface.lasts
        writer = Writer(asked.surface, pace, answer.pages, answer.cut, lambda: self.stop(asked, ""))
        asked.reader = asyncio.create_task(self._read(asked, writer))
        if answer.ended:
            asked.reader.cancel()
        card = asyncio.get_running_loop().call_later(CARD_AFTER, writer.changed)
        # `wait` neither raises what the reader raised nor passes a cancellation on to it.
        await asyncio.wait([asked.reader], timeout=lasts)
        if not asked.reader.done():
            self.stop(asked, TIME_IS_UP)
            await asyncio.wait([asked.reader])
        card.cancel()
        if not asked.reader.cancelled() and (error := asked.reader.exception()) is not None:
            log.error("answer %s failed", answer.request_id, exc_info=error)
        answer.fail(f"Something went wrong here. Tell an organiser: {answer.request_id}.")
        shown = await writer.finish()
        asked.reader = None  # a cancelled task keeps all that its frames held
        log.info("answer %s %s, shown: %s", answer.request_id, answer.state, shown)

    async def _read(self, asked: Asked, writer: Writer) -> None:
        """Fold the stream in; the writer is only told that something changed."""
        answer = asked.answer
        async with aclosing(self._asking.ask(asked.question)) as events:
            async for event in events:
                if answer.take(event):
                    writer.begin()
                elif answer.state is not State.SEARCHING:
                    writer.changed()
