"""How often a message may be edited, so that Discord never says no.

Limits seen (Discord promises none): 5 calls in 2 s on one interaction token, 5 calls in 5 s on the
messages of one channel, and, to be safe, no more than 30 edits of one message in 60 s.
Sources: discord-api-docs issues 2701, 20 and 367.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Protocol

STEPS = ((10.0, 1.0), (20.0, 2.0))
"""(until so many seconds of streaming, seconds between edits): fast while one still reads along."""
LAST_STEP = 3.25
DEMO_STEPS, DEMO_LAST_STEP = ((3.0, 1.5),), 2.2
"""A demo's: contenders begin at different times, so none of them may come too late for the fast
steps. About 29 edits a minute."""
SLOWEST = 5.0
WINDOW, CALLS = 2.1, 4
"""At most so many calls in so many seconds, which leaves one of five for the final edit."""
CHANNEL_STEP = 1.25
"""Seconds between edits by the channel's route, for each stream in the channel."""


class Pace(Protocol):
    """Says when the next edit is due. Times are seconds of one monotonic clock."""

    def due(self, now: float) -> float:
        """Return when the next edit of text that changed is due."""
        ...

    def earliest(self, now: float) -> float:
        """Return when a call that is urgent (the first text) may be made."""
        ...

    def called(self, began: float, ended: float) -> None:
        """Take note of a call."""
        ...

    def close(self) -> None:
        """Leave the place to others: the stream is over."""
        ...

    def restart(self) -> None:
        """Begin anew with the fast steps: the text begins now."""
        ...


@dataclass(slots=True)
class TokenPace:
    """The pace of a message edited by its interaction's token."""

    rng: random.Random = field(default_factory=random.Random)
    steps: tuple[tuple[float, float], ...] = STEPS
    last_step: float = LAST_STEP
    _first: float | None = None
    _last: float = 0.0
    _slowed: float = 0.0
    _jitter: float = 1.0
    _calls: deque[float] = field(default_factory=lambda: deque(maxlen=CALLS))

    def due(self, now: float) -> float:
        """Return when the next edit is due: later and later, and later when Discord is slow."""
        base = self._step(now)
        # Many answers that began together drift apart and do not hit Discord at one moment.
        return max(self._last + max(base * self._jitter, self._slowed), self.earliest(now))

    def earliest(self, now: float) -> float:
        """Return when a call fits into the token's window."""
        return self._calls[0] + WINDOW if len(self._calls) == CALLS else now

    def called(self, began: float, ended: float) -> None:
        """Slow down after a call that took longer than the step; recover by and by."""
        if self._first is None:
            self._first = began
        step = self._step(began)
        took = ended - began
        slower = min(SLOWEST, 1.5 * took) if took > step else 0.0
        self._slowed = max(slower, 0.8 * self._slowed if self._slowed > step else 0.0)
        self._last = began
        self._jitter = self.rng.uniform(0.85, 1.1)
        self._calls.append(began)

    def close(self) -> None:
        """Do nothing: nothing is shared."""

    def restart(self) -> None:
        """Begin anew with the fast steps."""
        self._first = None

    def _step(self, now: float) -> float:
        elapsed = now - (now if self._first is None else self._first)
        return next((step for until, step in self.steps if elapsed < until), self.last_step)


@dataclass(slots=True)
class ChannelPace:
    """The pace of a message edited by the channel's route, shared by all streams there."""

    channel: int
    streams: Counter[int]
    inner: TokenPace = field(default_factory=TokenPace)

    def __post_init__(self) -> None:
        """Count this stream."""
        self.streams[self.channel] += 1

    def due(self, now: float) -> float:
        """Return when it is this stream's turn in the channel."""
        turn = self.inner._last + CHANNEL_STEP * max(1, self.streams[self.channel])
        return max(self.inner.due(now), turn)

    def earliest(self, now: float) -> float:
        """Return when an urgent call fits."""
        return self.inner.earliest(now)

    def called(self, began: float, ended: float) -> None:
        """Take note of a call."""
        self.inner.called(began, ended)

    def restart(self) -> None:
        """Begin anew with the fast steps."""
        self.inner.restart()

    def close(self) -> None:
        """Leave the channel to the other streams."""
        self.streams[self.channel] -= 1
        if self.streams[self.channel] <= 0:
            del self.streams[self.channel]
