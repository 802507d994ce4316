"""`chat`: a conversation in the terminal."""

from __future__ import annotations

import click

from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.chat import chat
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@run_async
async def command() -> int:
    """Talk with the lessons; a question may lean on the one before."""
    screen = Screen()
    async with open_services(read_settings(), progress=screen.progress) as services:
        return await chat(services, screen)
