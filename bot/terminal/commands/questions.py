"""`questions`: let the model write quiz questions on a lesson, checked, for its author to take."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.characters import json_line
from bot.questions import COUNT, MOST, Generated
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import Services, open_services
from knowledge.passages import Passage
from knowledge.question import Question


@click.command()
@click.argument("name", metavar="SLUG[#ANCHOR]")
@click.option("--count", type=click.IntRange(1, MOST), default=COUNT, help="Asked for a passage.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each passage.")
@run_async
async def command(name: str, count: int, as_json: bool) -> int:  # noqa: FBT001  click passes options by name
    """Let the model write quiz questions on a lesson; print the sound ones for its file.

    Read them before you take them: the check is strict, and it cannot reason.
    """
    screen = Screen()
    async with open_services(read_settings(), progress=screen.progress) as services:
        passages = _passages(services, name)
        if not passages:
            screen.fail(f"There is no '{name}'. `python -m bot lessons` lists what there is.")
            return 1
        for passage in passages:
            found = await services.questions.write(passage, "terminal", count)
            if as_json:
                screen.out.print(json_line({"passage": passage.id, **asdict(found)}), markup=False)
            else:
                _show(screen, passage, found)
    return 0


def _passages(services: Services, name: str) -> list[Passage]:
    slug, _, anchor = name.partition("#")
    found = [lesson for lesson in services.lessons if lesson.slug == slug]
    return [p for lesson in found for p in lesson.passages if not anchor or p.anchor == anchor]


def _show(screen: Screen, passage: Passage, found: Generated) -> None:
    screen.say(f"## {passage.heading}\n", style="bold")
    for dropped in found.dropped:
        screen.tell(f"dropped: {dropped.text or '–'} ({'; '.join(dropped.reasons)})")
    if found.questions:
        blocks = "\n\n".join(map(_block, found.questions))
        screen.say(f"<!-- quiz:\n{blocks}\n-->\n")


def _block(question: Question) -> str:
    """Return a question as it stands in a lesson's file."""
    key, *wrong = question.options
    lines = [question.text, f"+ {key}", *(f"- {option}" for option in wrong)]
    return "\n".join([*lines, f"why: {question.why}"] if question.why else lines)
