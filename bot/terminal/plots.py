"""Plots: the option that draws what a command says into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.terminal.screen import Screen


def plot_option(what: str = "it") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option `--plot`."""
    return click.option(
        "--plot",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help=f"Draw {what} into this PNG file.",
    )


async def draw(
    plot: Path | None,
    picture: Callable[[], bytes],
    screen: Screen,
    told: str = "The picture is in",
) -> None:
    """Write a picture into `plot`, where one is wanted. Raises OSError."""
    if plot is not None:
        await asyncio.to_thread(lambda: plot.write_bytes(picture()))
        screen.tell(f"{told} {plot}.")
