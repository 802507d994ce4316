"""`roster`: the systems the lessons name, who makes them, whether they live, and their builds."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import click

from bot.landscape import draw_landscape
from bot.rosterlist import lines
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.plots import draw, plot_option
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@plot_option("the landscape")
@run_async
async def command(plot: Path | None) -> int:
    """List the systems: maker, ecosystem, alive or retired, builds by stage."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        systems = services.systems
        for fault in services.library.faults:
            screen.fail(fault)
    today = dt.datetime.now(dt.UTC).date()
    for system in systems:
        screen.say(f"{system.name}, {system.maker}", style="bold")
        for line in lines(system, today):
            screen.say(f"    {line}")
    await draw(plot, partial(draw_landscape, systems), screen, "The landscape is drawn in")
    return 0
