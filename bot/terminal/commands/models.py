"""`models`: what the engine has, what is loaded, and the line that pulls what is missing."""

from __future__ import annotations

import click

from bot.model import InstalledModel
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
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
    for model in models:
        screen.say(model.name, style="bold")
        screen.say(f"    {_described(model, wanted)}")
    if not models:
        screen.say("No model is installed.")
    if all(model.name != wanted for model in models):
        screen.say(f"{wanted} is wanted for answers and missing: ollama pull {wanted}")
    return 0


def _described(model: InstalledModel, wanted: str) -> str:
    on_gpu = f"{model.vram_bytes / max(model.size_bytes, 1):.0%} of it on a GPU"
    parts = [
        f"{model.size_bytes / 1e9:.2f} GB",
        f"{model.parameter_size} parameters",
        model.quantization,
        f"in memory, {on_gpu}" if model.loaded else "not in memory",
    ]
    return ", ".join(parts) + (" – writes the answers" if model.name == wanted else "")
