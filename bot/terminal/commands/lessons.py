"""`lessons`: list the lessons, or read one."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from bot.characters import plain_characters
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.lesson import Lesson


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the lessons, or read one with `lessons read SLUG`."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command("list")
@run_async
async def list_() -> int:
    """List the lessons with what each is about."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        for fault in services.library.faults:
            screen.fail(fault)
        for lesson in services.lessons:
            screen.say(f"{lesson.slug}: {lesson.title}", style="bold")
            screen.say(f"    {lesson.summary}")
    return 0


@command.command("read")
@click.argument("name", metavar="SLUG[#ANCHOR]")
@run_async
async def read(name: str) -> int:
    """Read a lesson, or one passage of it by the id an answer cites."""
    screen = Screen()
    slug, _, anchor = name.partition("#")
    async with open_services(read_settings(), load=False) as services:
        lesson = next((lesson for lesson in services.lessons if lesson.slug == slug), None)
    passages = [p for p in lesson.passages if not anchor or p.anchor == anchor] if lesson else []
    if lesson is None or not passages:
        screen.fail(f"There is no '{name}'. `python -m bot lessons` lists what there is.")
        return 1
    text = [f"# {lesson.title}"] if not anchor else []
    text += [f"{'#' * (2 + len(p.path))} {p.heading}\n\n{p.text}" for p in passages]
    text += [] if anchor else [_sources(lesson)]
    page = plain_characters("\n\n".join(text))
    # A link shows where it leads, here as in Discord.
    shown = Markdown(page, hyperlinks=False) if screen.out.is_terminal else page
    screen.out.print(shown, markup=False)
    return 0


def _sources(lesson: Lesson) -> str:
    lines = [
        f"- {source.title}{f' <{source.url}>' if source.url else ''}" for source in lesson.sources
    ]
    return "\n".join([f"Sources, checked {lesson.checked}:", "", *lines])
