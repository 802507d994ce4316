"""Points: what an answer is worth.

A right answer is worth `RIGHT` points, a wrong one nothing. In a live quiz a right answer is worth
up to `FASTEST` more: all of them at once, evenly fewer down to none when the time is over, in whole
points, rounded up.
"""

from __future__ import annotations

import math

RIGHT = 10
FASTEST = 5
RULE = f"A right answer is worth {RIGHT} points, in a live quiz up to {FASTEST} more for speed."


def points(*, right: bool, seconds: float = 0.0, within: float = 0.0) -> int:
    """Return what an answer after `seconds` is worth, of `within` where it is a live quiz."""
    if not right:
        return 0
    left = 1 - min(max(seconds / within, 0.0), 1.0) if within else 0.0
    return RIGHT + math.ceil(FASTEST * left)
