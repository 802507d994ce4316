"""Scenarios of the game "rent or own": a team and its needs, the choice, and why; a file each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.content import Content, read_folders
from prompts.loader import FOLDER

SHIPPED = FOLDER / "scenarios"

Choice = Literal["rent", "own"]
"""A frontier model through its API, or an open-weight model run by oneself."""


class Scenario(Content):
    """One scenario. `lesson` is the id of the passage on which its choice rests.

    `reasons` speak for the choice, a sentence each; `turns` says what would turn it.
    """

    title: str = Field(min_length=1, max_length=60)
    scenario: str = Field(min_length=1, max_length=400)
    choice: Choice
    reasons: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        min_length=2, max_length=4
    )
    turns: str = Field(min_length=1, max_length=200)
    lesson: str = Field(pattern=r"^[a-z0-9-]+#[a-z0-9-]+$")


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The scenarios that can be played, by file name, and every fault of the others."""

    all: tuple[Scenario, ...]
    faults: tuple[str, ...] = ()

    def find(self, slug: str) -> Scenario | None:
        """Return the scenario of this name."""
        return next((scenario for scenario in self.all if scenario.slug == slug), None)


def read_scenarios(folders: Iterable[Path], passages: Collection[str]) -> Scenarios:
    """Read every scenario of `folders`; its passage must exist."""
    found, faults = read_folders(folders, Scenario)
    usable = [scenario for scenario in found if scenario.lesson in passages]
    faults += [
        f"{scenario.slug}.toml: lesson: there is no passage '{scenario.lesson}'"
        for scenario in found
        if scenario.lesson not in passages
    ]
    return Scenarios(tuple(usable), tuple(faults))
