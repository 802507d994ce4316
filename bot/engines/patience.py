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
    `glance` bounds the look at what is loaded, and `writing` a text from its first word on.
    `pause` is the mean time before another try; a second one waits twice as long.
    """

    connect: float = 3.0
    first_token: float = 300.0
    gap: float = 30.0
    loading: float = 2.0
    glance: float = 0.5
    writing: float = 600.0
    pause: float = 1.0


async def gathered(
    stream: AsyncGenerator[_T], patience: Patience, *, model: str, cold: bool
) -> AsyncGenerator[Loading | list[_T]]:
    """Yield what `stream` brings, each time all that has come by now; never an empty list.

    `Loading` comes once when a cold model keeps silent. Closes `stream`, also when closed while
    it waits. Raises `EngineStalled` when the first item or a further burst takes longer than
    patience allows, however many bytes came meanwhile, and whatever `stream` raises, after what
    came before.
    """
    items: list[_T] = []
    news = asyncio.Event()
    async with aclosing(stream):
        # A task of its own reads as far as it gets without waiting; so a burst is one step for
        # everybody behind this, and a slow reader gets more at once.
        reading = asyncio.create_task(_read(stream, items, news))
        try:
            early = min(patience.loading, patience.first_token)
            if not await _within(early, news):
                if cold:
                    yield Loading(model)
                if not await _within(patience.first_token - early, news):
                    raise EngineStalled(model, patience.first_token)
            while items or not reading.done():
                if not await _within(patience.gap, news):
                    raise EngineStalled(model, patience.gap)
                if not reading.done():
                    news.clear()
                if items:
                    batch = items.copy()
                    items.clear()
                    yield batch
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(stream: AsyncGenerator[_T], items: list[_T], news: asyncio.Event) -> None:
    try:
        async for item in stream:
            items.append(item)
            news.set()
    finally:
        news.set()


async def _within(seconds: float, news: asyncio.Event) -> bool:
    """Wait for news at most so long; tell whether there are any."""
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True
