"""`stats`: what became of members' questions, server by server, without a word of anybody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.settings import read_settings
from bot.stats import figures_sheet, told
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@click.option("--server", type=click.IntRange(min=1), help="Only this Discord server.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True)
@click.option(
    "--csv",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write them as a table, of one --server.",
)
@run_async
async def command(server: int | None, days: int, csv: Path | None) -> int:
    """Tell questions, refusals, gaps, seconds and votes of each server."""
    screen = Screen()
    if csv is not None and server is None:
        raise click.UsageError("--csv holds one server: name it with --server.")
    async with open_services(read_settings(), load=False) as services:
        stats = services.records.stats
        servers = [server] if server else await stats.servers()
        for one in servers:
            report = await stats.of(one, days)
            screen.say(f"Server {one}", style="bold")
            for line in told(report):
                screen.say(f"    {line}")
            if csv is not None:
                await asyncio.to_thread(csv.write_bytes, figures_sheet(report))
                screen.tell(f"The table is in {csv}.")
    if not servers:
        screen.say("No server has asked anything that is still kept.")
    return 0
