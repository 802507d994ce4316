"""`chat`: a conversation in the terminal."""

from __future__ import annotations

import click

from bot.levels import LEVELS, Level
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.chat import chat
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@click.option(
    "--level", type=click.Choice(tuple(LEVELS)), help="Have a model write for such a reader."
)
@run_async
async def command(level: Level | None) -> int:
    """Talk with the lessons; a question may lean on the one before."""
    screen = Screen()
    async with open_services(read_settings(), progress=screen.progress) as services:
        return await chat(services, screen, level)
