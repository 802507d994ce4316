"""Serving Discord for long: logging in with patience, and beginning a broken connection anew.

discord.py does not try a login again, ends its client at any event that it cannot read, and does
not notice a gateway that acknowledges no heartbeat while events still flow.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import discord

from bot.client.bot import StudyBot
from bot.errors import DiscordUnreachable, SettingsInvalid
from bot.wiring import Services

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

LOGIN_SECONDS = 300.0
"""How long the bot tries to log in."""
LONGEST_LOGIN_PAUSE = 15.0
LOGIN_TRY_SECONDS = 60.0
"""How long one try may take."""
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 900.0
"""Seconds before a broken connection is begun anew; doubled each time."""
CALM_SECONDS = 600.0
"""A connection that held for so long makes the next pause short again."""
LOOK_SECONDS = 5.0
ACK_SLACK = 12.0
"""Seconds that Discord may be late with acknowledging a heartbeat."""

REFUSED = (
    "Discord does not take the DISCORD_TOKEN. Copy it again from the developer portal "
    "(Bot, Reset Token)."
)
NOT_GRANTED = (
    "Discord does not grant an intent that the settings ask for. Switch it on in the developer "
    "portal (Bot, Privileged Gateway Intents), or leave it out of the settings."
)
_WRONG_TOKEN = 4004
_UNREACHED = (OSError, aiohttp.ClientError, discord.HTTPException)


@asynccontextmanager
async def logged_in(
    services: Services,
    token: str,
    *,
    sleep: Sleep = asyncio.sleep,
    clock: Clock = time.monotonic,
) -> AsyncIterator[StudyBot]:
    """Yield the bot, logged in, and close it at the end.

    Raises SettingsInvalid when Discord does not take the token, DiscordUnreachable when it did
    not answer for `LOGIN_SECONDS`.
    """
    began, pause = clock(), 1.0
    while True:
        async with StudyBot(services) as bot:
            try:
                async with asyncio.timeout(LOGIN_TRY_SECONDS):
                    await bot.login(token)
            except discord.LoginFailure as error:
                raise SettingsInvalid(REFUSED) from error
            except _UNREACHED as error:
                reason = type(error).__name__
            else:
                yield bot
                return
        if clock() - began + pause > LOGIN_SECONDS:
            raise DiscordUnreachable(LOGIN_SECONDS / 60)
        log.warning("Discord cannot be reached (%s); tried again in %.0f s", reason, pause)
        await sleep(pause)
        pause = min(2 * pause, LONGEST_LOGIN_PAUSE)


async def serve(
    bot: StudyBot, *, sleep: Sleep = asyncio.sleep, clock: Clock = time.monotonic
) -> None:
    """Keep the bot connected until it is closed; running answers are carried on meanwhile.

    Cancelled, it closes the bot. Raises SettingsInvalid when Discord will never let it in as it is.
    """
    pause = FIRST_PAUSE
    watching = asyncio.create_task(_watch(bot))
    connecting = asyncio.create_task(bot.connect())
    try:
        while True:
            began = clock()
            await _until_unsound(bot, connecting)
            if not _broken(bot, connecting):
                return
            if clock() - began > CALM_SECONDS:
                pause = FIRST_PAUSE
            log.warning("the connection is begun anew in %.0f s", pause)
            # After an event that was left out, the old connection serves until then.
            await sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            await _leave(bot, connecting)
            connecting = asyncio.create_task(bot.connect())
    finally:
        watching.cancel()
        await bot.close()
        await _leave(bot, connecting)


async def _until_unsound(bot: StudyBot, connecting: asyncio.Task[None]) -> None:
    """Wait until the connection ended, or an event could not be read."""
    unsound = asyncio.create_task(bot.unsound.wait())
    await asyncio.wait({connecting, unsound}, return_when=asyncio.FIRST_COMPLETED)
    unsound.cancel()
    bot.unsound.clear()


def _broken(bot: StudyBot, connecting: asyncio.Task[None]) -> bool:
    """Say whether a connection is to be begun anew; raise what makes that no use."""
    error = connecting.exception() if connecting.done() else None
    if isinstance(error, discord.PrivilegedIntentsRequired):
        raise SettingsInvalid(NOT_GRANTED) from error
    if isinstance(error, discord.ConnectionClosed) and error.code == _WRONG_TOKEN:
        raise SettingsInvalid(REFUSED) from error
    if error is not None and bot.is_closed():
        raise error
    if error is not None:
        log.error("the connection to Discord broke", exc_info=error)
    return not bot.is_closed()


async def _leave(bot: StudyBot, connecting: asyncio.Task[None]) -> None:
    """End what is left of a connection."""
    connecting.cancel()
    await asyncio.wait({connecting})
    # The library sets `ws` only when it first connects.
    if not bot.is_closed() and getattr(bot, "ws", None) is not None:
        with suppress(OSError, aiohttp.ClientError):
            await bot.ws.close()


async def _watch(bot: StudyBot) -> None:
    """Let the library reconnect when Discord acknowledges no heartbeat any more."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        age, interval = bot.heartbeat()
        if age > interval + ACK_SLACK:
            log.warning("no heartbeat was acknowledged for %.0f s; connecting again", age)
            with suppress(OSError, aiohttp.ClientError):
                await bot.ws.close(4000)
