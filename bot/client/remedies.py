"""What discord.py 2.7.1 does wrong and this program cannot live with: one remedy for each.

The remedies in the calls themselves (missing `allowed_mentions`, the lost no-unfurl flag, resets
that nobody retries, lost `DynamicItem`s, unknown controls) stand in `bot.present.delivery` and
`bot.present.controls`, through which every call and press goes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import aiohttp
import discord
import yarl
from discord.webhook import async_

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
"""How long one HTTP call to Discord may take; aiohttp's default is five minutes."""
_SERVER_ERROR = 500

BEGINNING = frozenset({"READY", "RESUMED", "GUILD_CREATE"})
"""Events without which a session is none: a malformed one may end it."""


class ReleasingLock(async_.AsyncDeferredLock):
    """The webhook adapter's lock, which the library never releases when it is cancelled asleep.

    The adapter sleeps in `__aexit__` while a bucket is exhausted. A cancellation at that moment
    skips the release, and every later call on that token waits for ever.
    """

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Sleep as the library does, and release whatever happens."""
        try:
            if self.delta:
                await asyncio.sleep(self.delta)
        finally:
            self.lock.release()


def release_cancelled_locks() -> None:
    """Put `ReleasingLock` in the place of the library's lock, for the whole process."""
    async_.AsyncDeferredLock = ReleasingLock  # type: ignore[misc]  # the adapter looks it up by name


class Once:
    """A session that raises answers of 5xx, which discord.py tries again itself for 25 s.

    That is too late for a first response and too long for a last edit, and a further message of a
    webhook, which carries no nonce, would stand there twice. `bot.present.calls` tries again.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        """Be the session in all else."""
        return getattr(self._session, name)

    @asynccontextmanager
    async def request(
        self, method: str, url: str, **more: Any
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Make a request. Raises DiscordServerError."""
        async with self._session.request(method, url, **more) as response:
            if response.status >= _SERVER_ERROR:
                raise discord.DiscordServerError(response, await response.text())
            yield response


def limit_requests(client: discord.Client) -> None:
    """Give each HTTP call of a logged-in client a time limit, and make it once.

    The library offers no setting for either.
    """
    http: Any = client.http
    session: aiohttp.ClientSession = http._HTTPClient__session  # private
    session._timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    http._HTTPClient__session = Once(session)


def guard_events(client: discord.Client, malformed: Callable[[], None]) -> None:
    """Leave out an event that the library cannot read, and tell so; there it ends the client."""
    parsers = client._connection.parsers
    for name in set(parsers) - BEGINNING:
        parsers[name] = _guarded(name, parsers[name], malformed)


def _guarded(
    name: str, parse: Callable[[Any], Any], malformed: Callable[[], None]
) -> Callable[[Any], Any]:
    def parsed(data: Any) -> None:
        try:
            parse(data)
        except Exception:
            log.exception("a malformed event was left out: %s", name)
            malformed()

    return parsed


def stop_heartbeats(client: discord.Client) -> None:
    """End the heartbeat threads of a client that is closed.

    The library loses the thread of a connection that is given up while it identifies; it would
    beat on, into a loop that is no longer there.
    """
    for thread in threading.enumerate():
        if not isinstance(thread, discord.gateway.KeepAliveHandler):
            continue
        if thread.ws._connection is client._connection:
            thread.stop()


def redirect(api_base: str | None, gateway_url: str | None) -> None:
    """Talk to another address than Discord's, for tests; the library offers no setting."""
    if api_base:
        discord.http.Route.BASE = api_base.rstrip("/")
    if gateway_url:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
