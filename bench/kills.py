"""`python -m bench kills`: end the bot at random moments, begin it again, and look what is left.

The real bot, with the real embedding model, runs as a process between the fake Discord and the fake
Ollama. In each round it is ended (SIGKILL; for `stopping` SIGTERM) while it does something:

answering   members' answers are searched for, wait and stream
records     votes, settings, `/forget` and conversations are written
indexing    the running bot takes up a lesson that changed
building    `python -m bot index` does, or makes the whole index, while no bot runs
stopping    any of it, from the first moment of the process on

A round is clean when the next start is ready without an error in its log, everything that members
were told still holds, every answer that was open is closed where it stands, and the index that
serves is a whole one, old or new. After SIGTERM the process must end with 0 within ten seconds.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import click

from bench.lives import Asked, Lives, model
from bench.reborn import Faults, Told, answered, begun, reborn, running
from bench.tables import Cell, Table, show
from knowledge.curriculum import curriculum
from knowledge.index import Index
from knowledge.lesson import lesson_folders
from knowledge.manifest import Key
from knowledge.proof import examine
from tests.doubles.discord import FakeDiscord
from tests.doubles.ollama import FakeOllama

FOXES = """---
title: Foxes
order: 99
summary: Foxes.
tags: []
sources:
  - title: A book
checked: 2026-01-31
---
"""
ENDS_WITHIN = 10.0

Round = Callable[[Lives], Awaitable[Faults]]


async def answering(lives: Lives) -> Faults:
    """Kill while members' answers are searched for, wait and stream."""
    await running(lives)
    return await reborn(lives, await asking(lives, lives.rng.uniform(0.2, 8.0)))


async def asking(lives: Lives, seconds: float) -> list[Asked]:
    """Ask through every door for so long."""
    until, asked = time.monotonic() + seconds, [lives.ask()]
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left, lives.rng.uniform(0.0, 1.0)))
        asked.append(lives.ask())
    return asked


async def records(lives: Lives) -> Faults:
    """Kill while votes, settings, `/forget` and conversations are written."""
    await running(lives)
    told = Told(lives)
    first = lives.ask("ask")
    await answered(lives, first)
    writing = [
        asyncio.create_task(work)
        for work in (told.votes(first), told.settings(), told.forgets(), told.turns())
    ]
    await asyncio.sleep(lives.rng.uniform(0.3, 4.0))
    await lives.kill()
    await asyncio.sleep(0.3)
    for task in writing:
        task.cancel()
    for error in await asyncio.gather(*writing, return_exceptions=True):
        if isinstance(error, Exception):
            raise error
    return [*await reborn(lives, told.asked), *told.lost()]


async def indexing(lives: Lives) -> Faults:
    """Kill the running bot while it takes up a lesson that changed."""
    if lives.bot is None or lives.bot.returncode is not None:
        await lives.start()
    await answered(lives, lives.ask("ask"))
    before, year, after = changed(lives)
    command = await lives.command("index")
    await asyncio.sleep(lives.rng.uniform(1.0, 9.0))
    if lives.rng.random() < 0.5:  # else it does the work itself once the bot is gone
        with suppress(ProcessLookupError):  # it had ended by then
            command.kill()
    await lives.kill()
    out, err = await asyncio.wait_for(command.communicate(), 400.0)
    faults = (
        []
        if command.returncode in (0, -9)
        else [f"index ended with {command.returncode}: {out!r} {err!r}"]
    )
    faults += whole(lives, before, after)
    faults += await begun(lives)
    faults += await answered(
        lives, lives.ask("ask", question=f"What did the foxes dig up in the year {year}?"), "fox"
    )
    return faults + whole(lives, after)


async def building(lives: Lives) -> Faults:
    """Kill `python -m bot index` while it makes the index anew, whole or in part."""
    if lives.bot is not None:
        await lives.kill()
    before, year, after = changed(lives)
    if lives.rng.random() < 0.25:
        shutil.rmtree(lives.data / "index", ignore_errors=True)
        before = {}
    command = await lives.command("index")
    await asyncio.sleep(lives.rng.uniform(0.5, 12.0 if before else 40.0))
    with suppress(ProcessLookupError):
        command.kill()
    await command.communicate()
    faults = whole(lives, before, after)
    again = await lives.command("index")
    out, err = await asyncio.wait_for(again.communicate(), 400.0)
    if again.returncode:
        faults.append(f"index ended with {again.returncode}: {out!r} {err!r}")
    faults += whole(lives, after)
    if lives.rng.random() < 0.7:  # one more process that loads the model: not each time
        return faults
    found = await lives.command(
        "ask", "--retrieve-only", f"What did the foxes dig up in the year {year}?"
    )
    out, err = await asyncio.wait_for(found.communicate(), 400.0)
    return faults if f"bone {year}".encode() in out else [*faults, f"ask found {out!r} {err!r}"]


