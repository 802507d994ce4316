"""A live quiz: members of a channel answer the same questions at once, against a countdown.

Its stream of events, for each question `Opened` and `Closed`, and last of all:

    Over      the scores, and why it ended
    Paused    the bot leaves: the next process goes on from the records

An answer is taken without waiting for anything, so none is counted twice and none is lost; it is
then kept, and only then confirmed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.errors import MemoryUnavailable
from bot.memory import Place
from bot.quiz.book import WITHIN, AttemptBook, Sitting
from bot.quiz.round import Answer, Round, Score
from bot.quizzes import KeptQuiz, Quizzes
from knowledge.question import Question

log = logging.getLogger(__name__)

START_SECONDS = 10.0
"""From the command to the first question."""
ANSWER_SECONDS = 30.0
"""How long a question takes answers."""
LEAST_SECONDS = 10.0
"""How long it still takes them when it is shown late, or again after a restart."""
PAUSE_SECONDS = 15.0
"""From a result to the next question: time to read the passage."""
AWAY_SECONDS = 600.0
"""After so long a quiz that a restart left open does not go on."""

Reason = Literal["all asked", "stopped", "away", "changed"]
"""Why a quiz is over; `away`: the bot was, too long; `changed`: a question is no longer there."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Question `number`, from 0, takes answers; `message` shows it already, after a restart."""

    number: int
    message: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Question `number` takes no more answers; the next one opens at `then`, None: no more."""

    number: int
    then: float | None


@dataclass(frozen=True, slots=True)
class Paused:
    """It goes on in the next process."""


@dataclass(frozen=True, slots=True)
class Over:
    """It is over after `asked` questions. `scores`: best first."""

    reason: Reason
    asked: int
    scores: tuple[Score, ...]


LiveEvent = Opened | Closed | Paused | Over


class LiveQuiz:
    """One live quiz; `kept` tells where it stands, also that of an earlier process."""

    def __init__(
        self,
        kept: KeptQuiz,
        questions: Mapping[str, Question],
        quizzes: Quizzes,
        book: AttemptBook,
        clock: Callable[[], float] = time.time,
    ) -> None:
        found = [questions[one] for one in kept.questions if one in questions]
        self.kept = kept
        self.round = Round(found, kept.quiz, ANSWER_SECONDS)
        self.open = False
        self._quizzes = quizzes
        self._book = book
        self._clock = clock
        self._reason: Reason | None = None
        self._leaving = False
        self._wake = asyncio.Event()
        if len(found) < len(kept.questions):
            self._reason = "changed"
        elif clock() > max(kept.at + START_SECONDS, kept.until) + AWAY_SECONDS:
            self._reason = "away"

    @property
    def number(self) -> int:
        """The question that is asked now, or was asked last, from 0."""
        return self.kept.number

    async def recall(self) -> None:
        """Know again what members answered to an earlier process. Raises MemoryUnavailable.

        From then on the question that is shown takes answers again.
        """
        self.round.recall(await self._book.of_sitting(self.kept.quiz))
        shown = self.kept.message is not None and not self.kept.closed
        self.open = shown and not self._ending

    async def play(self) -> AsyncGenerator[LiveEvent]:
        """Ask the questions that are left."""
        if not self.kept.closed:
            await self._until(lambda: self.kept.at + START_SECONDS)
        while not self._ending:
            if not self.kept.closed:
                yield await self._opened()
                await self._until(lambda: self.kept.until)
                self.open = False
                if self._leaving:
                    break
                await self._keep(closed=True)
            then = self._next_at()
            yield Closed(self.number, then)
            if then is None:
                self._end("all asked")
                break
            await self._until(lambda then=then: then)  # type: ignore[misc]  # mypy does not infer it
            if not self._ending:
                await self._keep(number=self.number + 1, message=None, closed=False)
        if self._leaving:
            yield Paused()
            return
        yield self._over()
        await self.drop()

    async def shown(self, message: int) -> None:
        """Take note of the message that shows the question."""
        least = self._clock() + LEAST_SECONDS
        await self._keep(message=message, until=max(self.kept.until, least))

    def take(self, number: int, member: int, option: str, seconds: float) -> Answer | None:
        """Take an answer to the question that is open; None where the member has answered it.

        The caller has looked whether it is open, and has awaited nothing since.
        """
        return self.round.take(number, member, option, seconds)

    async def note(self, number: int, answer: Answer) -> None:
        """Keep an answer that was taken."""
        place = Place(self.kept.channel, self.kept.guild)
        sitting = Sitting(self.kept.quiz, answer.member, place, "live")
        question, seconds = self.round.questions[number], answer.seconds
        await self._book.note(
            sitting, question, answer.option, seconds=seconds, worth=answer.points
        )

    async def drop(self) -> None:
        """Know nothing of it any more; the answers stay."""
        try:
            await self._quizzes.drop(self.kept.quiz)
        except MemoryUnavailable:
            log.warning("a live quiz that is over could not be erased")

    def stop(self) -> None:
        """End it now: the question that is open is closed, and the scores are told."""
        self._end("stopped")

    def leave(self) -> None:
        """Stand still: the next process goes on."""
        self._leaving = True
        self._wake.set()

    def forget(self, member: int) -> None:
        """Know nothing of a member."""
        self.round.forget(member)
        if self.kept.started_by == member:
            self.kept = replace(self.kept, started_by=None)

    def _end(self, reason: Reason) -> None:
        self._reason = self._reason or reason
        self._wake.set()

    @property
    def _ending(self) -> bool:
        return self._leaving or self._reason is not None

    async def _opened(self) -> Opened:
        """Open the question; again, where a message shows it already."""
        now, message = self._clock(), self.kept.message
        until = now + ANSWER_SECONDS
        if message is not None:
            until = max(self.kept.until, now + LEAST_SECONDS)
        await self._keep(until=until)
        self.open = not self._ending
        return Opened(self.number, message)

    def _next_at(self) -> float | None:
        last = self.number + 1 == len(self.round.questions)
        return None if last or self._ending else self._clock() + PAUSE_SECONDS

    def _over(self) -> Over:
        asked = self.number + (self.kept.closed or self.kept.message is not None)
        return Over(self._reason or "all asked", asked, tuple(self.round.scores(asked)))

    async def _until(self, when: Callable[[], float]) -> None:
        """Wait until a time that may change, or until it ends."""
        while not self._ending and (left := when() - self._clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()

    async def _keep(self, **changed: Any) -> None:
        """Keep where it stands. Where that fails it goes on, only not after a restart."""
        self.kept = replace(self.kept, **changed)
        try:
            async with asyncio.timeout(WITHIN):
                await self._quizzes.keep(self.kept)
        except (MemoryUnavailable, TimeoutError):
            log.warning("where a live quiz stands could not be kept")
