"""AttemptBook: keeps what members answered. No question is held up by it, nor fails with it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.attempts import Attempt, AttemptKind, Attempts
from bot.errors import MemoryUnavailable
from bot.memory import Place
from bot.quiz.points import points
from knowledge.question import Question

log = logging.getLogger(__name__)

WITHIN = 1.0
"""Seconds after which an answer is no longer waited for; it may be kept all the same."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """A member before questions: `id` names the quiz, or the message of a question of the day."""

    id: str
    member: int
    place: Place
    kind: AttemptKind


class AttemptBook:
    """What members answered; the first answer in a sitting counts. Keeps no text."""

    def __init__(self, attempts: Attempts, *, clock: Callable[[], float] = time.time) -> None:
        self._attempts = attempts
        self._clock = clock

    async def of_sitting(self, sitting: str) -> tuple[Attempt, ...]:
        """Return what was answered in a sitting, oldest first. Raises MemoryUnavailable."""
        try:
            async with asyncio.timeout(WITHIN):
                return await self._attempts.of_sitting(sitting)
        except TimeoutError as error:
            raise MemoryUnavailable("My records do not answer. Try again soon.") from error

    async def note(
        self,
        sitting: Sitting,
        question: Question,
        chosen: str,
        *,
        seconds: float | None = None,
        worth: int | None = None,
    ) -> bool | None:
        """Keep that an option was chosen; `worth` None is what it is worth without hurry.

        Return False where the member answered it in this sitting before, None where it could not
        be kept, or not soon.
        """
        right = chosen == question.answer
        attempt = Attempt(
            sitting=sitting.id,
            question=question.id,
            member=sitting.member,
            channel=sitting.place.channel,
            guild=sitting.place.guild,
            at=self._clock(),
            lesson=question.lesson,
            passage=question.passage,
            kind=sitting.kind,
            right=right,
            points=points(right=right) if worth is None else worth,
            choice=question.options.index(chosen) if chosen in question.options else None,
            seconds=seconds,
        )
        try:
            async with asyncio.timeout(WITHIN):
                return await self._attempts.add(attempt)
        except TimeoutError:
            log.info("an answer to a question is kept later")
        except MemoryUnavailable:
            log.warning("an answer to a question could not be kept")
        return None