def changed(lives: Lives) -> tuple[dict[Key, str], int, dict[Key, str]]:
    """Write a lesson anew; return the lessons before (slug: digest), its year, and after."""
    before, year = lessons(lives), lives.rng.randrange(1000, 2000)
    parts = [
        f"## What foxes of part {n} dig up\n\nIn part {n}, foxes dug up bone {year} in {year}.\n"
        for n in range(lives.rng.randrange(20, 120))
    ]
    (lives.lessons / "99-fox.md").write_text("\n".join([FOXES, *parts]), "utf-8")
    return before, year, lessons(lives)


def lessons(lives: Lives) -> dict[Key, str]:
    """Return the lessons as they are on disk."""
    return {
        (lesson.server, lesson.slug): lesson.digest
        for lesson in curriculum(lesson_folders(lives.lessons)).lessons
    }


def whole(lives: Lives, *allowed: dict[Key, str]) -> Faults:
    """Tell when the index that serves is none of these, whole."""
    index = Index(lives.data / "index")
    manifest = index.manifest()
    if manifest is None:
        return [] if {} in allowed else ["no index serves"]
    if (fault := examine(index)) is not None:
        return [f"the index that serves is unsound: {fault}"]
    right = manifest.lessons in allowed
    return [] if right else ["the index that serves is neither the old nor the new one"]


async def stopping(lives: Lives) -> Faults:
    """Stop by SIGTERM at any moment of a life, also while the model is loaded or an index built."""
    fake = lives.fake
    if lives.bot is not None:
        await lives.kill()
    if lives.rng.random() < 0.3:
        shutil.rmtree(lives.data / "index", ignore_errors=True)
    else:
        changed(lives)
    earlier = fake.gateway.identified
    await lives.spawn()
    until, asked = time.monotonic() + lives.rng.uniform(0.3, 15.0), []
    while time.monotonic() < until:
        await asyncio.sleep(lives.rng.uniform(0.0, 0.7))
        if fake.gateway.identified > earlier and fake.commands:
            asked.append(lives.ask())
    code, seconds = await lives.kill(signal.SIGTERM)
    faults = [f"the log tells of an error: {line[:300]}" for line in lives.errors()]
    unborn = code == -signal.SIGTERM and not lives.log.stat().st_size  # Python was starting
    if (code and not unborn) or seconds > ENDS_WITHIN:
        faults.append(f"it ended with {code} after {seconds:.1f} s")
    left = [each for each in asked if not each.ended(fake)]
    return faults + [f"{each} is left open: {each.shown(fake)}" for each in left]


KINDS: dict[str, Round] = {
    each.__name__: each for each in (answering, records, indexing, building, stopping)
}


async def measure(
    kinds: tuple[str, ...], rounds: int, seed: int, keep: Path | None, data: Path | None
) -> tuple[Table, list[str]]:
    """End the bot `rounds` times in each kind of moment."""
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as temporary:
            folder = keep / kind if keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            async with FakeOllama([model(25.0)], num_parallel=8) as ollama, FakeDiscord() as fake:
                fake.latency = 0.02
                lives = Lives(fake, ollama, folder, random.Random(f"{seed}{kind}"))  # noqa: S311  moments, not secrets
                if data:
                    shutil.copytree(data / "index", lives.data / "index")
                first = await lives.command("index")
                await first.communicate()
                clean, began = 0, time.monotonic()
                for number in range(rounds):
                    faults = await KINDS[kind](lives)
                    clean += not faults
                    notes += [f"{kind} {number}: {fault}" for fault in faults]
                    click.echo(f"{kind} {number}: {faults or 'clean'}", err=True)
                if lives.bot is not None:
                    await lives.kill()
        rows.append((kind, rounds, clean, len(fake.refused), (time.monotonic() - began) / rounds))
    columns = ("ended while", "rounds", "clean", "refused calls", "seconds a round")
    return Table("kills", "Ended at random moments, and begun again", columns, tuple(rows)), notes


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)))
@click.option("--rounds", default=20, show_default=True, help="Rounds of each kind.")
@click.option("--seed", default=1, show_default=True, help="What the moments are drawn from.")
@click.option("--keep", type=click.Path(path_type=Path), help="A folder to leave data and logs in.")
@click.option("--data", type=click.Path(path_type=Path), help="A data folder with an index.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    kinds: tuple[str, ...],
    rounds: int,
    seed: int,
    keep: Path | None,
    data: Path | None,
    as_json: bool,  # noqa: FBT001  click passes by name
) -> None:
    """End the bot at random moments (of all KINDS), begin it again, and look what is left."""
    table, notes = asyncio.run(measure(kinds or tuple(KINDS), rounds, seed, keep, data))
    show([table], as_json=as_json, notes=notes)
