"""`ask`: one question, or many from a file."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import TextIO

import click

from bot.asking import Asking, Question
from bot.characters import json_line
from bot.events import Failed
from bot.levels import LEVELS, Level
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.batch import AHEAD, answer_lines
from bot.terminal.records import record
from bot.terminal.screen import Screen
from bot.wiring import open_services


@click.command()
@click.argument("question", required=False)
@click.option("--lesson", metavar="SLUG", help="Search only this lesson.")
@click.option(
    "--level", type=click.Choice(tuple(LEVELS)), help="Have a model write for such a reader."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8", errors="replace"),
    metavar="FILE",
    help='With --json: JSON lines {id, question, history?, level?}; "-" is standard input.',
)
@click.option("--retrieve-only", is_flag=True, help="Ask no model: find and quote passages.")
@run_async
async def command(
    question: str | None,
    lesson: str | None,
    level: Level | None,
    as_json: bool,  # noqa: FBT001  click passes options by name
    batch: TextIO | None,
    retrieve_only: bool,  # noqa: FBT001  as above
) -> int:
    """Answer QUESTION from the lessons, with citations."""
    if batch is not None and not as_json:
        raise click.UsageError("--batch goes with --json")
    if batch is not None and level is not None:
        raise click.UsageError("with --batch, each line has a level of its own")
    if (question is None) == (batch is None):
        raise click.UsageError("give one QUESTION, or --json --batch FILE")
    screen = Screen()
    settings = read_settings()
    async with open_services(settings, progress=screen.progress) as services:
        for fault in services.library.faults:
            screen.fail(fault)
        asking = services.quoting if retrieve_only else services.asking
        if batch is not None:
            ahead = min(AHEAD, settings.engine_slots + settings.queue_bound)
            await answer_lines(batch, asking, ahead, _write, screen.tell)
            return 0
        if lesson is not None and all(lesson != known.slug for known in services.lessons):
            screen.fail(f"There is no lesson '{lesson}'. `python -m bot lessons` lists them.")
            return 1
        asked = Question(question or "", "terminal", lesson=lesson, level=level)
        return await (_as_object(asked, asking) if as_json else _as_text(asked, asking, screen))


def _write(line: str) -> None:
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.flush()


async def _as_object(question: Question, asking: Asking) -> int:
    found = await record(question.text, asking.ask(question))
    _write(json_line(found))
    return 1 if "error" in found else 0


async def _as_text(question: Question, asking: Asking, screen: Screen) -> int:
    async with aclosing(asking.ask(question)) as events:
        ending = await screen.show(events)
    return 1 if isinstance(ending, Failed) else 0
