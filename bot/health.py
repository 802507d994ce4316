"""Health: what is there, what is missing, and the line that mends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import EngineError, MemoryUnavailable
from bot.library import Library
from bot.memory import Memory
from bot.model import Engine, ModelEntry
from bot.settings import Settings
from knowledge.roster import System, stale_rows


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


def index_health(library: Library) -> PartHealth:
    """Say whether the index is there and fits the lessons."""
    build = "python -m bot index"
    change = library.pending()
    manifest = library.index.manifest()
    if manifest is None:
        return PartHealth("index", "there is no index of the lessons yet", build, ok=False)
    if change.nothing:
        made = f"{len(manifest.passages)} passages, made with {manifest.model}"
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


async def records_health(memory: Memory) -> PartHealth:
    """Say whether what is remembered can be read."""
    try:
        return PartHealth("records", await memory.check(), needed=False)
    except MemoryUnavailable as error:
        sentence = f"{error.sentence} Answers go on without them; nothing is remembered."
        mend = "restore records.db in the data folder from a backup, or move it away"
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
