"""Which models an Ollama has: pulling one, and taking one out of memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import httpx
from httpx_aiohttp import AiohttpTransport
from ollama import AsyncClient, ProgressResponse, ResponseError

from bot.engines.address import without_key
from bot.engines.faults import LIBRARY_ERRORS, from_library, from_status
from bot.errors import EngineError, EngineFailed
from bot.model import Download

SILENCE = 900.0
"""Seconds without a line after which a pull is given up. A large file is checked in silence."""

# What Ollama's text tells, and what it means for who waits. The text itself holds addresses.
_TOLD = (
    ("file does not exist", "The library that Ollama pulls from has no model {}."),
    ("no space left", "The disk on which Ollama keeps its models is full, so {} is not there."),
    ("pull model manifest", "Ollama cannot reach the library that holds {}, or is not let in."),
    ("dial tcp", "Ollama cannot reach the library that holds {}. What came of it is kept."),
    ("max retries", "The download of {} broke off too often. What came of it is kept."),
    ("digest mismatch", "What came of {} is damaged. Pull it again."),
)


async def pulled(
    tag: str, base_url: str, headers: Mapping[str, str] | None, connect: float
) -> AsyncGenerator[Download]:
    """Pull `tag`; one `Download` for each line of Ollama's. `connect` is in seconds.

    Raises `EngineError`, also when the stream ends before it told of success.
    """
    # A client of its own: its stream has other silences than a text's, and may last for hours.
    client = AsyncClient(
        host=base_url,
        headers=headers,
        timeout=httpx.Timeout(SILENCE, connect=connect),
        transport=AiohttpTransport(trust_env=False),
        trust_env=False,
        follow_redirects=False,
        auth=None if "authorization" in httpx.Headers(headers) else without_key,
    )
    status = ""
    try:
        async with aclosing(_downloads(client, tag)) as steps:
            async for step in steps:
                status = step.status
                yield step
    except ResponseError as error:
        raise _failure(tag, str(error.error)) from error
    except LIBRARY_ERRORS as error:
        raise from_library(error, tag, SILENCE) from error
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # the library's own lack
    if status != "success":
        raise EngineFailed(tag, f"The pull of {tag} ended before its end. Pull it again.")


async def _downloads(client: AsyncClient, tag: str) -> AsyncGenerator[Download]:
    """Yield what Ollama tells; it tells of one part of a model after the other."""
    parts: dict[str, tuple[int, int]] = {}
    # The library returns a generator and types it as an iterator.
    lines: AsyncGenerator[ProgressResponse] = await client.pull(tag, stream=True)  # type: ignore[assignment]  # as said
    async with aclosing(lines):
        async for line in lines:
            if line.digest and line.total:
                parts[line.digest] = (line.completed or 0, line.total)
            done, total = (sum(part[at] for part in parts.values()) for at in (0, 1))
            yield Download(line.status or "", done, total)


async def unloaded(client: AsyncClient, tag: str, limit: float) -> None:
    """Take a model out of memory, in at most `limit` seconds. Raises `EngineError`."""
    try:
        async with asyncio.timeout(limit):
            await client.generate(model=tag, prompt="", think=False, keep_alive=0)
    except ResponseError as error:
        raise from_status(error.status_code, str(error.error), tag) from error
    except LIBRARY_ERRORS as error:
        raise from_library(error, tag, limit) from error


def _failure(tag: str, text: str) -> EngineError:
    told = text.lower()
    for words, sentence in _TOLD:
        if words in told:
            return EngineFailed(tag, sentence.replace("{}", tag))
    return EngineFailed(tag, f"Ollama could not pull {tag}, for a reason of its own.")
