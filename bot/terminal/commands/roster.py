"""`roster`: the systems the lessons name, who makes them, whether they live, and their builds."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import click

from bot.rosterlist import lines
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw the landscape into this PNG file.",
)
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
    if plot is not None:
        from bot.landscape import draw_landscape  # noqa: PLC0415  only a picture needs it

        await asyncio.to_thread(lambda: plot.write_bytes(draw_landscape(systems)))
        screen.tell(f"The landscape is drawn in {plot}.")
    return 0
