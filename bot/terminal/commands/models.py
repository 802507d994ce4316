"""`models`: what the engine has, what is loaded, and the line that pulls what is missing."""

from __future__ import annotations

import click
from rich.table import Table

from bot.model import InstalledModel
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen, harmless
from bot.wiring import open_services


@click.command()
@run_async
async def command() -> int:
    """List the engine's models: size, quantisation, loaded or not; and what is wanted."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        wanted = services.model.entry.tag
        models = await services.engine.models()
        screen.tell(f"Engine at {services.engine.base_url}")
    if models:
        screen.out.print(_table(models, wanted))
    else:
        screen.say("No model is installed.")
    if all(model.name != wanted for model in models):
        screen.say(f"{wanted} is wanted for answers and missing: ollama pull {wanted}")
    return 0


def _table(models: tuple[InstalledModel, ...], wanted: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "size", "parameters", "quantisation", "memory", ""):
        table.add_column(heading)
    for model in models:
        on_gpu = f"{model.vram_bytes / max(model.size_bytes, 1):.0%} on GPU"
        table.add_row(
            harmless(model.name),
            f"{model.size_bytes / 1e9:.2f} GB",
            harmless(model.parameter_size),
            harmless(model.quantization),
            f"loaded, {on_gpu}" if model.loaded else "–",
            "writes answers" if model.name == wanted else "",
        )
    return table
