"""What is trained on and what is only measured with: apart by construction.

Wordings stand in two lists. Numbers and names are too many to list, so a hash decides: the same
pair or name is on the same side for ever, wherever it is drawn.
"""

from __future__ import annotations

import zlib
from enum import Enum

HELD_SHARE = 5
"""Every fifth pair of numbers, and every fifth name, is never trained on."""


class Split(Enum):
    """The side that a generated example is on."""

    TRAIN = "train"
    HELD = "held"


def side(*parts: object) -> Split:
    """Return the side of a name or of a group of numbers; their order does not matter."""
    key = "|".join(sorted(map(str, parts))).encode()
    return Split.HELD if zlib.crc32(key) % HELD_SHARE == 0 else Split.TRAIN
