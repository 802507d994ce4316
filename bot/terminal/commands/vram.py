"""`vram`: how much memory a model needs, and which graphics cards have it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from bot.calculators import vram
from bot.calculators.pictures import draw_vram
from bot.terminal.app import run_async
from bot.terminal.plots import draw, plot_option
from bot.terminal.screen import Screen
from knowledge.hardware import read_hardware


@click.command()
@click.argument("model")
@click.option("--bits", default="Q4_K_M", show_default=True, help="Format, or bits a weight.")
@click.option("--context", default=8192, show_default=True, help="Tokens of context.")
@click.option("--cache", default="f16", show_default=True, help="KV cache: f16, q8_0 or q4_0.")
@click.option("--together", default=1, show_default=True, help="Requests at once.")
@plot_option()
@run_async
async def command(
    model: str, bits: str, context: int, cache: str, together: int, plot: Path | None
) -> int:
    """Tell how much memory MODEL needs: a name, or billions of parameters such as 8B."""
    screen, hardware = Screen(), read_hardware()
    wanted = vram.load(hardware, model, bits=bits, context=context, cache=cache, together=together)
    needed = vram.memory(wanted)
    for line in vram.told(wanted, needed, hardware):
        screen.say(line)
    await draw(plot, partial(draw_vram, wanted, needed, hardware), screen)
    return 0
