"""The routes: the bot's own ones, and the table of all that the fake serves."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.doubles.discord import interactions, limits, messages, payloads
from tests.doubles.discord.records import Message
from tests.doubles.discord.wire import ApiError, Incoming, Json
from tests.doubles.discord.world import World

Handler: TypeAlias = Callable[[World, Incoming], Any]  # the answer's data; None is 204


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template in the words of Discord's OpenAPI document.

    `buckets` names its rate limits; "overall" are the bot's own routes, which need its token.
    """

    method: str
    template: str
    handler: Handler
    buckets: str = "overall"


def _put_commands(world: World, call: Incoming) -> list[Json]:
    limits.refuse(limits.check_commands(call.body))
    made = [payloads.made("command", id=payloads.snowflake()) | command for command in call.body]
    world.commands[call.params.get("guild_id", "")] = made
    return made


def _message(world: World, call: Incoming) -> Message:
    if "webhook_token" in call.params:
        return interactions.message(world, call)
    message = world.message(call.params["message_id"])
    if message.ephemeral or message.channel_id != world.channel(call.params["channel_id"])["id"]:
        raise ApiError(404, 10008, "Unknown Message")
    return message


def _may_write(world: World, call: Incoming) -> None:
    channel = world.channel(call.params["channel_id"])
    if any(user["id"] in world.blocked for user in channel.get("recipients", ())):
        raise ApiError(403, 50007, "Cannot send messages to this user")
    if channel.get("thread_metadata", {}).get("archived"):
        raise ApiError(400, 50083, "Thread is archived")


def _post_message(world: World, call: Incoming) -> Json:
    """Send a message; an enforced nonce sent before answers the message of then."""
    _may_write(world, call)
    body, where = call.body, call.params["channel_id"]
    nonce = where, str(body.get("nonce"))
    if not (body.get("enforce_nonce") and nonce in world.nonces):
        extra: Json = {}
        if reference := body.get("message_reference"):
            answered = world.message(reference["message_id"]).payload
            extra = {"type": 19, "referenced_message": answered, "message_reference": reference}
        world.nonces[nonce] = messages.create(world, where, world.bot, body, call.files, extra)
    return world.nonces[nonce].payload


def _edit(world: World, call: Incoming) -> Json:
    if "channel_id" in call.params:
        _may_write(world, call)
    message = _message(world, call)
    if message.payload["author"]["id"] != payloads.BOT:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    return messages.edit(world, message, call.body, call.files).payload


def _open_thread(world: World, call: Incoming) -> Json:
    """Begin a thread; at a message it has the message's id."""
    limits.refuse(limits.lengths(call.body, {"name!": 100}))
    new_id = _message(world, call).id if "message_id" in call.params else payloads.snowflake()
    if new_id in world.channels:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    state = {"archived": False, "locked": False, "archive_timestamp": payloads.now()}
    state["auto_archive_duration"] = call.body.get("auto_archive_duration") or 1440
    about = {"name": call.body["name"], "parent_id": call.params["channel_id"]}
    thread = payloads.made("thread", id=new_id, thread_metadata=state, **about)
    world.channels[new_id] = thread
    world.emit("THREAD_CREATE", thread | {"newly_created": True})
    return thread


def _make_event(world: World, call: Incoming) -> Json:
    limits.refuse(limits.check_event(call.body))
    about = {"id": payloads.snowflake(), "creator_id": payloads.BOT, "status": 1, **call.params}
    return world.events.setdefault(str(about["id"]), call.body | about)


def _delete_event(world: World, call: Incoming) -> None:
    if world.events.pop(call.params["guild_scheduled_event_id"], None) is None:
        raise ApiError(404, 10070, "Unknown Guild Scheduled Event")


_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_EVENTS = "/guilds/{guild_id}/scheduled-events"
_CHANNEL = "/channels/{channel_id}"
_MESSAGE = _CHANNEL + "/messages/{message_id}"
_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
_HOOK = "/webhooks/{webhook_id}/{webhook_token}"
_TOLD = _HOOK + "/messages/@original", _HOOK + "/messages/{message_id}"
ROUTES = (
    Route("GET", "/users/@me", lambda world, _: world.bot),
    Route("GET", "/users/{user_id}", lambda world, call: world.user(call.params["user_id"])),
    Route("POST", "/users/@me/channels", lambda w, c: w.private_channel(c.body["recipient_id"])),
    Route("GET", "/oauth2/applications/@me", lambda _world, _call: payloads.made("application")),
    Route("GET", _COMMANDS, lambda world, _: world.commands.get("", [])),
    Route("GET", _GUILD_COMMANDS, lambda w, call: w.commands.get(call.params["guild_id"], [])),
    *(Route("PUT", path, _put_commands) for path in (_COMMANDS, _GUILD_COMMANDS)),
    Route("POST", _EVENTS, _make_event),
    Route("DELETE", _EVENTS + "/{guild_scheduled_event_id}", _delete_event),
    Route("GET", _CHANNEL, lambda w, c: w.channel(c.params["channel_id"])),
    Route("POST", _CHANNEL + "/typing", lambda *_: None),
    Route("POST", _CHANNEL + "/threads", _open_thread),
    Route("POST", _CHANNEL + "/messages", _post_message, "overall channel"),
    Route("GET", _MESSAGE, lambda world, call: _message(world, call).payload),
    Route("PATCH", _MESSAGE, _edit, "overall channel"),
    Route("DELETE", _MESSAGE, lambda w, c: messages.delete(w, _message(w, c))),
    Route("POST", _MESSAGE + "/threads", _open_thread),
    Route("GET", "/attachments/{id}/{name}", lambda w, call: w.files[call.params["id"]].data, ""),
    Route("POST", _CALLBACK, interactions.respond, ""),
    Route("POST", _HOOK, interactions.follow_up, "token posts"),
    *(Route("GET", path, lambda w, c: _message(w, c).payload, "token") for path in _TOLD),
    *(Route("PATCH", path, _edit, "token edits") for path in _TOLD),
    *(
        Route("DELETE", path, lambda w, c: messages.delete(w, _message(w, c)), "token")
        for path in _TOLD
    ),
)
_PATTERNS = [(r, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", r.template))) for r in ROUTES]


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Find the first route of a path and its parameters; what is unknown fails when served."""
    for route, pattern in _PATTERNS:
        if route.method == method and (match := pattern.fullmatch(path)):
            return route, match.groupdict()
    return Route(method, path, _unknown, ""), {"path": f"{method} {path}"}


def _unknown(world: World, call: Incoming) -> None:
    world.unknown.append(call.params["path"])
    raise ApiError(404, 0, "404: Not Found")
