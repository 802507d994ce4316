"""Reading a stream in bursts: what came meanwhile is read at once.

Waking the event loop for every token costs more than everything else that is
done with the token, and a few updates a second still read as a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

BREATH = 0.25
"""Seconds between two looks at a stream. What comes meanwhile waits in the socket, so that it
wakes nothing; a reader sees text half of that later on average, and at 40 tokens a second ten
tokens at a time. A look costs about 0.6 ms, a token in it 0.02 (measured)."""


FULL = 16 * 1024
"""Bytes that httpx-aiohttp reads at once: after as many, more is waiting already."""

MOST = 32 * 1024 * 1024
"""Bytes of one response that are read. The longest honest one, a list of models, has far less."""


class Flood(httpx.StreamError):
    """A response has more than MOST bytes."""


class BurstTransport(AiohttpTransport):
    """Reads a response in bursts, the first piece at once."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; its response's body is then read with pauses."""
        response = await super().handle_async_request(request)
        response.stream = _Bursts(response.stream)
        return response


class _Bursts(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._stream:
            read += len(piece)
            if read > MOST:
                raise Flood("a response has no end")
            yield piece
            if len(piece) < FULL:
                await self._breathe()

    async def _breathe(self) -> None:
        """Leave what comes in the socket for a while."""
        # httpx-aiohttp keeps the response private; its connection is aiohttp's public word.
        connection = self._stream._aiohttp_response.connection
        if connection is None or connection.transport is None:  # the whole body is here
            return
        transport: asyncio.ReadTransport = connection.transport
        transport.pause_reading()
        try:
            await asyncio.sleep(BREATH)
        finally:
            transport.resume_reading()

    async def aclose(self) -> None:
        await self._stream.aclose()
