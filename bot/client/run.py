"""Running the Discord front end until a signal says otherwise."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.client.bot import StudyBot
from bot.client.pages import open_pages
from bot.client.remedies import redirect, release_cancelled_locks
from bot.client.serving import logged_in, serve
from bot.errors import EngineError, SettingsInvalid
from bot.meters import Meters
from bot.model import Model
from bot.settings import Settings
from bot.version import VERSION
from bot.wiring import open_services

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
"""How soon a thread that computes lets the event loop go on, each time it wants to: a tenth of
Python's default. While the embedding model was loaded, fifty round trips on a socket took 1.8 s at
worst; now 0.03 s (measured on a busy machine)."""


async def run_discord(settings: Settings) -> None:
    """Serve Discord until SIGTERM or SIGINT; running answers are brought to an end first.

    Until it is logged in nothing needs an end, and signals are whoever's who runs the process.

    Raises FolderBusy when another bot runs on the data folder, SettingsInvalid when Discord
    does not take the token or an intent, DiscordUnreachable when it does not answer for minutes.
    """
    if settings.discord_token is None:
        raise SettingsInvalid("DISCORD_TOKEN is not set.")
    release_cancelled_locks()
    sys.setswitchinterval(SWITCH_SECONDS)
    redirect(settings.discord_api_base, settings.discord_gateway_url)
    token = settings.discord_token.get_secret_value()
    meters = Meters(VERSION)
    async with open_services(settings, own=True, load=False, meters=meters) as services:
        services.records.prepare()
        services.library.open(refresh=True)
        warming = asyncio.create_task(_warm(services.model))
        try:
            async with open_pages(services) as pages, logged_in(services, token) as bot:
                pages.bot = bot
                await _serve(bot)
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)


async def _serve(bot: StudyBot) -> None:
    """Serve until a signal comes."""
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        serving = asyncio.create_task(serve(bot))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # Cancelled, it brings running answers to an end.
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def _warm(model: Model) -> None:
    """Bring the model into memory before the first question; without an engine, do nothing."""
    try:
        await model.preload()
    except EngineError as error:
        log.info("the model was not loaded ahead: %s", error.sentence)


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT: discord.py's own `run` dies of SIGTERM without a word."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)
    for number in caught:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
