"""`run`: the Discord bot with a token, the terminal chat without."""

from __future__ import annotations

import logging
import signal

import click

from bot.settings import read_settings
from bot.terminal.app import leave, run_async
from bot.terminal.chat import chat
from bot.terminal.screen import Screen
from bot.wiring import open_services

log = logging.getLogger(__name__)


@click.command()
@run_async
async def command() -> int:
    """Bring the index up to date and start: Discord with DISCORD_TOKEN set, else the chat."""
    screen = Screen()
    settings = read_settings()
    if settings.discord_token is not None:
        # Until the bot is logged in, and listens itself, nothing needs to be brought to an end.
        signal.signal(signal.SIGTERM, lambda *_: leave(0))
        from bot.client.logs import begin_logging  # noqa: PLC0415  the chat needs no discord.py
        from bot.client.run import run_discord  # noqa: PLC0415  as above

        begin_logging(settings.log_level, settings.secrets)
        log.info("starting the Discord bot; Ctrl-C ends it")
        await run_discord(settings)
        return 0
    async with open_services(settings, refresh=True, progress=screen.progress) as services:
        return await chat(services, screen)
