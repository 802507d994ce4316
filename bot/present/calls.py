"""Calls to Discord: never cancelled, and made again after what discord.py does not retry.

A cancelled webhook call keeps its token's lock for good, so a cancellation only ends the waiting.
discord.py 2.7.1 retries no connection that was reset on Linux, none that was closed, no time-out,
and neither 503 nor 520 on the bot's own routes; what it does retry, `bot.client.remedies` takes
from it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord

from bot.present.surface import MessageGone, Refused, Undelivered

log = logging.getLogger(__name__)

T = TypeVar("T")

BAN_SECONDS = 600.0
"""How long no call is made after Discord's edge shut this machine out."""
_TRIES = 3
_BACKOFF = 0.5  # seconds before the second try; doubled before each further one
# Unknown channel, message, webhook, interaction; missing access or permission; archived thread;
# expired webhook token; cannot send to this user.
_GONE = frozenset({10003, 10008, 10015, 10062, 50001, 50007, 50013, 50027, 50083})
# Blocked by automatic moderation or by its filter of links; content the server does not allow.
_MODERATED = frozenset({200000, 200001, 240000})
# ValueError: an answer that is no JSON although Discord took the call.
_BROKEN = (OSError, aiohttp.ClientError, discord.DiscordServerError, ValueError)


async def never_cancelled(call: Awaitable[T]) -> T:
    """Await `call`; a cancellation of the waiting leaves the call itself to its end."""
    task = asyncio.ensure_future(call)
    task.add_done_callback(_taken)
    return await asyncio.shield(task)


def _taken(task: asyncio.Future[Any]) -> None:
    """Look at the outcome when perhaps nobody waits for it any more."""
    if not task.cancelled():
        task.exception()


class Calls:
    """Makes the calls of one client.

    A 429 without a `Via` header does not come from Discord but from its edge, which shuts out
    machines that asked too much: then no call is made for `BAN_SECONDS`.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until = 0.0
        self.bans = 0
        """How often Discord's edge shut us out."""

    @property
    def paused(self) -> float:
        """Seconds until calls are made again; 0.0 when they are made."""
        return max(0.0, self._until - self._clock())

    async def patiently(
        self,
        make: Callable[[], Awaitable[T]],
        *,
        tries: int = _TRIES,
        backoff: float | None = None,
        urgent: bool = False,
    ) -> T:
        """Make a call, again when the connection or Discord failed.

        During a pause it waits, unless it is `urgent` and would come too late. Raises MessageGone
        when there is nothing to write to, Refused when Discord will not have this page, Undelivered
        for any other failure.
        """
        pause = _BACKOFF if backoff is None else backoff
        for attempt in range(1, tries + 1):
            while self.paused:
                if urgent:
                    raise Undelivered("calls to Discord are paused")
                await self._sleep(self.paused)
            try:
                return await never_cancelled(make())
            except _BROKEN as error:
                if attempt == tries:
                    raise Undelivered(type(error).__name__) from error
                await asyncio.sleep(pause * 2 ** (attempt - 1) * random.uniform(0.7, 1.3))  # noqa: S311  jitter
            except discord.RateLimited as error:
                if urgent or attempt == tries:
                    raise Undelivered("the limit is used up for long") from error
                await self._sleep(error.retry_after)
            except discord.HTTPException as error:
                raise self._judged(error) from error
            except (discord.DiscordException, RuntimeError, LookupError, TypeError) as error:
                # A session already closed, an answer in no known form.
                log.warning("a call to Discord failed", exc_info=error)
                raise Undelivered(type(error).__name__) from error
        raise AssertionError("unreachable")

    def _judged(self, error: discord.HTTPException) -> Exception:
        """Return what a refusal means."""
        told = f"{error.status} {error.code}"
        if error.status == 429 and "Via" not in error.response.headers:  # noqa: PLR2004  HTTP
            self.bans += 1
            self._until = self._clock() + BAN_SECONDS
            log.error("Discord's edge shut us out; no call is made for %.0f s", BAN_SECONDS)
            return Undelivered(told)
        # Without a code it is no word of Discord's on this message, but a page of its edge's.
        page = error.status in (403, 404) and not error.code
        denied = error.status in (401, 403, 404) and error.code not in _MODERATED and not page
        if error.code in _GONE or denied:
            return MessageGone(told, error.code)
        log.warning("Discord refused a call: %s", told)
        return Undelivered(told) if page or error.status == 429 else Refused(told)  # noqa: PLR2004  HTTP


def calls_of(client: discord.Client) -> Calls:
    """Return what makes the calls of this client."""
    calls: Calls = client.calls  # type: ignore[attr-defined]  # StudyBot has it
    return calls
