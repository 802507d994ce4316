"""`doctor`: what is there, what is missing, and the line that mends it."""

from __future__ import annotations

import click

from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@run_async
async def command() -> int:
    """Look at every part; the exit code is 1 when something needed is missing."""
    screen = Screen()
    settings = read_settings()
    async with open_services(settings, load=False) as services:
        parts = await services.health()
    for part in parts:
        mark = "ok" if part.ok else ("missing" if part.needed else "without")
        style = "green" if part.ok else ("red" if part.needed else "yellow")
        screen.say(f"{mark:>8}  {part.name}: {part.sentence}", style=style)
        if part.mend and not part.ok:
            screen.say(f"          → {part.mend}")
    broken = any(part.needed and not part.ok for part in parts)
    screen.say("Something needed is missing." if broken else "Everything needed is there.")
    return 1 if broken else 0
