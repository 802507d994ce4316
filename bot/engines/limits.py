"""An end for a text that would not end: too long, too slow, or going in circles.

Ollama bounds the tokens and stops at one token repeated thirty times. A model that repeats a
sentence would go on to the bound, and a server that is not Ollama need not keep to any.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from bot.model import Delta, Ended, EndReason, ModelEvent, Usage

CHARACTERS = 40
"""Characters of text that a token is taken for at most; real ones have about 4 on average."""

BEYOND = 16
"""Pieces more than the tokens asked for after which the engine does not keep to the bound: a
piece holds at least one token."""

ROUNDS = 8
"""Times that a piece must come in a row until it is a loop."""

LOOP = 3_000
"""Characters that a loop takes at least, about 700 tokens: who asks for a long list, a drill or a
table of equal lines gets it, and a text that really goes in circles still ends."""

LONGEST_ROUND = 400
"""Characters of one round of a loop that is still noticed."""

_SAMPLE = 24


class _Circle:
    """Notices that a text goes in circles."""

    def __init__(self) -> None:
        self._end = ""

    def closes(self, text: str) -> bool:
        """Add newly written text; say whether the end of it all repeats one piece."""
        end = self._end = (self._end + text)[-(ROUNDS + 1) * LONGEST_ROUND :]
        sample = end[-_SAMPLE:]
        before = end.rfind(sample, 0, -1)
        if before < 0:
            return False
        round_ = len(end) - len(sample) - before
        span = max(ROUNDS * round_, LOOP)
        return len(end) >= span and end[-span:-round_] == end[round_ - span :]


async def bounded(
    stream: AsyncGenerator[ModelEvent],
    *,
    tokens: int,
    seconds: float,
    clock: Callable[[], float],
) -> AsyncGenerator[ModelEvent]:
    """Yield `stream` up to its end, or up to ours where it comes first; close it either way.

    `tokens` is what was asked for, `seconds` the time from the first word on.
    """
    room, pieces = tokens * CHARACTERS, tokens + BEYOND
    text_circle, thinking_circle = _Circle(), _Circle()
    began: float | None = None
    reason: EndReason | None = None
    async with aclosing(stream):
        async for event in stream:
            if not isinstance(event, Delta):
                yield event
                continue
            began = clock() if began is None else began
            whole = len(event.text) + len(event.thinking)
            if whole > room:
                text = event.text[:room]
                yield replace(event, text=text, thinking=event.thinking[: room - len(text)])
                reason = "length"
                break
            room -= whole
            pieces -= event.pieces
            yield event
            if pieces < 0:
                reason = "length"
            elif text_circle.closes(event.text) or thinking_circle.closes(event.thinking):
                reason = "loop"
            elif clock() - began > seconds:
                reason = "time"
            if reason:
                break
    if reason:
        yield Ended(reason, Usage())
