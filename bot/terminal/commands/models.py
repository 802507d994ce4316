"""`models`: what is installed, at which stage each is, what line-ups lack; and what changes it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import click
from rich.text import Text

from bot.characters import plain_characters
from bot.events import Failed
from bot.exporting import export
from bot.settings import read_settings
from bot.stock import Pulling, Stock, StockEnd, StockEvent, Stockroom
from bot.stocklist import about, bar, completeness, memory, told
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services

Begin = Callable[[Stockroom], AsyncGenerator[StockEvent]]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the engine's models; pull, preload or unload one; export the toys."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@run_async
async def list_() -> int:
    """List the models: stage, size, quantisation, memory; and what line-ups lack."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        screen.tell(f"Engine at {services.engine.base_url}")
        for fault in services.demos.faults:
            screen.fail(fault)
        stock = await services.stockroom.look()
    _list(stock, screen)
    return 0


@command.command("pull")
@click.argument("tag")
@run_async
async def pull(tag: str) -> int:
    """Install a model that a line-up names; Ctrl-C stops it, and what came is kept."""
    return await _change(lambda room: room.pull(tag))


@command.command("preload")
@click.argument("tag")
@run_async
async def preload(tag: str) -> int:
    """Bring a model into memory and keep it there for half an hour."""
    return await _change(lambda room: room.load(tag))


@command.command("unload")
@click.argument("tag")
@run_async
async def unload(tag: str) -> int:
    """Take a model out of memory."""
    return await _change(lambda room: room.unload(tag))


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@run_async
async def export_(folder: Path) -> int:
    """Write the toy models into FOLDER, each as a folder that `ollama create` takes."""
    screen = Screen()
    for toy in await asyncio.to_thread(export, folder):
        screen.say(f"ollama create pocket:3m-{toy.name}-f16 -f {toy / 'Modelfile'}")
    return 0


async def _change(begin: Begin) -> int:
    """Show what happens to a model; the exit code is 1 when it failed."""
    screen = Screen()
    last: StockEvent | None = None
    async with (
        open_services(read_settings(), load=False) as services,
        aclosing(begin(services.stockroom)) as events,
    ):
        # A terminal shows one line that moves, a pipe each new word of the engine's.
        with screen.err.status("…") as line:
            async for event in events:
                sentence = plain_characters(told(event, dt.datetime.now(dt.UTC)))
                shown = f"{bar(event)} {sentence}" if isinstance(event, Pulling) else sentence
                line.update(Text(shown))
                piped = not screen.err.is_terminal and not isinstance(event, StockEnd)
                if piped and _kind(event) != _kind(last):
                    screen.tell(sentence)
                last = event
    if isinstance(last, Failed):
        screen.fail(last.error.sentence)
        return 1
    if last is not None:
        screen.say(told(last, dt.datetime.now(dt.UTC)))
    return 0


def _kind(event: StockEvent | None) -> tuple[type, str]:
    return type(event), event.status if isinstance(event, Pulling) else ""


def _list(stock: Stock, screen: Screen) -> None:
    now = dt.datetime.now(dt.UTC)
    for stocked in stock.models:
        screen.say(stocked.model.name, style="bold")
        screen.say(f"    {about(stocked)}{' – writes the answers' if stocked.answers else ''}")
        if held := memory(stocked.model, now):
            screen.say(f"    {held}", style="green")
    if not stock.models:
        screen.say("No model is installed.")
    if stock.wanted:
        screen.say(f"{stock.wanted} is wanted for answers and missing: ollama pull {stock.wanted}")
    screen.say("Line-ups for demos", style="bold")
    for lineup in stock.lineups:
        screen.say(f"    {lineup.lineup.slug}: {completeness(lineup)}")
        for tag in lineup.missing:
            screen.say(f"        ollama pull {tag}")
    if stock.away:
        screen.fail(f"{stock.away} further engines do not answer; what they have is not known.")
