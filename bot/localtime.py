"""Local time: zones by their names in the IANA database, and which moment a local time is.

The names are those of the package `tzdata`, so they are the same on every system. A local time may
not exist, where clocks go forward, or exist twice, where they go back (PEP 495).
"""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from zoneinfo import ZoneInfo

from bot.errors import BotError

UTC = "UTC"


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
