"""Portraits: each system of the roster as two passages, found and cited like a lesson.

Every sentence is made from the row and names the system, for sentences are quoted alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.roster import Build, Ecosystem, Grade, Lifecycle, System
from knowledge.stage import Stage

SLUG = "roster"
TITLE = "The roster: the systems by name"
ORDER = 90
"""Behind the lessons."""

_KIND = {
    Ecosystem.FRONTIER: "a frontier model family with closed weights",
    Ecosystem.OPEN_WEIGHT: "an open-weight model family",
}
_STATE = {
    Lifecycle.LIVE_LOCAL: "is alive and can be run locally",
    Lifecycle.LIVE_REMOTE: "is alive and can be reached through an API only",
    Lifecycle.RETIRED: "is retired",
}
_SURE = {
    Grade.SEEN: "seen",
    Grade.LISTED: "listed",
    Grade.MENTIONED: "mentioned once or in secondary sources",
    Grade.UNVERIFIED: "unverified",
}


def roster_lesson(systems: Sequence[System]) -> Lesson | None:
    """Return one lesson with two passages a system, or None where there is no system."""
    if not systems:
        return None
    passages = tuple(passage for system in systems for passage in _passages(system))
    sources = tuple(dict.fromkeys(source for system in systems for source in system.sources))
    return Lesson(
        slug=SLUG,
        title=TITLE,
        order=ORDER,
        summary="Who makes each system, whether it is alive, how to reach it, and its builds.",
        tags=("roster", "models", "lifecycle", "tags"),
        sources=sources,
        checked=min(system.checked for system in systems),
        passages=passages,
        digest=hashlib.sha256(repr(passages).encode()).hexdigest(),
    )


def _passages(system: System) -> tuple[Passage, Passage]:
    name = system.name
    return (
        _passage(
            system,
            system.slug,
            f"{name}: maker, licence, and whether it is still alive",
            _about(system),
            (
                f"who makes {name}",
                f"is {name} still alive or shut down?",
                f"how do I reach {name}",
                *system.asks,
            ),
        ),
        _passage(
            system,
            f"{system.slug}-builds",
            f"{name}: stages and tags",
            _builds(system),
            (f"which tag of {name} do I pull", f"is there a base model of {name}?"),
        ),
    )


def _passage(
    system: System, anchor: str, heading: str, text: str, asks: tuple[str, ...]
) -> Passage:
    return Passage(
        id=f"{SLUG}#{anchor}",
        lesson=SLUG,
        lesson_title=TITLE,
        heading=heading,
        path=(system.name,),
        anchor=anchor,
        text=text,
        asks=asks,
    )


def _about(system: System) -> str:
    name = system.name
    first = [
        f"{name} is {_KIND[system.ecosystem]}, made by {system.maker} and first released in "
        f"{system.released}.",
        f"The licence of {name}: {system.licence}.",
    ]
    if system.sizes:
        first.append(f"{name} comes in these sizes: {', '.join(system.sizes)}.")
    first.append(system.lineage)
    first += _of_ecosystem(system)
    state = [f"As of {_day(system.checked)}, {name} {_STATE[system.lifecycle]}."]
    if system.ended:
        state.append(f"{name} was retired by {system.maker} on {_day(system.ended)}.")
    if system.successor:
        state.append(f"The successor of {name} is {system.successor}.")
    state += [system.reach, system.history]
    return "\n\n".join(" ".join(filter(None, part)) for part in (first, state))


def _of_ecosystem(system: System) -> list[str]:
    """Say what follows from who holds the weights."""
    name, maker = system.name, system.maker
    if system.ecosystem is Ecosystem.OPEN_WEIGHT:
        return [
            f"The weights of {name} can be downloaded, so anyone may run, fine-tune, quantize or "
            f"merge {name} within its licence.",
            f"Whoever runs {name} controls it and may change it, is responsible for hardware and "
            "maintenance, and can keep the data in an environment of their own.",
        ]
    pay, grow, send = ("pay", "grows", "send") if system.alive else ("paid", "grew", "sent")
    return [
        f"{name} cannot be downloaded: its weights are closed, and its users can neither see nor "
        "change them.",
        f"Users of {name} {pay} for each token, so that the bill {grow} with usage, and {send} "
        f"their data to the external servers of {maker}.",
    ]


def _builds(system: System) -> str:
    name = system.name
    lines = [f"These are the builds of {name} by stage, as checked on {_day(system.checked)}:", ""]
    reasons = dict(system.missing)
    for stage in Stage:
        found = [build for build in system.builds if build.stage is stage]
        told = [_told(build) for build in found]
        if stage in reasons:
            told.insert(0, reasons[stage])
        if told:
            lines.append(f"- {name}, {stage}: {'; '.join(told)}.")
    return "\n".join(lines)


def _told(build: Build) -> str:
    kin = f", a relative: {build.kin}" if build.kin else ""
    return f"`{build.tag}` at {build.provider}{kin} ({_SURE[build.grade]})"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"
