"""`index`: make the index as the lessons are."""

from __future__ import annotations

import click

from bot.errors import ContentInvalid
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.index import Change


@click.command()
@click.option("--check", is_flag=True, help="Only name the faults of the lesson files.")
@run_async
async def command(check: bool) -> int:  # noqa: FBT001  click passes options by name
    """Read the lessons, name every fault, and index what changed."""
    screen = Screen()
    async with open_services(read_settings(), load=False, progress=screen.progress) as services:
        if services.library.faults:
            raise ContentInvalid(services.library.faults)
        if check:
            screen.say(f"{len(services.lessons)} lessons, no fault.")
            return 0
        if (owner := services.folder.owner()) is not None:
            screen.tell(f"{owner} runs on this data folder and is asked to take the lessons up.")
        change = await services.folder.refreshed(services.library.refresh)
    _tell(change, screen)
    return 0


def _tell(change: Change, screen: Screen) -> None:
    if change.nothing:
        screen.say(f"Nothing changed: {len(change.unchanged)} lessons are indexed.")
        return
    if change.rebuilt:
        screen.say(f"Rebuilt, because {change.rebuilt}.")
    for name, slugs in (
        ("added", change.added),
        ("changed", change.changed),
        ("removed", change.removed),
    ):
        for slug in slugs:
            screen.say(f"{name}: {slug}")
    screen.say(f"{len(change.unchanged)} lessons were as before.")
