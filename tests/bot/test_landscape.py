"""The picture of the landscape: a PNG whose marks tell the living from the retired."""

from __future__ import annotations

import dataclasses
import datetime as dt
import struct

from bot.health import roster_health
from bot.landscape import draw_landscape
from knowledge.roster import Lifecycle, read_roster


def size(picture: bytes) -> tuple[int, int]:
    """Return width and height from a PNG's header."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_picture_grows_with_the_systems() -> None:
    systems = read_roster().systems
    width, height = size(draw_landscape(systems))
    fewer = size(draw_landscape(systems[:3]))
    assert fewer[0] == width
    assert fewer[1] < height


def test_a_system_looks_different_once_it_is_retired() -> None:
    alive = next(s for s in read_roster().systems if s.lifecycle is Lifecycle.LIVE_LOCAL)
    retired = dataclasses.replace(alive, lifecycle=Lifecycle.RETIRED)
    assert draw_landscape([alive]) != draw_landscape([retired])


def test_no_system_is_a_picture_too() -> None:
    assert size(draw_landscape([]))[0] > 0


def test_doctor_names_the_rows_that_were_checked_too_long_ago() -> None:
    systems = read_roster().systems
    first = min(system.checked for system in systems)
    assert roster_health(systems, first).ok
    late = roster_health(systems, first + dt.timedelta(days=90))
    assert not late.ok
    assert not late.needed
    assert "Claude 3 (checked" in late.sentence
    assert "Phi-3" not in late.sentence  # its facts are good for half a year
