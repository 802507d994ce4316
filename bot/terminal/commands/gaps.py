"""`gaps`: the questions that members' lessons left open, as CSV too, and answers to them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.errors import GapUnknown
from bot.gaps import GapBook, Group, as_csv
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.passages import Passage

_NAMED = 8
"""Characters of a gap's id that are shown, and are enough to name it."""


@click.group(invoke_without_command=True)
@click.option("--server", type=click.IntRange(min=1), help="Only those of this Discord server.")
@click.option(
    "--csv", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write them."
)
@click.pass_context
def command(ctx: click.Context, server: int | None, csv: Path | None) -> None:
    """List the questions that the lessons left open, alike ones together; or answer one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, server=server, csv=csv)


@run_async
async def list_(server: int | None, csv: Path | None) -> int:
    """Print the groups of each server, the most frequent first."""
    screen = Screen()
    groups: list[Group] = []
    answered: dict[str, Passage] = {}
    async with open_services(read_settings(), load=False, progress=screen.progress) as services:
        book = services.records.gaps
        for one in [server] if server else await book.servers():
            found = await book.groups(one)
            answered |= await book.answered(one, found)
            groups.extend(found)
            if found:
                screen.say(f"Server {one}", style="bold")
            for group in found:
                screen.say(f"    {_told(group, answered.get(group.head.request_id))}")
    if not groups:
        screen.say("There are none that are still kept.")
    if csv is not None:
        await asyncio.to_thread(csv.write_bytes, as_csv(groups, answered))
        screen.tell(f"They are in {csv}.")
    return 0


@command.command("answer")
@click.argument("gap", metavar="ID")
@click.argument("text")
@run_async
async def answer(gap: str, text: str) -> int:
    """Propose TEXT as the answer to the question ID; it waits until it is approved."""
    screen = Screen()
    async with open_services(read_settings(), load=False, progress=screen.progress) as services:
        server, group = await _find(services.records.gaps, gap)
        closes = [one.request_id for one in group.gaps]
        document = await services.records.curating.propose(
            group.head.question, text, server, None, closes
        )
    screen.say(f"It waits in the queue as {document.id}: {document.title}")
    screen.say(f"Approve it: python -m bot knowledge approve {document.id}")
    return 0


async def _find(book: GapBook, begins: str) -> tuple[int, Group]:
    """Find the one group that holds a gap with this id. Raises GapUnknown."""
    found = [
        (server, group)
        for server in await book.servers()
        for group in await book.groups(server)
        if len(begins) >= _NAMED and any(gap.request_id.startswith(begins) for gap in group.gaps)
    ]
    if len(found) != 1:
        raise GapUnknown
    return found[0]


def _told(group: Group, now: Passage | None) -> str:
    """Say a group in one line."""
    told = f"{group.head.request_id[:_NAMED]}  {len(group.gaps)}×  {group.head.question}"
    if group.waits:
        waiting = next(gap.answer for gap in group.gaps if gap.answer)
        return f"{told} (an answer waits: knowledge show {waiting})"
    return f"{told} (answered by now: {now.id})" if now else told
