"""Scores: points, days in a row, mastery and places follow from what is still kept."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attempts import Attempt
from bot.memory import Memory, ServerSettings
from bot.records.memory import open_records
from bot.scorecard import MOST, draw_progress
from bot.scores import Mastery, Progress, Scores, Streak, mastery, ranked, streak, told
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from tests.bot.test_landscape import size

ADA, EVE, BOB = 7, 8, 9
HERE, THERE = 1, 2
DAY, NOW = 86_400.0, 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
TODAY = dt.date(2023, 11, 14)


def attempt(sitting: str, question: str, *, member: int = ADA, **other: Any) -> Attempt:
    kept = Attempt(sitting, question, member, 10, HERE, NOW, "x", "x#y", "alone", True, 10)
    return replace(kept, **other)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    opened = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    yield opened
    await opened.close()


def scores_of(memory: Memory, now: float = NOW) -> Scores:
    servers = ServerBook(memory, remembers=True)
    return Scores(memory.attempts, memory.readings, memory.unlisted, servers, clock=lambda: now)


@pytest.fixture
def lesson(shipped: tuple[Lesson, ...]) -> Lesson:
    """Return a lesson with questions."""
    return next(one for one in shipped if len(one.questions) >= 3)


async def test_the_newest_answer_to_each_question_tells_what_is_known(lesson: Lesson) -> None:
    first, second, *rest = (question.id for question in lesson.questions)
    answers = [
        attempt("s2", first, right=False, at=NOW + 1),
        attempt("s1", first),
        attempt("s1", second, right=False),
        attempt("s2", second, at=NOW + 1),
        attempt("s1", "gone from the lesson"),
    ]
    found = mastery(lesson, answers, [lesson.passages[0].anchor, "gone too"])
    assert (found.right, found.questions) == (1, len(lesson.questions))
    assert (found.read, found.sections) == (1, len(lesson.passages))
    assert not found.mastered
    every = mastery(lesson, [attempt("s", one) for one in (first, second, *rest)], ())
    assert (every.part, every.mastered) == (1.0, True)


async def test_progress_is_of_one_server_and_in_private_of_all(
    memory: Memory, lesson: Lesson
) -> None:
    first, second, *_ = (question.id for question in lesson.questions)
    here = attempt("s1", first, lesson=lesson.slug)
    there = attempt("s2", second, lesson=lesson.slug, guild=THERE, right=False, points=0)
    of_eve = attempt("s3", first, member=EVE)
    for one in (here, there, of_eve):
        await memory.attempts.add(one)
    await memory.readings.note(ADA, 10, HERE, lesson.slug, lesson.passages[0].anchor, NOW)
    found = await scores_of(memory).of(ADA, HERE, [lesson])
    assert (found.points, found.right, found.answers) == (10, 1, 1)
    assert [(one.right, one.read) for one in found.begun] == [(1, 1)]
    assert found.days[-1] == (TODAY, 1, 0)
    assert (await scores_of(memory).of(ADA, None, [lesson])).answers == 2
    nothing = await scores_of(memory).of(BOB, HERE, [lesson])
    assert (nothing.points, nothing.streak, nothing.begun) == (0, Streak(0, 0), ())
    assert "answered and read nothing" in told(nothing)[1]


async def test_a_day_is_the_servers_own(memory: Memory) -> None:
    await memory.servers.change(ServerSettings(HERE, timezone="Asia/Tokyo"))
    for n in range(3):
        await memory.attempts.add(attempt(f"s{n}", "q", at=NOW - n * DAY))
    found = await scores_of(memory).of(ADA, HERE, [])
    assert found.days[-1][0] == TODAY + dt.timedelta(days=1)
    assert found.streak == Streak(3, 3)
    assert (await scores_of(memory, NOW + DAY).of(ADA, HERE, [])).streak == Streak(3, 3)
    assert (await scores_of(memory, NOW + 2 * DAY).of(ADA, HERE, [])).streak == Streak(0, 3)


@given(st.sets(st.integers(0, 60)), st.integers(0, 60))
def test_a_streak_is_the_run_of_days_that_reaches_today_or_yesterday(
    numbers: set[int], today: int
) -> None:
    past = {number for number in numbers if number <= today}
    found = streak([TODAY + dt.timedelta(number) for number in past], TODAY + dt.timedelta(today))
    end = today if today in past else today - 1
    run = next(n for n in range(len(past) + 1) if end - n not in past)
    assert found.now == run
    assert found.best >= found.now
    assert (found.best == 0) is (not past)


async def test_nobody_who_opted_out_is_on_the_leaderboard_and_only_there(memory: Memory) -> None:
    for member, points in ((ADA, 10), (EVE, 30), (BOB, 0)):
        for guild in (HERE, THERE):
            one = attempt(f"s{guild}", "q", member=member, guild=guild, points=points)
            await memory.attempts.add(one)
    scores = scores_of(memory)
    assert [rank.member for rank in await scores.leaderboard(HERE)] == [EVE, ADA]
    await scores.list(EVE, HERE, 10, wished=False)
    assert [rank.member for rank in await scores.leaderboard(HERE)] == [ADA]
    assert [rank.member for rank in await scores.leaderboard(THERE)] == [EVE, ADA]
    assert not await scores.listed(EVE, HERE)
    assert await memory.erasing.expire(NOW + 29 * DAY) == 0
    await memory.erasing.expire(NOW + 400 * DAY)
    assert not await scores.listed(EVE, HERE)  # a wish does not expire
    await scores.list(EVE, HERE, 10, wished=True)
    assert await scores.listed(EVE, HERE)


@given(st.dictionaries(st.integers(1, 99), st.integers(1, 5)))
def test_a_place_is_one_more_than_how_many_have_more_points(points: dict[int, int]) -> None:
    for rank in ranked(points):
        assert rank.place == 1 + sum(other > rank.points for other in points.values())
    assert {rank.member for rank in ranked(points)} == set(points)


def test_the_picture_grows_with_the_lessons_up_to_a_bound() -> None:
    days = tuple((TODAY - dt.timedelta(n), n % 3, n % 2) for n in range(27, -1, -1))
    lessons = tuple(Mastery(f"s{n}", f"A $ lesson {n}", n, 30, n, 30) for n in range(MOST + 4))
    heights = []
    for count in (0, 1, MOST, MOST + 4):
        found = Progress(9, 1, 2, Streak(1, 1), days, lessons[:count], 30, "UTC", 30)
        width, height = size(draw_progress(found))
        assert width == 1200
        heights.append(height)
    assert heights[0] == heights[1] < heights[2] == heights[3]
