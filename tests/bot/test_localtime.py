"""Local time: zones by name, and the one moment of each day at which an hour begins."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.localtime import TimeUnclear, find_zone, hour_of_day, read_moment, zone_names

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


NOW = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-01 18:00", "2026-12-01 18:00"),
        ("2026-12-1T9.30", "2026-12-01 09:30"),
        ("18:00", "2026-11-25 18:00"),
        ("8:00", "2026-11-26 08:00"),
        ("today at 6 pm", "2026-11-25 18:00"),
        ("Tomorrow, 12am", "2026-11-26 00:00"),
        ("tomorrow 12:15 pm", "2026-11-26 12:15"),
        ("friday 18:00", "2026-11-27 18:00"),
        ("wed 18:00", "2026-11-25 18:00"),
        ("Wednesday 07:00", "2026-12-02 07:00"),
        ("  sun   9am ", "2026-11-29 09:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(written: str, meant: str) -> None:
    assert f"{read_moment(written, ZoneInfo('UTC'), NOW):%Y-%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "",
            "soon",
            "18",
            "24:00",
            "7:60",
            "13 pm",
            "0 am",
            "2026-02-30 10:00",
            "0000-01-01 1:00",
        ),
        *("yesterday 18:00", "2020-01-01 10:00", "9999-01-01 10:00", "today 07:59", "today 08:00"),
        *("٣:٠٠", "{x}", "18:00 18:00", "9" * 90),
    ],
)
def test_what_is_no_time_to_come_is_answered_by_a_sentence(wrong: str) -> None:
    with pytest.raises(TimeUnclear):
        read_moment(wrong, ZoneInfo("UTC"), NOW)


@given(
    name=st.sampled_from(NAMES),
    written=st.datetimes(dt.datetime(2026, 11, 27), dt.datetime(2027, 11, 23)),
)
@example("Europe/Berlin", dt.datetime(2027, 3, 28, 2, 30))  # clocks jump over it
@example("Europe/Berlin", dt.datetime(2027, 10, 31, 2, 30))  # it comes twice
def test_a_clock_in_the_zone_shows_what_was_written(name: str, written: dt.datetime) -> None:
    zone, text = ZoneInfo(name), f"{written:%Y-%m-%d %H:%M}"
    refused, moment = "", NOW
    try:
        moment = read_moment(text, zone, NOW)
    except TimeUnclear as error:
        refused = error.sentence
    around = [(written + dt.timedelta(hours=h)).replace(tzinfo=zone) for h in (-3, 3)]
    shown = moment.astimezone(zone)
    gap = "does not exist" in refused and len({one.utcoffset() for one in around}) > 1
    assert gap or (f"{shown:%Y-%m-%d %H:%M}" == text and shown.fold == 0)
