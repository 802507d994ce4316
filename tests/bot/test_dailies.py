"""Dailies: once on each local day, whatever clocks do, and never in a heap."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.calendar import Daily
from bot.dailies import LATE, DailyBook, Due, askable, is_due, question_of
from bot.localtime import TimeUnclear, hour_of_day, zone_names
from bot.memory import Memory, ServerSettings
from bot.quiz.choosing import shuffled
from bot.records.memory import open_records
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.question import Question
from tests.bot.clock import Clock

GUILD, CHANNEL = 7, 70
STEP = dt.timedelta(minutes=20)
DAILY = Daily(CHANNEL, GUILD, "question", 9, set_by=1)


def posts(
    daily: Daily, zone: ZoneInfo, begin: dt.datetime, days: int, away: range = range(0)
) -> list[dt.datetime]:
    """Look every `STEP`, but in none of the steps `away`; return when it was posted."""
    found = []
    for n in range(days * 72):
        now = begin + n * STEP
        if n not in away and is_due(daily, zone, now):
            found.append(now)
            daily = replace(daily, sent=now.astimezone(zone).date())
    return found


zones = st.sampled_from(zone_names())
moments = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2037, 12, 20))


@given(name=zones, begin=moments, hour=st.integers(0, 23))
@example("Europe/Berlin", dt.datetime(2026, 3, 28), 2)
@example("Europe/Berlin", dt.datetime(2026, 10, 24), 2)
@example("America/Sao_Paulo", dt.datetime(2018, 11, 3), 0)
@example("America/Nuuk", dt.datetime(2026, 3, 27), 23)
@example("Pacific/Apia", dt.datetime(2011, 12, 28), 9)
@example("Pacific/Kwajalein", dt.datetime(1993, 8, 19), 9)
def test_each_local_day_gets_exactly_one_post(name: str, begin: dt.datetime, hour: int) -> None:
    """Also the days on which clocks change, and where a day is left out altogether."""
    zone, begin = ZoneInfo(name), begin.replace(tzinfo=dt.UTC)
    each = Counter((begin + n * STEP).astimezone(zone).date() for n in range(5 * 72))
    whole = sorted(each)[1:-1]
    posted = Counter(
        at.astimezone(zone).date() for at in posts(replace(DAILY, hour=hour), zone, begin, 5)
    )
    assert {day: posted[day] for day in whole} == dict.fromkeys(whole, 1)
    assert max(posted.values()) == 1


@given(
    name=zones,
    begin=moments,
    hour=st.integers(0, 23),
    down=st.integers(0, 200),
    long=st.integers(1, 250),
)
def test_after_a_while_away_at_most_one_is_made_up_for_and_it_is_not_old(
    name: str, begin: dt.datetime, hour: int, down: int, long: int
) -> None:
    zone, begin = ZoneInfo(name), begin.replace(tzinfo=dt.UTC)
    posted = posts(replace(DAILY, hour=hour), zone, begin, 7, range(down, down + long))
    days = [at.astimezone(zone).date() for at in posted]
    assert len(days) == len(set(days))
    back = begin + (down + long) * STEP
    assert len([at for at in posted if back <= at < back + STEP]) <= 1
    for at, day in zip(posted, days, strict=True):
        moment = hour_of_day(zone, day, hour)
        assert moment is not None
        assert dt.timedelta(0) <= at - moment <= LATE


@pytest.mark.parametrize(("hours", "posted"), [(0, True), (6, True), (7, False), (-1, False)])
def test_one_that_is_more_than_six_hours_late_is_left_out(hours: int, *, posted: bool) -> None:
    now = dt.datetime(2026, 11, 25, 9 + hours, tzinfo=dt.UTC)
    assert is_due(DAILY, ZoneInfo("UTC"), now) is posted


def test_a_weekly_one_is_posted_on_its_day_alone() -> None:
    begin = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)  # a Monday
    posted = posts(replace(DAILY, weekday=4), ZoneInfo("Asia/Tokyo"), begin, 28)
    assert [at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%a %d %H") for at in posted] == [
        *("Fri 06 09", "Fri 13 09", "Fri 20 09", "Fri 27 09")
    ]


def test_west_of_a_day_that_was_posted_it_is_not_posted_again() -> None:
    """A server that changes its time zone may wait a day longer, but sees none twice."""
    sent = replace(DAILY, sent=dt.date(2026, 11, 26))  # posted in Auckland
    now = dt.datetime(2026, 11, 25, 19, tzinfo=dt.UTC)
    assert not is_due(sent, ZoneInfo("America/Los_Angeles"), now)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    memory = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    yield memory
    await memory.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(memory: Memory, clock: Clock) -> DailyBook:
    servers = ServerBook(memory, remembers=True)
    return DailyBook(memory.calendar.dailies, servers, clock=clock)


async def due(book: DailyBook) -> list[Due]:
    return [one async for one in book.due(lambda _guild: True)]


async def test_it_is_told_once_also_by_a_next_process(
    memory: Memory, book: DailyBook, clock: Clock
) -> None:
    await book.set_up(DAILY)
    assert await due(book) == []
    clock.set("2026-11-25 09:00")
    (told,) = await due(book)
    assert (told.daily.channel, told.day) == (CHANNEL, dt.date(2026, 11, 25))
    assert await due(book) == []
    after_restart = DailyBook(
        memory.calendar.dailies, ServerBook(memory, remembers=True), clock=clock
    )
    assert await due(after_restart) == []
    clock.set("2026-11-28 09:30")  # three days later: one, not three
    assert len(await due(after_restart)) == 1
    assert await due(after_restart) == []


async def test_what_was_noted_before_a_kill_is_not_posted_after_it(
    memory: Memory, book: DailyBook, clock: Clock
) -> None:
    """At most once: it is noted before it is told."""
    await book.set_up(DAILY)
    clock.set("2026-11-25 09:00")
    assert await memory.calendar.dailies.claim(CHANNEL, "question", dt.date(2026, 11, 25))
    assert await due(book) == []


async def test_of_two_that_look_at_once_one_is_told(book: DailyBook, clock: Clock) -> None:
    await book.set_up(DAILY)
    clock.set("2026-11-25 09:00")
    both = await asyncio.gather(due(book), due(book))
    assert sum(map(len, both)) == 1


async def test_the_hour_is_that_of_the_servers_zone(
    memory: Memory, book: DailyBook, clock: Clock
) -> None:
    await memory.servers.change(ServerSettings(GUILD, timezone="Asia/Kathmandu"))  # UTC+5:45
    clock.set("2026-11-25 03:14")
    assert (await book.set_up(DAILY))[1] == "Asia/Kathmandu"
    assert await due(book) == []
    clock.set("2026-11-25 03:15")
    assert len(await due(book)) == 1


async def test_set_up_after_its_hour_it_begins_the_next_day(book: DailyBook, clock: Clock) -> None:
    clock.set("2026-11-25 10:00")
    await book.set_up(DAILY)
    assert await due(book) == []
    clock.set("2026-11-26 09:00")
    assert len(await due(book)) == 1
    clock.set("2026-11-26 12:00")
    await book.set_up(replace(DAILY, hour=13))  # of another hour, but the day had its own
    clock.set("2026-11-26 13:00")
    assert await due(book) == []


@pytest.mark.parametrize("hour", [-1, 24, 100])
async def test_an_hour_that_is_none_is_answered_by_a_sentence(book: DailyBook, hour: int) -> None:
    with pytest.raises(TimeUnclear, match="from 0 to 23"):
        await book.set_up(replace(DAILY, hour=hour))
    assert await book.of_server(GUILD) == ()


async def test_what_is_stopped_or_elsewhere_is_not_told(book: DailyBook, clock: Clock) -> None:
    await book.set_up(DAILY)
    clock.set("2026-11-25 09:00")
    assert [one async for one in book.due(lambda _guild: False)] == []
    assert await book.stop(DAILY)
    assert not await book.stop(DAILY)
    assert await due(book) == []
    await book.set_up(DAILY)
    clock.set("2026-11-26 09:00")
    assert len(await due(book)) == 1


async def test_a_members_wish_takes_their_id_away_and_leaves_the_channels_question(
    memory: Memory, book: DailyBook
) -> None:
    await book.set_up(DAILY)
    await memory.erasing.forget(1)
    assert await book.of_server(GUILD) == (replace(DAILY, set_by=None),)


PASSAGES = tuple(
    Passage(f"fox#{n}", "fox", "Foxes", f"Heading {n}", (), str(n), "A fox.", (f"ask {n}", "?"))
    for n in range(9)
)
LESSON = Lesson(
    slug="fox",
    title="Foxes",
    order=1,
    summary="Foxes.",
    tags=(),
    sources=(),
    checked=dt.date(2026, 1, 1),
    digest="",
    passages=PASSAGES,
)
CHOICE = Question("q1", "fox", "fox#1", "Where?", ("den", "nest", "web"), "den", "It digs.")


def test_every_question_comes_once_before_one_comes_again() -> None:
    begin = dt.date(2026, 1, 1).toordinal()
    begin -= begin % len(PASSAGES)
    for first in range(begin, begin + 5 * len(PASSAGES), len(PASSAGES)):
        days = [dt.date.fromordinal(first + n) for n in range(len(PASSAGES))]
        asked = [question_of([LESSON], Due(DAILY, day)) for day in days]
        assert {one.text for one in asked if one} == {f"ask {n}" for n in range(9)}
    assert question_of([], Due(DAILY, dt.date(2026, 1, 1))) is None


def test_written_choices_come_before_what_passages_answer() -> None:
    free = replace(CHOICE, id="q2", options=())
    assert list(askable([replace(LESSON, questions=(CHOICE, free))])) == ["q1"]


def test_the_key_stands_first_no_more_often_than_others() -> None:
    firsts = Counter(shuffled(replace(CHOICE, id=str(n)))[0] for n in range(600))
    assert set(firsts) == set(CHOICE.options)
    assert min(firsts.values()) > 150
