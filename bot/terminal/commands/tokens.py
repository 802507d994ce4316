"""`tokens`: how a tokenizer cuts a text."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import click
from rich.text import Text

from bot.calculators.pictures import draw_tokens
from bot.calculators.tokens import Cut, Tokenizers, pieces, told
from bot.characters import plain_characters
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.plots import draw, plot_option
from bot.terminal.screen import Screen

GROUNDS = ("on dark_blue", "on dark_green", "on purple4")


@click.command()
@click.argument("text", required=False)
@click.option("--tokenizer", default="", help="The name of one at hand; else the first.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A tokenizer.json by its path.",
)
@plot_option()
@run_async
async def command(text: str | None, tokenizer: str, file: Path | None, plot: Path | None) -> int:
    """Show how TEXT, or standard input without one, is cut into tokens."""
    screen, at_hand = Screen(), Tokenizers.at_hand(read_settings())
    if text is None:
        text = (await asyncio.to_thread(sys.stdin.read)).removesuffix("\n")
    cut = await asyncio.to_thread(at_hand.cut, text, tokenizer, file)
    for line in told(cut):
        screen.say(line)
    screen.out.print(_coloured(cut))
    await draw(plot, partial(draw_tokens, cut), screen)
    return 0


def _coloured(cut: Cut) -> Text:
    """Return the text with neighbouring tokens on different grounds, and bars between them."""
    shown = Text()
    for number, piece in enumerate(pieces(cut)):
        style = GROUNDS[number % len(GROUNDS)] if piece.tokens else ""
        shown.append("|" if number else "", "dim")
        shown.append(plain_characters(piece.text), style)
        shown.append(f"×{piece.tokens}" if piece.tokens > 1 else "", "dim")
    return shown
