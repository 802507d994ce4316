"""When a model is left alone: after failures that say that its engine is not well.

Three in a row open the breaker (M. Nygard, Release It!): for a moment nobody waits for an
engine that will not answer, and the engine is not asked while it recovers. Then one request
alone may try. A lack of memory or a crash while loading opens it at once and for longer, because
every try would load the model again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import (
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineResting,
    EngineStalled,
    EngineUnreachable,
)

log = logging.getLogger(__name__)

FAILURES = 3
"""Failures in a row after which the model is left alone."""

REST = 10.0
"""Seconds it is left alone then, until one request may try."""

REST_AFTER_CRASH = 60.0
"""Seconds after a crash while loading or a lack of memory."""

_UNWELL = (EngineUnreachable, EngineStalled, EngineFailed, EngineProtocol)


class Breaker:
    """Whether one model may be asked now. `clock` gives seconds. One event loop owns it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._cause: EngineError | None = None
        """Why it is left alone; None while it is not."""
        self._until = 0.0
        self._probe: object | None = None

    def resting(self) -> EngineResting | None:
        """Return the reason why the model may not be asked now, or None."""
        if self._cause is None:
            return None
        left = self._until - self._clock()
        if left <= 0 and self._probe is None:
            return None
        return EngineResting(self._cause, max(left, 0.0))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Ask within this block; a failure that leaves it is counted.

        Raises EngineResting at once while the model is left alone. When the rest is over the
        first block is the only one until it brings a sign of life, fails or is left.
        """
        if reason := self.resting():
            raise reason
        own = object()
        if self._cause is not None:
            self._probe = own
        try:
            yield
        except EngineError as error:
            self._failed(error)
            raise
        finally:
            if self._probe is own:
                self._probe = None

    def alive(self) -> None:
        """Note that the engine wrote: others may ask. The next failure still opens again."""
        self._cause = self._probe = None

    def well(self) -> None:
        """Note that a text came to its end."""
        self.alive()
        self._failures = 0

    def _failed(self, error: EngineError) -> None:
        if not isinstance(error, _UNWELL):  # busy, missing, refused: the engine is there
            self.alive()
            return
        crashed = isinstance(error, EngineCrashed)
        self._failures = FAILURES if crashed else self._failures + 1
        if self._failures >= FAILURES:
            rest = REST_AFTER_CRASH if crashed else REST
            self._cause, self._until, self._probe = error, self._clock() + rest, None
            log.warning("%s is left alone for %.0f s: %s", error.model, rest, error.sentence)
