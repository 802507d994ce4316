"""Answers: runs questions towards Discord and remembers the newest of them for their buttons."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from bot.asking import Question, Turn
from bot.characters import unnamed
from bot.events import Event, Notice
from bot.keeping import Keeper
from bot.memory import GapKind, KeptAnswer, Place
from bot.present.answer import Answer, State
from bot.present.asked import Asked, NotedSurface, Shown
from bot.present.following import Follow, nothing_next
from bot.present.intake import LEAVING
from bot.present.pace import ChannelPace, Pace, TokenPace
from bot.present.trying import Suggest, no_demo
from bot.present.writer import Writer
from bot.reference import begin_request, new_reference

log = logging.getLogger(__name__)

REMEMBERED = 500
"""Answers whose buttons still know what they belong to."""
CARD_AFTER = 1.0
"""Seconds without any text after which the reader is told what is going on."""
FAREWELL = 6.0
"""Seconds in which running answers are brought to an end when the bot stops."""
KEPT_FIRST = 0.5
"""Seconds for which the beginning and the end of an answer wait, unseen, until they are kept."""
KEEP_WITHIN = 2.0
"""Seconds for which an answer waits for its records at all; hanging, they hold up no more."""
TIME_IS_UP = "Discord lets me write here for 15 minutes only, so the answer ends here."


class Asks(Protocol):
    """What answers questions; implemented by `bot.asking.Asking`."""

    def ask(self, question: Question) -> AsyncGenerator[Event]:
        """Answer `question`. Closing the stream stops the model."""
        ...


class Answers:
    """Runs answers. One object for a client."""

    def __init__(
        self,
        asking: Asks,
        keeper: Keeper,
        suggest: Suggest = no_demo,
        follow: Follow = nothing_next,
    ) -> None:
        self._suggest = suggest
        self._follow = follow
        self._asking = asking
        self._keeper = keeper
        self._known: OrderedDict[str, Asked] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[bool]] = set()
        self._streams: Counter[int] = Counter()
        self._leaving = False

    @property
    def running(self) -> int:
        """How many answers are being written."""
        return len(self._running)

    def find(self, request_id: str) -> Asked | None:
        """Return an answer that is still remembered."""
        return self._known.get(request_id)

    async def before(self, message: int, member: int, place: Place) -> tuple[Turn, ...]:
        """Return the conversation that led to the answer in a message, for who goes on with it.

        Who did not ask it gets only what stands there, and nothing of what was shown in private.
        """
        known = (asked for asked in reversed(self._known.values()) if message in asked.surface.ids)
        asked = next(known, None)
        if asked is None:
            return await self._keeper.before(message, member, place)
        theirs = asked.owner == member
        if not asked.answer.raw or asked.place != place or (asked.private and not theirs):
            return ()
        earlier = asked.question.history if theirs else ()
        turns = Turn("user", asked.question.text), Turn("assistant", asked.answer.raw)
        return (*earlier, *turns)

    def channel_pace(self, channel: int) -> Pace:
        """Return the pace of a new stream in a channel."""
        return ChannelPace(channel, self._streams)

    def start(
        self,
        surface: Shown,
        question: Question,
        place: Place,
        *,
        pace: Pace | None = None,
        show_question: bool = True,
        notices: Sequence[Notice] = (),
    ) -> Asked:
        """Begin to answer on `surface`; returns at once."""
        question = _placed(question, place)
        answer = Answer(new_reference(), question.text, show_question, self._suggest)
        answer.notices.extend(notices)
        asked = self._noted(answer, surface, question, place)
        self._keep(asked)
        self.begin(asked, pace)
        return asked

    async def announce(
        self,
        surface: Shown,
        question: Question,
        place: Place,
        *,
        private: bool = False,
        again: bool = False,
    ) -> Asked:
        """Keep what will be answered, before anything of it is seen; `again`: it was asked before.

        So the next start closes it, however soon a kill comes. It is then to begin, or to withdraw.
        """
        question = _placed(question, place)
        answer = Answer(new_reference(), question.text, suggest=self._suggest)
        asked = self._noted(answer, surface, question, place, private=private, again=again)
        await asyncio.wait([self._keep(asked)], timeout=KEPT_FIRST)
        return asked

    def begin(self, asked: Asked, pace: Pace | None = None) -> None:
        """Begin to answer; returns at once."""
        task = asyncio.create_task(self._run(asked, pace or TokenPace()))
        asked.done = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if self._leaving:
            self.stop(asked, LEAVING)

    async def withdraw(self, asked: Asked) -> None:
        """Forget an answer that cannot begin."""
        self._known.pop(asked.answer.request_id, None)
        await self._keeper.close(asked.answer.request_id)

    def _noted(
        self,
        answer: Answer,
        surface: Shown,
        question: Question,
        place: Place,
        *,
        private: bool = False,
        again: bool = False,
    ) -> Asked:
        """Remember an answer for its buttons."""
        owner, now = int(question.member), self._keeper.now()
        asked = Asked(owner, question, answer, private, place, surface, now, again)
        self._known[answer.request_id] = asked
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
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

    def forget(self, member: int) -> None:
        """End the answers of a member and know nothing of any of them."""
        for request_id, asked in list(self._known.items()):
            if asked.owner == member:
                asked.forgotten = True
                self.stop(asked, "You had me forget you.")
                del self._known[request_id]

    def _keep(self, asked: Asked, *, ended: bool = False) -> asyncio.Task[bool]:
        """Keep an answer as it is now, in the background and in this order."""
        said, gap = (asked.said(), asked.gap()) if ended else ("", None)
        task = asyncio.create_task(self._kept(asked, asked.kept(), said, gap))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return task

    async def _kept(self, asked: Asked, kept: KeptAnswer, said: str, gap: GapKind | None) -> bool:
        return not asked.forgotten and await self._keeper.keep(kept, said=said, gap=gap)

    def leave(self) -> None:
        """End all running answers with a notice, and each that is still begun."""
        self._leaving = True
        for asked in self._live():
            self.stop(asked, LEAVING)

    async def close(self) -> None:
        """Leave, and wait until that is shown."""
        self.leave()
        if self._running:
            await asyncio.wait(self._running, timeout=FAREWELL)

    def _live(self) -> list[Asked]:
        return [asked for asked in self._known.values() if asked.done in self._running]

    async def _run(self, asked: Asked, pace: Pace) -> None:
        answer, lasts = asked.answer, asked.surface.lasts
        begin_request(answer.request_id)
        surface = NotedSurface(asked.surface, lambda: self._keep(asked))
        writer = Writer(surface, pace, answer.pages, answer.cut, lambda: self.stop(asked, ""))
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
        # What is seen whole is kept whole, and its buttons work from the first moment.
        keeping = self._keep(asked, ended=True)
        await asyncio.wait([keeping], timeout=KEPT_FIRST)
        shown = await writer.finish()
        await asyncio.wait([keeping], timeout=KEEP_WITHIN)
        if shown:
            await self._keeper.close(answer.request_id)
        asked.reader = None  # a cancelled task keeps all that its frames held
        log.info(
            "answer %s",
            answer.state,
            extra={
                "outcome": str(answer.state),
                "shown": shown,
                "duration_s": round(answer.seconds, 3),
                "model": answer.model,
            },
        )

    async def _read(self, asked: Asked, writer: Writer) -> None:
        """Fold the stream in; the writer is only told that something changed."""
        answer = asked.answer
        asked.question = await self._keeper.prepared(
            asked.question, asked.place, asked.owner, private=asked.private, again=asked.again
        )
        async with aclosing(self._asking.ask(asked.question)) as events:
            async for event in events:
                first = answer.take(event)
                if near := answer.near():
                    answer.next = self._follow(asked.question, near)
                if first:
                    writer.begin()
                elif answer.state is not State.SEARCHING:
                    writer.changed()


def _placed(question: Question, place: Place) -> Question:
    """Return a question without members' names. Its place decides whose lessons answer it."""
    return replace(question, text=unnamed(question.text), server=place.guild)
