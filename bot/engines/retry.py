"""Another try where it costs the reader nothing.

The rule: once more, and only while fewer than twenty tokens were shown. What was shown stays:
the second text has to begin with the very same characters, which are not shown again. Where it
says something else, it is given up and the first failure stands. A refused request, a crash and
an engine that cannot be reached are not tried again; a busy engine is, twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from bot.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineStalled,
)
from bot.model import Delta, Ended, ModelEvent

FEW = 20
"""Tokens shown from which on there is no other try."""

BUSY_TRIES = 2


class _Contradicts(Exception):
    """The second text is not the first one continued."""


class _Tries:
    """What the reader has seen, what a second text still has to repeat of it, and what failed."""

    def __init__(self) -> None:
        self._text = self._thinking = ""
        self._owed_text = self._owed_thinking = ""
        self._tokens = 0
        self._busy = 0
        self.first: Ended | EngineError | None = None
        """How the first text ended that another try is to continue."""

    def fresh(self, delta: Delta) -> Delta:
        """Return what is new in `delta`. Raises _Contradicts."""
        if self._owed_text or self._owed_thinking:
            text, self._owed_text = _beyond(delta.text, self._owed_text)
            thinking, self._owed_thinking = _beyond(delta.thinking, self._owed_thinking)
            if text and self._owed_thinking:
                raise _Contradicts
            delta = replace(delta, text=text, thinking=thinking)
        if self._tokens < FEW:
            self._text += delta.text
            self._thinking += delta.thinking
        if delta.text or delta.thinking:
            self._tokens += delta.pieces
        return delta

    def ended(self) -> None:
        """Raise _Contradicts when the second text was shorter than the first."""
        if self._owed_text or self._owed_thinking:
            raise _Contradicts

    def another(self, failure: Ended | EngineError) -> bool:
        """Say whether there is another try after `failure`, and prepare for it."""
        if isinstance(failure, EngineBusy):
            self._busy += 1
            again = self._busy <= BUSY_TRIES and not self._tokens
        else:
            again = self.first is None and self._tokens < FEW and self._promising(failure)
            self.first = self.first or failure
        self._owed_text, self._owed_thinking = self._text, self._thinking
        return again

    async def pause(self, seconds: float) -> None:
        """Wait about so long, and twice as long before the second try of a busy engine."""
        jitter = random.uniform(0.5, 1.5)  # noqa: S311  it keeps no secret
        await asyncio.sleep(seconds * max(self._busy, 1) * jitter)

    def _promising(self, failure: Ended | EngineError) -> bool:
        if isinstance(failure, EngineStalled):
            return self._tokens > 0  # a stall before the first word took minutes already
        if isinstance(failure, EngineCrashed):
            return False
        return isinstance(failure, Ended | EngineFailed | EngineProtocol)


def _beyond(text: str, owed: str) -> tuple[str, str]:
    """Return what `text` says beyond `owed`, and what is still owed after it."""
    if text[: len(owed)] != owed[: len(text)]:
        raise _Contradicts
    return text[len(owed) :], owed[len(text) :]


async def retried(
    start: Callable[[], AsyncGenerator[ModelEvent]], pause: float
) -> AsyncGenerator[ModelEvent]:
    """Yield what `start()` yields, from a second one where the rule above allows it.

    `pause` seconds on average lie between two tries. Raises what the last try raises, or what
    the first raised when the second contradicts it.
    """
    tries = _Tries()
    while True:
        try:
            async with aclosing(_attempt(start, tries)) as events:
                async for event in events:
                    if isinstance(event, Ended) and event.reason == "cut" and tries.another(event):
                        break
                    yield event
                else:
                    return
        except _Contradicts:
            break
        except EngineError as error:
            if not tries.another(error):
                raise
        await tries.pause(pause)
    if isinstance(tries.first, Ended):
        yield tries.first
    elif tries.first is not None:
        raise tries.first


async def _attempt(
    start: Callable[[], AsyncGenerator[ModelEvent]], tries: _Tries
) -> AsyncGenerator[ModelEvent]:
    """Yield what is new of one try. Raises _Contradicts."""
    async with aclosing(start()) as events:
        async for event in events:
            if isinstance(event, Delta):
                fresh = tries.fresh(event)
                if fresh.text or fresh.thinking:
                    yield fresh
                continue
            if isinstance(event, Ended):
                tries.ended()
            yield event
