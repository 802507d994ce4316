"""The stock in words, the same in every front end."""

from __future__ import annotations

import datetime as dt

from bot.events import Failed
from bot.model import InstalledModel, Loading
from bot.stock import (
    Checked,
    LineupStock,
    Loaded,
    Pulled,
    Pulling,
    Stocked,
    StockEvent,
    Unloaded,
)

_MINUTE, _HOUR, _YEAR = 60.0, 3600.0, 365 * 86400.0
_BAR = 20
_BYTES = 1_000_000


def about(stocked: Stocked) -> str:
    """Say what a model is: stage, size, parameters, quantisation, capabilities."""
    model = stocked.model
    parts = [
        " or ".join(stocked.stages) or "stage not known",
        _size(model.size_bytes),
        f"{model.parameter_size} parameters" if model.parameter_size else "",
        model.quantization,
        ", ".join(model.capabilities),
    ]
    return " · ".join(part for part in parts if part)


def memory(model: InstalledModel, now: dt.datetime) -> str:
    """Say what a model takes in memory and how long it stays; empty while it is not there."""
    if not model.loaded:
        return ""
    share = model.vram_bytes / max(model.memory_bytes, 1)
    stays = f", {staying(model.expires, now)}" if model.expires else ""
    return f"in memory: {_size(model.memory_bytes)}, {share:.0%} of it on a GPU{stays}"


def staying(expires: dt.datetime, now: dt.datetime) -> str:
    """Say how long a model stays in memory."""
    seconds = (expires - now).total_seconds()
    if seconds > _YEAR:
        return "until it is unloaded"
    return f"for {_duration(max(0.0, seconds))} more"


def completeness(stock: LineupStock) -> str:
    """Say whether every model of a line-up is there."""
    every = len(stock.lineup.missing(()))
    rents = "; the others are rented" if stock.lineup.rents else ""
    there = f"lacks {len(stock.missing)} of {every}" if stock.missing else "complete"
    return f"{there}{rents}"


def told(event: StockEvent, now: dt.datetime) -> str:
    """Say what happens to a model."""
    match event:
        case Checked(tag, None):
            unknown = "how much room its disk has cannot be known from here"
            line = f"Pulling {tag}; the engine runs on another machine, and {unknown}."
        case Checked(tag, free):
            line = f"Pulling {tag}; {_size(free or 0)} are free on the disk."
        case Pulling():
            line = f"Pulling {event.tag}: {_progress(event)}"
        case Pulled(tag, size, seconds):
            line = f"{tag} is installed: {_size(size)} in {_duration(seconds)}."
        case Loading(tag):
            line = f"Loading {tag} into memory"
        case Loaded(tag, seconds, bytes_, expires):
            stays = f", and stays {staying(expires, now)}" if expires else ""
            takes = f"; it takes {_size(bytes_)}{stays}" if bytes_ else ""
            line = f"{tag} is in memory after {seconds:.1f} s{takes}."
        case Unloaded(tag):
            line = f"{tag} is out of memory."
        case Failed(error):
            line = error.sentence
    return line


def bar(event: Pulling) -> str:
    """Return how far a pull is, as a bar."""
    filled = round(_BAR * event.done / event.total) if event.total else 0
    return "█" * min(filled, _BAR) + "░" * (_BAR - min(filled, _BAR))


def _progress(event: Pulling) -> str:
    """Say how much is there, how fast it comes, and what the engine does else."""
    if not event.total or event.done >= event.total or not event.status.startswith("pulling "):
        return event.status
    parts = [f"{event.done / event.total:.0%} of {_size(event.total)}"]
    if event.seconds >= 1 and event.came > _BYTES:
        rate = event.came / event.seconds
        parts.append(f"{rate / 1e6:.0f} MB/s")
        parts.append(f"about {_duration((event.total - event.done) / rate)} more")
    return ", ".join(parts)


def _size(size: float) -> str:
    return f"{size / 1e9:.2f} GB"


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h"
