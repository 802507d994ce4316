"""`models`: what the engine has and at which stage each is, and the lines that pull what lacks."""

from __future__ import annotations

import click

from bot.lineup import Lineups
from bot.model import InstalledModel
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.stage import Stage


@click.command()
@run_async
async def command() -> int:
    """List the engine's models: stage, size, quantisation; and which line-ups are complete."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        wanted = services.model.entry.tag
        models = await services.engine.models()
        screen.tell(f"Engine at {services.engine.base_url}")
        lineups = services.demos.lineups
        for fault in services.demos.faults:
            screen.fail(fault)
    for model in models:
        screen.say(model.name, style="bold")
        screen.say(f"    {_described(model, wanted, lineups.stages_of(model.name))}")
    if not models:
        screen.say("No model is installed.")
    if all(model.name != wanted for model in models):
        screen.say(f"{wanted} is wanted for answers and missing: ollama pull {wanted}")
    _tell_lineups(lineups, {model.name for model in models}, screen)
    return 0


def _tell_lineups(lineups: Lineups, installed: set[str], screen: Screen) -> None:
    screen.say("Line-ups for demos", style="bold")
    for lineup in lineups.all:
        missing = lineup.missing(installed)
        screen.say(f"    {lineup.slug}: {'lacks' if missing else 'complete'}")
        for tag in missing:
            screen.say(f"        ollama pull {tag}")


def _described(model: InstalledModel, wanted: str, stages: tuple[Stage, ...]) -> str:
    on_gpu = f"{model.vram_bytes / max(model.size_bytes, 1):.0%} of it on a GPU"
    parts = [
        " or ".join(stages) or "stage not known",
        f"{model.size_bytes / 1e9:.2f} GB",
        f"{model.parameter_size} parameters",
        model.quantization,
        f"in memory, {on_gpu}" if model.loaded else "not in memory",
    ]
    return ", ".join(parts) + (" – writes the answers" if model.name == wanted else "")
