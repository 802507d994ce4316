"""`cost`: renting a model by the token beside owning a machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from bot.calculators import breakeven
from bot.calculators.breakeven import Machine, Use
from bot.calculators.pictures import draw_breakeven
from bot.terminal.app import run_async
from bot.terminal.plots import draw, plot_option
from bot.terminal.screen import Screen
from knowledge.roster import read_roster


@click.command()
@click.argument("requests", type=float)
@click.option("--in", "tokens_in", default=1000.0, show_default=True, help="Tokens in.")
@click.option("--out", "tokens_out", default=300.0, show_default=True, help="Tokens out.")
@click.option("--machine", type=float, required=True, help="Price of the machine.")
@click.option("--model", help="A model with a price in the roster; else give both prices.")
@click.option("--price-in", type=float, help="Price of a million tokens in.")
@click.option("--price-out", type=float, help="Price of a million tokens out.")
@click.option("--watts", default=300.0, show_default=True, help="Drawn on average.")
@click.option("--kwh", default=0.30, show_default=True, help="Price of a kilowatt-hour.")
@click.option("--months", default=36, show_default=True, help="Months to look at.")
@plot_option()
@run_async
async def command(  # noqa: PLR0913, PLR0917  a calculator's figures
    requests: float,
    tokens_in: float,
    tokens_out: float,
    machine: float,
    model: str | None,
    price_in: float | None,
    price_out: float | None,
    watts: float,
    kwh: float,
    months: int,
    plot: Path | None,
) -> int:
    """Tell when owning a machine pays against renting, at REQUESTS a day."""
    screen = Screen()
    rate = breakeven.rate_of(read_roster().systems, model, price_in, price_out)
    use, own = Use(requests, tokens_in, tokens_out), Machine(machine, watts, kwh)
    found = breakeven.compare(use, rate, own, months)
    for line in breakeven.told(found):
        screen.say(line)
    await draw(plot, partial(draw_breakeven, found), screen)
    return 0
