"""Messages: written, edited, deleted, with attachments and mentions; each change is checked first.

Sources: Discord's documentation, resources/message (allowed mentions) and
gateway/you-might-not-need-a-privileged-intent.
"""

import copy
import re
import time
from collections.abc import Iterator

from tests.doubles.discord import limits, payloads, records
from tests.doubles.discord.records import COMPONENTS_V2, LOADING, Message
from tests.doubles.discord.wire import ApiError, Files, Json, Upload
from tests.doubles.discord.world import World

# Components V2, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS.
_SETTABLE = COMPONENTS_V2 | 1 << 2 | 1 << 12
_HIDDEN: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
_USER = re.compile(r"<@!?(\d+)>")
_MENTIONS = {
    "users": _USER,
    "roles": re.compile(r"<@&(\d+)>"),
    "everyone": re.compile(r"@(everyone|here)\b"),
}


def create(
    world: World, channel_id: str, author: Json, body: Json, files: Files, extra: Json
) -> Message:
    """Write a message; `extra` are fields that the sender cannot set. Raises ApiError."""
    new_id, nonce = payloads.snowflake(), body.get("nonce")
    base = payloads.made("message", id=new_id, channel_id=channel_id, author=author, nonce=nonce)
    base |= {"timestamp": payloads.now()} | extra
    message = Message(new_id, channel_id, base, bool(base["flags"] & records.EPHEMERAL))
    payload = base if base["flags"] & LOADING else _compose(world, message, body, files)
    world.messages[new_id] = message
    _show(world, message, "MESSAGE_CREATE", payload)
    return message


def edit(world: World, message: Message, body: Json, files: Files) -> Message:
    """Change a message as its author. Raises ApiError; then the message is as it was."""
    payload = _compose(world, message, body, files) | {"edited_timestamp": payloads.now()}
    payload["flags"] &= ~LOADING
    _show(world, message, "MESSAGE_UPDATE", payload)
    return message


def delete(world: World, message: Message) -> None:
    """Delete a message, as anybody who may."""
    message.deleted_at = time.monotonic()
    _tell(world, message, "MESSAGE_DELETE", {"id": message.id, "channel_id": message.channel_id})


def _show(world: World, message: Message, event: str, payload: Json) -> None:
    """Replace what is seen; the old payload stays in the history untouched."""
    message.payload = payload
    message.history.append((time.monotonic(), payload))
    if "guild_id" in world.channel(message.channel_id):
        hidden = {} if world.reads or _readable(payload) else _HIDDEN
        payload = payload | {"member": payloads.made("member")} | hidden
    _tell(world, message, event, payload)


def _tell(world: World, message: Message, event: str, data: Json) -> None:
    """Tell the bot on the gateway; never of ephemeral messages."""
    channel = world.channel(message.channel_id)
    if not message.ephemeral:
        world.emit(event, data | {k: channel[k] for k in ("guild_id",) if k in channel})


def _readable(message: Json) -> bool:
    """May the bot read a guild's message without the Message Content intent?

    Yes for its own and those that mention it; a ping by a reply counts only when the answered
    message was no response to an interaction.
    """
    pinged = any(user["id"] == payloads.BOT for user in message["mentions"])
    named = payloads.BOT in _USER.findall(message["content"])
    responded = "interaction_metadata" in (message.get("referenced_message") or {})
    return message["author"]["id"] == payloads.BOT or (pinged and (named or not responded))


def _compose(world: World, message: Message, body: Json, files: Files) -> Json:
    """Build the message's next payload and check it."""
    sizes = [len(file.data) for file in files.values()]
    if sum(sizes) > limits.REQUEST_BYTES or max(sizes, default=0) > limits.FILE_BYTES:
        raise ApiError(413, 40005, "Request entity too large")
    payload = dict(message.payload)
    for key in ("content", "embeds", "components"):
        if key in body:
            # A copy: what was sent stays as it was in the log.
            payload[key] = copy.deepcopy(body[key] or _HIDDEN[key])
    if (flags := body.get("flags")) is not None:
        if payload["flags"] & COMPONENTS_V2 & ~flags:
            limits.refuse([("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG")])
        payload["flags"] = payload["flags"] & ~_SETTABLE | flags & _SETTABLE
    uploads = _attach(world, payload, body.get("attachments"), files)
    limits.refuse(limits.check_message(payload, body))
    limits.refuse(_link(payload))
    if not any(payload[key] for key in _HIDDEN):
        raise ApiError(400, 50006, "Cannot send an empty message")
    message.files |= uploads
    return payload | _pinged(world, payload, body.get("allowed_mentions"))


def _pinged(world: World, payload: Json, allowed: Json | None) -> Json:
    """Build a message's mention fields; a webhook's default is to ping users only."""
    text, replied = records.visible_text(payload), payload.get("referenced_message")
    if allowed is None:
        others = [] if "webhook_id" in payload else ["roles", "everyone"]
        allowed = {"parse": ["users", *others], "replied_user": True}
    pinged = {}
    for kind, pattern in _MENTIONS.items():
        listed = {str(i) for i in allowed.get(kind) or ()}
        everyone = kind in (allowed.get("parse") or ())
        pinged[kind] = [i for i in dict.fromkeys(pattern.findall(text)) if everyone or i in listed]
    if replied and allowed.get("replied_user"):
        pinged["users"].append(replied["author"]["id"])
    return {
        "mentions": [world.users[i] for i in dict.fromkeys(pinged["users"]) if i in world.users],
        "mention_roles": pinged["roles"],
        "mention_everyone": bool(pinged["everyone"]),
    }


def _attach(
    world: World, payload: Json, wanted: list[Json] | None, files: Files
) -> dict[str, Upload]:
    """Set the payload's attachments: those kept and the new ones; returns the new files by id."""
    known = {attachment["id"]: attachment for attachment in payload["attachments"]}
    uploads: dict[str, Upload] = {}
    for index, file in files.items():
        known[str(index)] = about = world.attachment(file)
        uploads[about["id"]] = file
    if wanted is None:
        wanted = [{"id": key} for key in known]
    if missing := [entry["id"] for entry in wanted if str(entry["id"]) not in known]:
        limits.refuse([("attachments", f"ATTACHMENT_NOT_FOUND: {missing}")])
    payload["attachments"] = [entry | known[str(entry["id"])] for entry in wanted]
    return uploads


def _link(payload: Json) -> Iterator[limits.Problem]:
    """Give the components numbers and point their media at the attachments they name."""
    attached = {f"attachment://{a['filename']}": a for a in payload["attachments"]}
    for number, component in enumerate(records.walk(payload["components"]), start=1):
        component.setdefault("id", number)
        gallery = [item.get("media") for item in component.get("items") or ()]
        for media in filter(None, (component.get("media"), component.get("file"), *gallery)):
            if found := attached.get(media["url"]):
                media["url"] = media["proxy_url"] = found["url"]
                component |= {"name": found["filename"], "size": found["size"]}
            elif media["url"].startswith("attachment://"):
                yield "components", f"UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND: {media}"
