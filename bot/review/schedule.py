"""The schedule: when a card is asked again, by FSRS-6 (the library `fsrs`).

FSRS estimates how long a member will remember, and asks again when the chance to recall has sunk to
`RETENTION` (https://github.com/open-spaced-repetition/fsrs4anki/wiki/The-Algorithm). Its parameters
are the library's defaults, fitted on many learners. Nothing is drawn by chance: the date that is
shown before a grade is the one that it gives.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

import fsrs
from fsrs.card import CardDict

RETENTION = 0.9
AGAIN_AFTER = dt.timedelta(minutes=10)
"""What was forgotten comes again after this; what was hardly known the first time, half later."""
LONGEST_DAYS = 365

_SCHEDULER = fsrs.Scheduler(
    desired_retention=RETENTION,
    learning_steps=(AGAIN_AFTER,),
    relearning_steps=(AGAIN_AFTER,),
    maximum_interval=LONGEST_DAYS,
    enable_fuzzing=False,
)


class Grade(IntEnum):
    """How well a member knew it; the numbers are the library's."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True)
class Next:
    """When a card is due, in whole seconds since 1970, and what the scheduler knows of it then."""

    due: int
    state: dict[str, Any]


def graded(state: dict[str, Any] | None, grade: Grade, now: int) -> Next:
    """Return what comes of a grade at `now`, in whole seconds since 1970; None is a new card."""
    when = dt.datetime.fromtimestamp(now, dt.UTC)
    known = None if state is None else fsrs.Card.from_dict(cast("CardDict", state))
    card = known or fsrs.Card(card_id=0, due=when)
    after, _ = _SCHEDULER.review_card(card, fsrs.Rating(grade), when)
    return Next(int(after.due.timestamp()), dict(after.to_dict()))


def choices(state: dict[str, Any] | None, now: int) -> dict[Grade, int]:
    """Return after how many seconds the card would be due, by the grade."""
    return {grade: graded(state, grade, now).due - now for grade in Grade}
