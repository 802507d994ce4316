"""Which segments a change touches: few, none of another owner, no more in a larger index."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.arrangement import LARGEST, Arrangement, arrange, weight
from knowledge.lesson import Lesson
from knowledge.manifest import Part
from knowledge.passages import Passage

DAY = dt.date(2026, 1, 31)
NUMBERS = count(1)


def _lesson(slug: str, units: int, server: int | None = None, mark: str = "") -> Lesson:
    """Return a lesson of one passage that comes to `units` units."""
    asks = ("?",) * (units - 1)
    passage = Passage(f"{slug}#a", slug, slug, "a", (), "a", "text", asks, server)
    return Lesson(slug, slug, 1, slug, (), (), DAY, (passage,), f"{slug} {mark}", server)


def _made(arrangement: Arrangement) -> list[Part]:
    """Return the segments there are once an arrangement was carried out."""
    new = [
        Part(
            f"seg-{next(NUMBERS)}",
            group[0].server,
            len(group),
            sum(map(weight, group)),
            {lesson.slug: lesson.digest for lesson in group},
        )
        for group in arrangement.new
    ]
    return [*arrangement.stay, *new]


LESSONS = st.lists(
    st.builds(
        _lesson,
        st.sampled_from("abcdefghij"),
        st.sampled_from([1, 2, 30, LARGEST // 2, LARGEST, LARGEST * 2]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from(["old", "new"]),
    ),
    unique_by=lambda lesson: (lesson.server, lesson.slug),
)


@settings(deadline=None)
@given(st.lists(LESSONS, min_size=1, max_size=6))
def test_after_any_changes_each_lesson_is_in_one_segment_of_its_owner(
    changes: list[list[Lesson]],
) -> None:
    """As it is now, in no segment too large but one that it fills alone, and nothing else is."""
    parts: list[Part] = []
    for lessons in changes:
        arrangement = arrange(parts, lessons)
        told = sorted(part.name for part in (*arrangement.stay, *arrangement.go))
        assert told == sorted(part.name for part in parts)
        parts = _made(arrangement)
        held = Counter((p.server, slug, mark) for p in parts for slug, mark in p.lessons.items())
        assert held == Counter((x.server, x.slug, x.digest) for x in lessons)
        assert all(part.weight <= LARGEST or len(part.lessons) == 1 for part in parts)


def test_what_does_not_change_stays() -> None:
    parts = _made(arrange([], [_lesson("a", 3), _lesson("b", 3, 1)]))
    assert arrange(parts, [_lesson("b", 3, 1), _lesson("a", 3)]) == Arrangement(
        tuple(parts), (), ()
    )


@pytest.mark.parametrize("size", [2000, 20_000])
def test_lessons_added_one_by_one_lie_in_few_segments_and_are_seldom_written_anew(
    size: int,
) -> None:
    """Each some ten times at most, also in an index ten times as large."""
    parts: list[Part] = []
    lessons: list[Lesson] = []
    written = 0
    for number in range(size // 20):
        lessons.append(_lesson(f"l{number}", 20))
        arrangement = arrange(parts, lessons)
        written += sum(map(len, arrangement.new))
        parts = _made(arrangement)
    assert written <= 10 * len(lessons)
    assert len(parts) <= 10 + 2 * size / LARGEST


def test_a_change_costs_at_most_one_full_segment_of_its_owner() -> None:
    lessons = [_lesson(f"l{n}", LARGEST // 10) for n in range(100)]
    own = [_lesson(f"s{n}", 10, server) for n in range(10) for server in (1, 2)]
    parts = _made(arrange([], [*lessons, *own]))
    arrangement = arrange(parts, [*lessons[1:], *own])
    assert len(arrangement.go) == 1
    assert sum(weight(x) for group in arrangement.new for x in group) < LARGEST
    arrangement = arrange(parts, [*lessons, *own[1:]])
    assert [part.server for part in arrangement.go] == [1]
