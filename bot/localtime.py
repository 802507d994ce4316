"""Local time: zones by their names in the IANA database, and which moment a local time is.

The names are those of the package `tzdata`, so they are the same on every system. A local time may
not exist, where clocks go forward, or exist twice, where they go back (PEP 495).
"""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files
from zoneinfo import ZoneInfo

from bot.errors import BotError

UTC = "UTC"
FARTHEST = dt.timedelta(days=366)
"""How far ahead something can be planned."""
_NOON = 12
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(
    r"(?:(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})[ t]"
    r"|(?P<word>today|tomorrow|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?),? )?(?:at )?"
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2})(?: ?(?P<half>am|pm))?| ?(?P<half_>am|pm))"
)
LAST_HOUR = 23


class TimeUnclear(BotError):
    """What was written is no time zone, or no time that can be used."""


def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, sorted. Reads a file."""
    names = files("tzdata").joinpath("zones").read_text("ascii").split()
    return tuple(sorted(set(names) - {"Factory"}))


def find_zone(text: str) -> str:
    """Return the zone that is meant, by its whole name or its last part; none written is UTC.

    Reads a file. Raises TimeUnclear.
    """
    wanted = "_".join(text.split()).casefold()
    if not wanted:
        return UTC
    known = {name.casefold(): name for name in zone_names()}
    cities = [name for name in known.values() if name.rpartition("/")[2].casefold() == wanted]
    if wanted not in known and len(cities) != 1:
        raise TimeUnclear(
            "I do not know this time zone. Write its name in the IANA database, "
            "such as Europe/Berlin or America/New_York."
        )
    return known.get(wanted) or cities[0]


def local(at: float, zone: str) -> str:
    """Return a moment, in seconds since 1970, as a clock in a zone shows it."""
    return f"{dt.datetime.fromtimestamp(at, ZoneInfo(zone)):%a %d %b %Y, %H:%M}"


def hour_of_day(zone: ZoneInfo, day: dt.date, hour: int) -> dt.datetime | None:
    """Return the moment (UTC) at which an hour begins on a day; None where there is no such day.

    An hour that clocks jump over begins where they land, if that is on the same day; else the last
    hour before counts, so that each day has exactly one moment. Of two, it is the first.
    """
    for earlier in range(hour, -1, -1):
        local = dt.datetime(day.year, day.month, day.day, earlier, tzinfo=zone)
        moment = local.astimezone(dt.UTC)
        if moment.astimezone(zone).date() == day:
            return moment
    return None


def read_moment(text: str, zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    """Return the moment (UTC) that somebody in a zone wrote; of two, the first.

    A day and a time, such as 2026-12-01 18:00, tomorrow 6 pm, friday 18:00 or 18:00 for the next
    time that it is so late. Raises TimeUnclear, also for what is over or more than a year away.
    """
    found = _WRITTEN.fullmatch(" ".join(text.split()).casefold())
    if found is None:
        raise TimeUnclear(
            "I cannot read this time. Write it as 2026-12-01 18:00, tomorrow 18:00, friday 6 pm "
            f"or 18:00; it is {zone.key} time."
        )
    local = now.astimezone(zone)
    try:
        moments = [_moment(day, found, zone) for day in _days(found, local.date())]
    except ValueError:
        raise TimeUnclear("There is no such day or time. Hours go from 0 to 23.") from None
    moment = next((one for one in moments if one > now), moments[-1])
    if moment <= now:
        raise TimeUnclear(f"That time is over: it is {local:%Y-%m-%d %H:%M} in {zone.key} now.")
    if moment - now > FARTHEST:
        raise TimeUnclear("That is more than a year away.")
    return moment


def _days(found: re.Match[str], today: dt.date) -> list[dt.date]:
    """Return the days that may be meant, the nearest first. Raises ValueError."""
    word = found["word"] or ""
    if found["year"]:
        return [dt.date(*(int(found[part]) for part in ("year", "month", "day")))]
    if word in ("today", "tomorrow"):
        return [today + dt.timedelta(days=word == "tomorrow")]
    if not word:
        return [today, today + dt.timedelta(days=1)]
    ahead = (_WEEKDAYS.index(word[:3]) - today.weekday()) % 7
    return [today + dt.timedelta(days=ahead), today + dt.timedelta(days=ahead + 7)]


def _moment(day: dt.date, found: re.Match[str], zone: ZoneInfo) -> dt.datetime:
    """Return the moment of a time on a day. Raises ValueError, TimeUnclear."""
    hour, half = int(found["hour"]), found["half"] or found["half_"]
    if half and not 1 <= hour <= _NOON:
        raise ValueError(hour)
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    local = dt.datetime(day.year, day.month, day.day, hour, int(found["minute"] or 0), tzinfo=zone)
    moment = local.astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise TimeUnclear(f"That time does not exist in {zone.key}: clocks go forward then.")
    return moment


def hour_is_here(zone: ZoneInfo, hour: int, now: dt.datetime, within: dt.timedelta) -> bool:
    """Say whether an hour began on its local day `within` this time or at this moment."""
    moment = hour_of_day(zone, now.astimezone(zone).date(), hour)
    return moment is not None and moment <= now <= moment + within
