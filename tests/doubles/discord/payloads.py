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
BOT = "100000000000000001"
GUILD = "200000000000000001"
GENERAL = "300000000000000001"
FORUM = "300000000000000002"
OWNER = "400000000000000001"
TEXT, DM, PUBLIC_THREAD, FORUM_TYPE = 0, 1, 11, 15
# Every permission that Discord has defined, as a decimal string.
ALL_PERMISSIONS = str((1 << 53) - 1)

_FIXED: Json = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_count = itertools.count()


def _made(kind: str, **fields: Any) -> Json:
    fixed: Json = copy.deepcopy(_FIXED[kind])
    return fixed | fields


def snowflake(age: float = 0.0) -> str:
    """Make an id that says it is `age` seconds old; discord.py reads the time from it."""
    milliseconds = int((time.time() - age) * 1000) - EPOCH
    return str((milliseconds << 22) | (next(_count) & 0x3FFFFF))


def now() -> str:
    """Return the time as Discord writes it."""
    return datetime.now(UTC).isoformat()


def user(user_id: str, name: str, *, bot: bool = False) -> Json:
    """Make a user."""
    return _made("user", id=user_id, username=name, global_name=name, bot=bot)


def member(of: Json | None, permissions: str = ALL_PERMISSIONS) -> Json:
    """Make a guild member; a message's member comes without its user."""
    return _made("member", permissions=permissions, **({"user": of} if of else {}))


def channel(channel_id: str, kind: int, name: str) -> Json:
    """Make a text or forum channel of the guild."""
    return _made("channel", id=channel_id, type=kind, name=name, guild_id=GUILD)


def dm_channel(recipient: Json) -> Json:
    """Make the private channel with one user."""
    return {"id": snowflake(), "type": DM, "recipients": [recipient], "last_message_id": None}


def thread(thread_id: str, parent_id: str, name: str, minutes: int) -> Json:
    """Make a public thread; `minutes` without a message archive it."""
    state: Json = {"archived": False, "locked": False, "auto_archive_duration": minutes}
    state |= {"archive_timestamp": now(), "create_timestamp": now()}
    made = _made("thread", id=thread_id, type=PUBLIC_THREAD, parent_id=parent_id, name=name)
    return made | {"guild_id": GUILD, "owner_id": BOT, "thread_metadata": state}


def guild(channels: list[Json], members: list[Json]) -> Json:
    """Make GUILD_CREATE's data."""
    made = _made("guild", id=GUILD, owner_id=OWNER, members=members, member_count=len(members))
    made["roles"] = [_made("role", id=GUILD, permissions=ALL_PERMISSIONS)]
    made["threads"] = [c for c in channels if c["type"] == PUBLIC_THREAD]
    made["channels"] = [c for c in channels if c["type"] != PUBLIC_THREAD]
    return made


def message(message_id: str, channel_id: str, author: Json) -> Json:
    """Make an empty message."""
    return _made("message", id=message_id, channel_id=channel_id, author=author, timestamp=now())


def application() -> Json:
    """Make the bot's application."""
    return _made("application", id=BOT, owner=user(OWNER, "owner"))
