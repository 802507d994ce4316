"""Messages: written, edited, deleted, with their attachments; each change is checked first."""

import copy
import time
from collections.abc import Mapping
from typing import Any

from tests.doubles.discord import limits, payloads
from tests.doubles.discord.components import check_components
from tests.doubles.discord.mentions import EVERYTHING, USERS_ONLY, pinged
from tests.doubles.discord.records import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Message,
    visible_text,
    walk,
)
from tests.doubles.discord.wire import ApiError, Json, Upload
from tests.doubles.discord.world import World

SUPPRESS_EMBEDS = 1 << 2
SUPPRESS_NOTIFICATIONS = 1 << 12
_SETTABLE = COMPONENTS_V2 | SUPPRESS_EMBEDS


def create(
    world: World,
    channel_id: str,
    body: Json,
    files: Mapping[int, Upload],
    *,
    author: Json,
    webhook: bool = False,
    extra: Json | None = None,
    loading: bool = False,
) -> Message:
    """Write a message; `extra` are fields that the sender cannot set. Raises ApiError."""
    new_id = payloads.snowflake()
    base = payloads.message(new_id, channel_id, author) | (extra or {})
    message = Message(new_id, channel_id, base, bool(base["flags"] & EPHEMERAL))
    if loading:
        payload = base | {"flags": base["flags"] | LOADING}
    else:
        payload = _compose(world, message, body, files, webhook)
        flags = (body.get("flags") or 0) & SUPPRESS_NOTIFICATIONS
        payload["flags"] |= flags
    if "nonce" in body:
        payload["nonce"] = body["nonce"]
    world.messages[new_id] = message
    message.show(time.monotonic(), payload)
    announce(world, "MESSAGE_CREATE", message)
    return message


def edit(
    world: World, message: Message, body: Json, files: Mapping[int, Upload], *, webhook: bool
) -> Message:
    """Change a message as its author. Raises ApiError; then the message is as it was."""
    payload = _compose(world, message, body, files, webhook)
    payload["flags"] &= ~LOADING
    payload["edited_timestamp"] = payloads.now()
    message.show(time.monotonic(), payload)
    announce(world, "MESSAGE_UPDATE", message)
    return message


def delete(world: World, message: Message) -> None:
    """Delete a message, as anybody who may."""
    message.deleted_at = time.monotonic()
    if not message.ephemeral:
        data = {"id": message.id, "channel_id": message.channel_id}
        world.emit("MESSAGE_DELETE", data | _place(world, message))


def announce(world: World, event: str, message: Message) -> None:
    """Tell the bot on the gateway; never of ephemeral messages."""
    own = message.payload["author"]["id"] == payloads.BOT
    if message.ephemeral or (own and not world.echo):
        return
    place = _place(world, message)
    member = {"member": payloads.member(None)} if place else {}
    world.emit(event, message.payload | place | member)


def _place(world: World, message: Message) -> Json:
    channel = world.channels.get(message.channel_id, {})
    return {"guild_id": channel["guild_id"]} if "guild_id" in channel else {}


def _compose(
    world: World, message: Message, body: Json, files: Mapping[int, Upload], webhook: bool
) -> Json:
    """Build the message's next payload and check it."""
    limits.check_files(files)
    problems = limits.Problems()
    base = message.payload
    payload = dict(base)
    if "content" in body:
        payload["content"] = body["content"] or ""
    if "embeds" in body:
        payload["embeds"] = [{"type": "rich", **e} for e in body["embeds"] or ()]
    if "components" in body:
        # A copy: what was sent stays as it was in the log.
        payload["components"] = copy.deepcopy(body["components"] or [])
    payload["flags"] = _flags(problems, base, body)
    uploads = _attach(world, problems, payload, body, files)
    limits.check_allowed_mentions(problems, body.get("allowed_mentions"))
    if payload["flags"] & COMPONENTS_V2:
        limits.check_v2(problems, payload | {"poll": body.get("poll")})
        check_components(problems, payload["components"], "v2")
    else:
        limits.check_plain(problems, payload)
        check_components(problems, payload["components"], "v1")
    if not problems.errors:
        _link(problems, payload)
    problems.settle()
    if not any(payload.get(k) for k in ("content", "embeds", "components", "attachments")):
        raise ApiError(400, 50006, "Cannot send an empty message")
    default = USERS_ONLY if webhook else EVERYTHING
    allowed = body.get("allowed_mentions")
    replied = (payload.get("referenced_message") or {}).get("author")
    payload |= pinged(visible_text(payload), world.users, allowed, default, replied)
    world.uploads |= uploads
    message.files |= uploads
    return payload


def _flags(problems: limits.Problems, base: Json, body: Json) -> int:
    """SUPPRESS_EMBEDS comes and goes, Components V2 only comes."""
    before: int = base["flags"]
    wanted = body.get("flags")
    if wanted is None:
        return before
    if before & COMPONENTS_V2 and not wanted & COMPONENTS_V2:
        code = "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"
        problems.add("flags", code, "The IS_COMPONENTS_V2 flag cannot be removed")
        return before
    return int(before & ~_SETTABLE | wanted & _SETTABLE)


def _attach(
    world: World, problems: limits.Problems, payload: Json, body: Json, files: Mapping[int, Upload]
) -> dict[str, Upload]:
    """Set the payload's attachments: those kept and the new ones; returns the new files by id."""
    kept = {a["id"]: a for a in payload["attachments"]}
    wanted: list[Json] | None = body.get("attachments")
    if wanted is None:
        wanted = [*({"id": i} for i in kept), *({"id": n} for n in files)]
    problems.count("attachments", wanted, limits.FILES)
    result: list[Json] = []
    uploads: dict[str, Upload] = {}
    for i, entry in enumerate(wanted):
        key = str(entry.get("id"))
        if key in kept:
            result.append(kept[key])
        elif key.isdigit() and int(key) in files:
            upload = files[int(key)]
            data = attachment(world, payload["channel_id"], upload)
            result.append(data | {k: v for k, v in entry.items() if k != "id"})
            uploads[data["id"]] = upload
        else:
            problems.add(f"attachments.{i}.id", "ATTACHMENT_NOT_FOUND", "Attachment not found")
    payload["attachments"] = result
    return uploads


def attachment(world: World, channel_id: str, upload: Upload) -> Json:
    """Describe an attachment, with a URL that the fake serves."""
    new_id = payloads.snowflake()
    url = f"http://{world.host}/attachments/{channel_id}/{new_id}/{upload.name}"
    return {
        "id": new_id,
        "filename": upload.name,
        "size": len(upload.data),
        "url": url,
        "proxy_url": url,
        "content_type": upload.content_type,
    }


def _link(problems: limits.Problems, payload: Json) -> None:
    """Give the components numbers and point their media at the attachments they name."""
    attached = {f"attachment://{a['filename']}": a for a in payload["attachments"]}
    for number, component in enumerate(walk(payload["components"]), start=1):
        component.setdefault("id", number)
        media: list[Any] = [component.get("media"), component.get("file")]
        media += [item.get("media") for item in component.get("items") or ()]
        for item in media:
            if item and str(item.get("url", "")).startswith("attachment://"):
                found = attached.get(item["url"])
                if found is None:
                    code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                    problems.add("components", code, f"{item['url']} is not attached")
                    continue
                item["url"] = item["proxy_url"] = found["url"]
                if component.get("file"):
                    component |= {"name": found["filename"], "size": found["size"]}
