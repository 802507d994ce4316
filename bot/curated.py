"""Curated demos: a prompt that shows something, with what to notice and why, one TOML file each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.content import Content, read_folders
from bot.lineup import Lineups
from knowledge.stage import Stage
from prompts.loader import FOLDER

SHIPPED = FOLDER / "demos"

Form = Literal["plain", "framed", "swapped"]
"""How the prompt is given. plain: raw to a base model, through the chat template to the others.
framed: the same, but a base model gets it as the next question of a page of answered ones.
swapped: the wrong way round, a chat template's text to a base model and raw text to the others."""

Kind = Literal["continuation", "question", "instruction", "puzzle", "knowledge"]


class Scaled(BaseModel):
    """What the toys of the pocket line-up are given instead, as the demo's own is beyond them."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    prompt: str = Field(min_length=1, max_length=400)
    notice: str = Field(default="", max_length=400)


class Curated(Content):
    """One demo. `lesson` is the id of the passage that explains it.

    Without `pocket`, the demo is beyond the toys, and that is said where they play it.
    """

    title: str = Field(min_length=1, max_length=80)
    prompt: str = Field(min_length=1, max_length=2000)
    stages: tuple[Stage, ...] = Field(min_length=2)
    notice: str = Field(min_length=1, max_length=400)
    why: str = Field(min_length=1, max_length=600)
    lesson: str = Field(pattern=r"^[a-z0-9-]+#[a-z0-9-]+$")
    kind: Kind
    form: Form = "plain"
    lineups: tuple[str, ...] = ()
    num_predict: int = Field(default=400, ge=16, le=4096)
    temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    pocket: Scaled | None = None


@dataclass(frozen=True, slots=True)
class CuratedDemos:
    """The demos that can be used, and every fault of the others."""

    all: tuple[Curated, ...]
    faults: tuple[str, ...] = ()

    def find(self, slug: str) -> Curated | None:
        """Return the demo of this name."""
        return next((demo for demo in self.all if demo.slug == slug), None)

    def fitting(self, passages: Sequence[str]) -> Curated | None:
        """Return the demo that shows what one of these passages explains, else their lesson."""
        lessons = [passage.partition("#")[0] for passage in passages]
        exact = (demo for passage in passages for demo in self.all if demo.lesson == passage)
        near = (d for lesson in lessons for d in self.all if d.lesson.partition("#")[0] == lesson)
        return next(exact, None) or next(near, None)


def read_curated(
    folders: Iterable[Path], passages: Collection[str], lineups: Lineups
) -> CuratedDemos:
    """Read every demo of `folders`; its passage and its line-ups must exist."""
    found, faults = read_folders(folders, Curated)
    usable = []
    for demo in found:
        wrong = [f"there is no line-up '{n}'" for n in demo.lineups if lineups.find(n) is None]
        if demo.lesson not in passages:
            wrong.append(f"lesson: there is no passage '{demo.lesson}'")
        faults += [f"{demo.slug}.toml: {line}" for line in wrong]
        if not wrong:
            usable.append(demo)
    return CuratedDemos(tuple(usable), tuple(faults))
