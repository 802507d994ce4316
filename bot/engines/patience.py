"""How long to wait for an engine, and reading a stream no longer than that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import EngineStalled
from bot.model import Loading

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    `first_token` covers a cold load and Ollama's own queue, during which it sends
    nothing at all. `gap` is the longest silence inside a text. After `loading`
    without a word the reader is told that the model is being loaded, if it is.
    `glance` bounds the look at what is loaded.
    """

    connect: float = 5.0
    first_token: float = 300.0
    gap: float = 30.0
    loading: float = 2.0
    glance: float = 0.5


async def paced(
    stream: AsyncGenerator[_T], patience: Patience, *, model: str, cold: bool
) -> AsyncGenerator[Loading | _T]:
    """Yield what `stream` yields, and `Loading` once when a cold model keeps silent.

    Closes `stream`, also when closed while it waits. Raises `EngineStalled` when the first
    item takes longer than patience allows, and whatever `stream` raises. Silence after that is
    the transport's to notice: a limit for each item would cost as much as reading it.
    """
    async with aclosing(stream):
        # A task, as the wait for the first item goes on behind the `Loading`.
        first = asyncio.create_task(_next(stream))
        try:
            early = min(patience.loading, patience.first_token)
            await asyncio.wait({first}, timeout=early)
            if cold and not first.done():
                yield Loading(model)
            await asyncio.wait({first}, timeout=patience.first_token - early)
            if not first.done():
                raise EngineStalled(model, patience.first_token)
            item = first.result()
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        if item is not None:
            yield item
            async for later in stream:
                yield later


async def _next(stream: AsyncGenerator[_T]) -> _T | None:
    return await anext(stream, None)
