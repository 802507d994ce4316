"""Rounds: what has a time of its own is looked at again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.errors import BotError
from bot.present.calls import calls_of

log = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
"""Between two looks at the time: nothing is promised to the minute."""

Look = Callable[[], Awaitable[None]]


async def make_rounds(
    client: discord.Client,
    looks: Sequence[Look],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Let each look at the time for as long as the bot runs; not while Discord cannot be reached.

    What is due meanwhile is so afterwards: nothing is noted as done before it can be.
    """
    await client.wait_until_ready()
    while True:
        if client.is_ready() and not calls_of(client).paused:
            for look in looks:
                try:
                    await look()
                except BotError as error:
                    log.warning("what is due could not be looked at: %s", error.sentence)
                except Exception:  # one failure ends neither the others nor the next round
                    log.exception("a round failed")
        await sleep(LOOK_SECONDS)
