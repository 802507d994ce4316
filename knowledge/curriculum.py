"""The curriculum: all that is indexed, the lessons of the folders and the roster's portraits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from knowledge.lesson import Survey, survey
from knowledge.portraits import roster_lesson
from knowledge.roster import Roster, read_roster


def curriculum(folders: Iterable[Path], roster: Roster | None = None) -> Survey:
    """Read the lessons under `folders` and set the roster behind them, with every fault of both."""
    found = survey(folders)
    roster = read_roster() if roster is None else roster
    portrait = roster_lesson(roster.systems)
    lessons = (*found.lessons, portrait) if portrait else found.lessons
    return Survey(lessons, (*found.faults, *roster.faults))
