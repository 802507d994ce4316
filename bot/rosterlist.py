"""The roster in words, the same in every front end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from knowledge.roster import Build, Ecosystem, System, stale_rows
from knowledge.stage import Stage


def row(system: System) -> str:
    """Return what a row says in one line: maker, life, stages, the day it was checked."""
    ended = f" since {system.ended}" if system.ended else ""
    stages = ", ".join(_stages(system)) or "no build"
    return f"{system.maker} · {system.lifecycle}{ended} · {stages} · checked {system.checked}"


def lines(system: System, today: dt.date) -> list[str]:
    """Say all that a row holds; a row that was checked too long ago says so."""
    ended = f" since {system.ended}" if system.ended else ""
    age = ", too long ago to rely on" if system.stale(today) else ""
    told = [f"{system.ecosystem}, {system.lifecycle}{ended}, checked {system.checked}{age}"]
    told += [f"successor: {system.successor}"] if system.successor else []
    told += [f"{stage}: {why}" for stage, why in system.missing]
    return told + [f"{build.stage}: {_told(build)}" for build in system.builds]


def overdue(systems: Sequence[System], today: dt.date) -> str:
    """Name the rows whose facts are older than they are good for; empty where all are fresh."""
    stale = stale_rows(systems, today)
    named = ", ".join(f"{system.name} ({system.checked})" for system in stale)
    return (
        f"{len(stale)} of {len(systems)} rows were checked too long ago: {named}" if stale else ""
    )


def picture_in_words(systems: Sequence[System]) -> str:
    """Say what the picture of the landscape shows, for who cannot see it."""
    told = ["The landscape: which system has a build at which stage."]
    for ecosystem in Ecosystem:
        members = [
            f"{system.name}{'' if system.alive else ' (retired)'}: {', '.join(_stages(system))}"
            for system in systems
            if system.ecosystem is ecosystem
        ]
        told += [f"{ecosystem}: {'; '.join(members)}."] if members else []
    return " ".join(told)


def _stages(system: System) -> list[str]:
    """Name the stages at which there is a build of the system itself, or only of a relative."""
    found = []
    for stage in Stage:
        builds = [build for build in system.builds if build.stage is stage]
        if builds:
            own = any(build.kin is None for build in builds)
            found.append(str(stage) if own else f"{stage} of a relative")
    return found


def _told(build: Build) -> str:
    kin = f", {build.kin}" if build.kin else ""
    return f"{build.tag} at {build.provider}, grade {build.grade}{kin}"
