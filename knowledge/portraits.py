"""Portraits: each system of the roster as three passages, found and cited like a lesson.

Every sentence is made from the row and names the system, for sentences are quoted alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.roster import Build, Ecosystem, Grade, Lifecycle, System
from knowledge.rosterquiz import ask_roster
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
    Lifecycle.RETIRED: "is retired and can no longer be reached at its maker",
}
_CLOSED_UP = str.maketrans("", "", " -")
_SURE = {
    Grade.SEEN: "seen",
    Grade.LISTED: "listed",
    Grade.MENTIONED: "mentioned once or in secondary sources",
    Grade.UNVERIFIED: "unverified",
}


def roster_lesson(systems: Sequence[System]) -> Lesson | None:
    """Return one lesson with three passages a system, or None where there is no system."""
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
        questions=ask_roster(systems, {passage.anchor: passage for passage in passages}),
    )


def _passages(system: System) -> tuple[Passage, ...]:
    """Three subjects, three passages: which is quoted is decided by the questions it answers."""
    name = system.name
    closed_up = name.translate(_CLOSED_UP)
    return (
        _passage(
            system,
            "",
            "maker, licence and sizes",
            _about(system),
            (
                f"what is {name}",
                f"what is {closed_up}",
                f"what kind of model is {name}, open or closed?",
                f"under which licence is {name}",
                f"who makes {name}",
                f"which company is behind {name}",
                f"Was ist {name}?",
                f"Wer macht {name}?",
                f"¿quién desarrolla {name}?",
            ),
        ),
        _passage(
            system,
            "-today",
            "whether it is still alive, and how to reach it",
            _today(system),
            (
                f"is {name} still alive or shut down?",
                f"is {name} still available, can I still use it?",
                f"how do I reach {name}",
                f"how do I run or install {name}",
                f"where do I get {name}",
                f"how to access or use {closed_up}",
                f"Gibt es {name} noch?",
                f"Wie erreiche ich {name}?",
                f"¿sigue disponible {name}?",
                *system.asks,
            ),
        ),
        _passage(
            system,
            "-builds",
            "stages and tags",
            _builds(system),
            (
                f"which tag of {name} do I pull",
                f"is there a base model of {name}?",
                f"does a raw {name} exist",
            ),
        ),
    )


def _passage(system: System, part: str, heading: str, text: str, asks: tuple[str, ...]) -> Passage:
    anchor = f"{system.slug}{part}"
    return Passage(
        id=f"{SLUG}#{anchor}",
        lesson=SLUG,
        lesson_title=TITLE,
        heading=f"{system.name}: {heading}",
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
    return " ".join([*first, *_of_ecosystem(system)])


def _today(system: System) -> str:
    name = system.name
    # One sentence, for who asks whether it is alive wants to reach it, and the other way round.
    told = [f"As of {_day(system.checked)}, {name} {_STATE[system.lifecycle]}, {system.reach}."]
    if system.ended:
        told.append(f"{name} was retired by {system.maker} on {_day(system.ended)}.")
    if system.successor:
        told.append(f"The successor of {name} is {system.successor}.")
    return " ".join(filter(None, (*told, system.history)))


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
