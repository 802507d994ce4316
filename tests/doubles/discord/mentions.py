"""Who a message pings, and whether the bot may read it.

Sources: Discord's documentation, resources/message (allowed mentions) and
gateway/you-might-not-need-a-privileged-intent.
"""

import re

from tests.doubles.discord.payloads import BOT
from tests.doubles.discord.wire import Json

EVERYTHING = frozenset({"users", "roles", "everyone"})
USERS_ONLY = frozenset({"users"})

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


def pinged(
    text: str,
    users: dict[str, Json],
    allowed: Json | None,
    default: frozenset[str],
    replied: Json | None = None,
) -> Json:
    """Build a message's mention fields; without allowed mentions the default kinds are parsed.

    `replied` is the author of the message that is answered.
    """
    parse = default if allowed is None else frozenset(allowed.get("parse") or ())
    listed = {str(i) for kind in ("users", "roles") for i in (allowed or {}).get(kind) or ()}
    named = [i for i in dict.fromkeys(_USER.findall(text)) if i in users]
    mentions = [users[i] for i in named if "users" in parse or i in listed]
    pings_author = allowed is None or allowed.get("replied_user")
    if replied and pings_author and replied not in mentions:
        mentions.append(replied)
    roles = dict.fromkeys(_ROLE.findall(text))
    return {
        "mentions": mentions,
        "mention_roles": [i for i in roles if "roles" in parse or i in listed],
        "mention_everyone": "everyone" in parse and bool(_EVERYONE.search(text)),
    }


def readable(message: Json) -> bool:
    """May the bot read a gateway message without the Message Content intent?

    Yes for its own, private ones and those that mention it; a ping by a reply counts only when
    the answered message was no response to an interaction.
    """
    if message["author"]["id"] == BOT or "guild_id" not in message:
        return True
    if not any(user["id"] == BOT for user in message["mentions"]):
        return False
    answered = message.get("referenced_message") or {}
    return BOT in _USER.findall(message["content"]) or "interaction_metadata" not in answered


def masked(message: Json) -> Json:
    """Return the message without what only the Message Content intent shows."""
    return message | {"content": "", "embeds": [], "attachments": [], "components": []}
