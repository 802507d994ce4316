"""`backup`: an archive of the data folder, also while the bot runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.archive import back_up
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, resolve_path=True, path_type=Path))
@run_async
async def command(file: Path) -> int:
    """Write the data folder into FILE (.tar.gz). Keep it as safe as the folder itself."""
    made = await asyncio.to_thread(back_up, read_settings().data_dir, file)
    Screen().say(f"{made.files} files of {made.size_bytes / 1e6:.1f} MB are in {file.name}.")
    return 0
