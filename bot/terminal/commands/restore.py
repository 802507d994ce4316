"""`restore`: the data folder as an archive holds it, while no bot runs on it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.archive import restore
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@run_async
async def command(file: Path) -> int:
    """Let the data folder be what FILE holds; what was in it before is gone then."""
    made = await asyncio.to_thread(restore, read_settings().data_dir, file)
    Screen().say(f"{made.files} files of {made.size_bytes / 1e6:.1f} MB are restored.")
    return 0
