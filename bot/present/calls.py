"""Calls to Discord: never cancelled, and made again after what discord.py does not retry.

A cancelled webhook call keeps its token's lock for good, so a cancellation only ends the waiting.
discord.py 2.7.1 retries no connection that was reset on Linux, none that was closed, no time-out,
and neither 503 nor 520 on the bot's own routes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord

from bot.present.writer import MessageGone, Undelivered

log = logging.getLogger(__name__)

T = TypeVar("T")

_TRIES = 3
_BACKOFF = 0.5  # seconds before the second try; doubled before the third
# Unknown channel, message, webhook, interaction; missing access or permission; archived thread;
# expired webhook token; cannot send to this user.
_GONE = frozenset({10003, 10008, 10015, 10062, 50001, 50007, 50013, 50027, 50083})
_BROKEN = (OSError, aiohttp.ClientError, discord.DiscordServerError)


async def never_cancelled(call: Awaitable[T]) -> T:
    """Await `call`; a cancellation of the waiting leaves the call itself to its end."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(_taken)
    return await asyncio.shield(task)


def _taken(task: asyncio.Future[Any]) -> None:
    """Look at the outcome when perhaps nobody waits for it any more."""
    if not task.cancelled():
        task.exception()


async def patiently(make: Callable[[], Awaitable[T]], *, tries: int = _TRIES) -> T:
    """Make a call, again when the connection or Discord failed.

    Raises MessageGone when there is nothing to write to, Undelivered for any other failure.
    """
    for attempt in range(1, tries + 1):
        try:
            return await never_cancelled(make())
        except _BROKEN as error:
            if attempt == tries:
                raise Undelivered(type(error).__name__) from error
            await asyncio.sleep(_BACKOFF * 2 ** (attempt - 1) * random.uniform(0.7, 1.3))  # noqa: S311  jitter
        except discord.HTTPException as error:
            if error.code in _GONE or error.status in (401, 403, 404):
                raise MessageGone(f"{error.status} {error.code}") from error
            log.warning("Discord refused a call: %s %s", error.status, error.code)
            raise Undelivered(f"{error.status} {error.code}") from error
    raise AssertionError("unreachable")
