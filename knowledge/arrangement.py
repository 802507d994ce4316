"""Arrangement: which segments stay as they are, and which lessons are written into new ones.

A changed or removed lesson costs its segment, which is written anew without it. What is new
takes up the segments that are no larger than itself, so that there are few of them, and each
passage is written anew at most some ten times (Bentley & Saxe 1980, the logarithmic method).
No segment grows beyond LARGEST, and none holds lessons of two owners: so a change costs at
most one segment, whatever the index holds, and nobody's lessons are touched for another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.lesson import Lesson
from knowledge.manifest import Key, Part

LARGEST = 10_000
"""Units that a segment holds at most, about: written anew in some seconds (measured)."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Segments that stay, segments that go, and the lessons of each new one."""

    stay: tuple[Part, ...]
    go: tuple[Part, ...]
    new: tuple[tuple[Lesson, ...], ...]


def arrange(parts: Sequence[Part], lessons: Sequence[Lesson]) -> Arrangement:
    """Arrange `lessons`, given the segments that can be kept."""
    wanted: dict[Key, Lesson] = {(lesson.server, lesson.slug): lesson for lesson in lessons}
    stay = [part for part in parts if _as_wanted(part, wanted)]
    new: list[tuple[Lesson, ...]] = []
    for server in dict.fromkeys(lesson.server for lesson in lessons):
        own = [part for part in stay if part.server == server]
        held = {slug for part in own for slug in part.lessons}
        todo = [found for found in lessons if found.server == server and found.slug not in held]
        for part in _taken_up(own, sum(map(weight, todo))):
            stay.remove(part)
            todo += [wanted[server, slug] for slug in part.lessons]
        new += _groups(todo)
    names = {part.name for part in stay}
    return Arrangement(tuple(stay), tuple(p for p in parts if p.name not in names), tuple(new))


def weight(lesson: Lesson) -> int:
    """Return about how many units a lesson's passages come to."""
    return sum(1 + len(passage.asks) for passage in lesson.passages)


def _as_wanted(part: Part, wanted: dict[Key, Lesson]) -> bool:
    """Say whether all lessons of a segment are still to be in the index as they are there."""
    found = ((wanted.get((part.server, slug)), mark) for slug, mark in part.lessons.items())
    return all(lesson is not None and lesson.digest == mark for lesson, mark in found)


def _taken_up(parts: Sequence[Part], added: int) -> list[Part]:
    """Return the segments that a new one of weight `added` takes up."""
    found: list[Part] = []
    for part in sorted(parts, key=lambda part: part.weight):
        if part.weight > added or part.weight + added > LARGEST:
            break
        found.append(part)
        added += part.weight
    return found


def _groups(lessons: Sequence[Lesson]) -> list[tuple[Lesson, ...]]:
    """Cut `lessons` into groups of at most LARGEST; one lesson is never cut."""
    groups: list[list[Lesson]] = []
    heavy = LARGEST
    for lesson in lessons:
        own = weight(lesson)
        if heavy + own > LARGEST:
            groups.append([])
            heavy = 0
        groups[-1].append(lesson)
        heavy += own
    return [tuple(group) for group in groups]
