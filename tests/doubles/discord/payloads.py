"""What Discord sends: snowflakes, users, guilds, channels, messages.

`payloads.json` beside this file holds the fields that never differ. The keys are those that
discord.py 2.7's parsers read; a missing one ends the bot.
"""

import copy
import itertools
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.doubles.discord.wire import Json

# Discord's first second, in Unix milliseconds.
EPOCH = 1420070400000
BOT, GENERAL = "100000000000000001", "300000000000000001"

_FIXED: dict[str, Json] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
_count = itertools.count()


def made(kind: str, **fields: Any) -> Json:
    """Make what Discord sends of this kind: a copy of its fixed fields, and others."""
    return copy.deepcopy(_FIXED[kind]) | fields


def snowflake(age: float = 0.0) -> str:
    """Make an id that says it is `age` seconds old; discord.py reads the time from it."""
    milliseconds = int((time.time() - age) * 1000) - EPOCH
    return str((milliseconds << 22) | (next(_count) & 0x3FFFFF))


def now() -> str:
    """Return the time as Discord writes it."""
    return datetime.now(UTC).isoformat()
