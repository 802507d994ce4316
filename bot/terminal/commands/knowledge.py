"""`knowledge`: add documents to the lessons, look through what waits, approve, remove."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from bot.curating import Curating, check_size
from bot.documents import Document
from bot.errors import DocumentUnknown
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services

SERVER = click.option(
    "--server", type=click.IntRange(min=1), help="The Discord server it is for; else everybody."
)


@click.group()
def command() -> None:
    """Add documents to the lessons; each waits until it is approved."""


@command.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--title", default="", help="Its title; else the document's own.")
@SERVER
@run_async
async def add(file: Path, title: str, server: int | None) -> int:
    """Read FILE (md, txt, pdf, ipynb, html, docx) into the queue."""
    screen = Screen()
    data = await asyncio.to_thread(_read, file)
    async with _curating(screen) as curating:
        document = await curating.add(file.name, data, server, None, title)
    _tell(document, screen)
    screen.say(f"Read it: python -m bot knowledge show {document.id}")
    screen.say(f"Approve it: python -m bot knowledge approve {document.id}")
    return 0


@command.command("list")
@click.option("--waiting", is_flag=True, help="Only what waits for approval.")
@run_async
async def list_(waiting: bool) -> int:  # noqa: FBT001  click passes options by name
    """List the documents of all servers."""
    screen = Screen()
    async with _curating(screen) as curating:
        documents = await curating.everywhere()
    shown = [document for document in documents if document.waits or not waiting]
    for document in shown:
        _tell(document, screen)
    if not shown:
        screen.say("There are none.")
    return 0


@command.command("show")
@click.argument("document_id", metavar="ID")
@run_async
async def show(document_id: str) -> int:
    """Print the passages of a document as they would be found."""
    screen = Screen()
    async with _curating(screen) as curating:
        document = await _anywhere(curating, document_id)
        passages = await curating.passages(document)
    _tell(document, screen)
    for passage in passages:
        screen.say("")
        screen.say(" › ".join((*passage.path, passage.heading or document.title)), style="bold")
        screen.say(passage.text)
        for question in passage.asks:
            screen.say(f"(answers: {question})", style="dim")
    return 0


@command.command("approve")
@click.argument("document_id", metavar="ID")
@run_async
async def approve(document_id: str) -> int:
    """Let a document become a lesson."""
    screen = Screen()
    async with _curating(screen) as curating:
        document = await _anywhere(curating, document_id)
        _tell(await curating.approve(document.id, document.server, None), screen)
    return 0


@command.command("remove")
@click.argument("document_id", metavar="ID")
@run_async
async def remove(document_id: str) -> int:
    """Take a document away, from the queue or from the lessons."""
    screen = Screen()
    async with _curating(screen) as curating:
        document = await _anywhere(curating, document_id)
        await curating.remove(document.id, document.server)
    screen.say(f"{document.title} is removed.")
    return 0


def _read(file: Path) -> bytes:
    check_size(file.name, file.stat().st_size)
    return file.read_bytes()


@asynccontextmanager
async def _curating(screen: Screen) -> AsyncIterator[Curating]:
    """Open what curates."""
    async with open_services(read_settings(), load=False, progress=screen.progress) as services:
        yield services.records.curating


async def _anywhere(curating: Curating, document_id: str) -> Document:
    """Find a document of any server. Raises DocumentUnknown."""
    found = next((one for one in await curating.everywhere() if one.id == document_id), None)
    if found is None:
        raise DocumentUnknown
    return found


def _tell(document: Document, screen: Screen) -> None:
    day = dt.datetime.fromtimestamp(document.added_at, dt.UTC).date()
    whose = f"server {document.server}" if document.server else "everybody"
    state = "waits for approval" if document.waits else "approved"
    screen.say(f"{document.id}: {document.title}", style="bold")
    screen.say(
        f"    {state}, for {whose}, {document.passages} passages, from {document.name} "
        f"({document.size:,} bytes, SHA-256 {document.digest[:12]}…), added {day}"
    )
    for found in document.hidden:
        words = f": {'; '.join(found.excerpts)}" if found.excerpts else ""
        screen.say(f"    hidden ({found.kind}, {found.count}){words}", style="yellow")
