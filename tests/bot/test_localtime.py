"""Local time: zones by name, and the one moment of each day at which an hour begins."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.localtime import TimeUnclear, find_zone, hour_of_day, zone_names

NAMES = zone_names()


def test_every_named_zone_can_be_read() -> None:
    assert len(NAMES) > 500
    assert all(ZoneInfo(name).key == name for name in NAMES)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" america/new york ", "America/New_York"),
        ("berlin", "Europe/Berlin"),
        ("utc", "UTC"),
        ("", "UTC"),
    ],
)
def test_a_zone_is_found_as_people_write_it(written: str, meant: str) -> None:
    assert find_zone(written) == meant


@pytest.mark.parametrize(
    "wrong",
    ["Berlin time", "../../etc/passwd", "America", "Europe/", "Factory", "٣", "{x}", "x" * 99],
)
def test_what_is_no_zone_is_answered_by_a_sentence(wrong: str) -> None:
    with pytest.raises(TimeUnclear, match="IANA database"):
        find_zone(wrong)


def last_moment(zone: ZoneInfo, day: dt.date) -> dt.datetime | None:
    """Return the last minute with this local date, looked for one by one; None if there is none."""
    begin = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(hours=40)
    minutes = (begin - dt.timedelta(minutes=n) for n in range(81 * 60))
    return next((at for at in minutes if at.astimezone(zone).date() == day), None)


@given(
    name=st.sampled_from(NAMES),
    day=st.dates(dt.date(1971, 1, 1), dt.date(2037, 12, 30)),
    hour=st.integers(0, 23),
)
@example("Europe/Berlin", dt.date(2026, 3, 29), 2)  # clocks jump over two o'clock
@example("Europe/Berlin", dt.date(2026, 10, 25), 2)  # two o'clock comes twice
@example("America/Sao_Paulo", dt.date(2018, 11, 4), 0)  # the day begins at one
@example("America/Nuuk", dt.date(2026, 3, 28), 23)  # the day ends at eleven
@example("Australia/Lord_Howe", dt.date(2026, 10, 4), 2)  # half an hour is left out
@example("Pacific/Apia", dt.date(2011, 12, 30), 9)  # there was no such day
def test_each_local_day_has_exactly_one_moment_for_an_hour(
    name: str, day: dt.date, hour: int
) -> None:
    zone = ZoneInfo(name)
    moment = hour_of_day(zone, day, hour)
    if moment is None:
        assert last_moment(zone, day) is None
        return
    local = moment.astimezone(zone)
    assert local.date() == day
    if local.hour != hour:  # it does not exist that day: it lies in a gap beside this moment
        for fold in (0, 1):
            wished = dt.datetime(day.year, day.month, day.day, hour, tzinfo=zone, fold=fold)
            there = wished.astimezone(dt.UTC).astimezone(zone)
            assert there.replace(tzinfo=None) != wished.replace(tzinfo=None)


def test_of_two_moments_with_one_name_the_first_counts() -> None:
    moment = hour_of_day(ZoneInfo("Europe/Berlin"), dt.date(2026, 10, 25), 2)
    assert moment == dt.datetime(2026, 10, 25, 0, tzinfo=dt.UTC)
