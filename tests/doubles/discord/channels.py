"""Routes of channels: messages, typing, threads, forum posts, private channels."""

import time

from tests.doubles.discord import limits, messages, payloads
from tests.doubles.discord.records import Message
from tests.doubles.discord.wire import ApiError, Incoming, Json, Reply, Route, not_found
from tests.doubles.discord.world import World

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_REACTION = _MESSAGE + "/reactions/{emoji_name}/@me"


class Channels:
    """Answers the routes below `/channels` and `/users`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._nonces: dict[tuple[str, str], str] = {}

    def routes(self) -> list[Route]:
        """List the routes with their handlers."""
        return [
            Route("GET", "/channels/{channel_id}", self._get),
            Route("PATCH", "/channels/{channel_id}", self._patch),
            Route("DELETE", "/channels/{channel_id}", self._remove),
            Route("GET", _MESSAGES, self._list_messages),
            Route("POST", _MESSAGES, self._post_message, "channel"),
            Route("GET", _MESSAGE, self._get_message),
            Route("PATCH", _MESSAGE, self._edit_message, "channel"),
            Route("DELETE", _MESSAGE, self._delete_message),
            Route("PUT", _REACTION, self._nothing),
            Route("DELETE", _REACTION, self._nothing),
            Route("POST", "/channels/{channel_id}/typing", self._typing),
            Route("POST", _MESSAGE + "/threads", self._thread_from_message),
            Route("POST", "/channels/{channel_id}/threads", self._new_thread),
            Route("PUT", "/channels/{channel_id}/thread-members/@me", self._nothing),
            Route("POST", "/users/@me/channels", self._private_channel),
            Route("GET", "/users/{user_id}", self._get_user),
        ]

    def _nothing(self, call: Incoming) -> Reply:
        self._world.channel(call.params["channel_id"])
        return Reply(status=204)

    def _get(self, call: Incoming) -> Reply:
        return Reply(self._world.channel(call.params["channel_id"]))

    def _patch(self, call: Incoming) -> Reply:
        channel = self._world.channel(call.params["channel_id"])
        if "name" in call.body:
            limits.check_thread_name(call.body["name"])
        state = channel.get("thread_metadata", {})
        changes = {k: v for k, v in call.body.items() if k in state}
        changed = channel | {k: v for k, v in call.body.items() if k in channel}
        if state:
            changed["thread_metadata"] = state | changes
        self._world.channels[channel["id"]] = changed
        self._world.emit("THREAD_UPDATE" if state else "CHANNEL_UPDATE", changed)
        return Reply(changed)

    def _remove(self, call: Incoming) -> Reply:
        channel = self._world.channel(call.params["channel_id"])
        del self._world.channels[channel["id"]]
        self._world.emit(
            "THREAD_DELETE" if "thread_metadata" in channel else "CHANNEL_DELETE", channel
        )
        return Reply(channel)

    def _list_messages(self, call: Incoming) -> Reply:
        """List the newest messages first, between `after` and `before`."""
        channel = self._world.channel(call.params["channel_id"])
        before, after = (int(call.query.get(k, d)) for k, d in (("before", 2**63), ("after", 0)))
        found = [
            message.payload
            for message in self._world.messages.values()
            if message.channel_id == channel["id"]
            and not message.ephemeral
            and message.deleted_at is None
            and after < int(message.id) < before
        ]
        found.sort(key=lambda payload: -int(payload["id"]))
        return Reply(found[: int(call.query.get("limit", 50))])

    def _post_message(self, call: Incoming) -> Reply:
        """Send a message; an enforced nonce sent before answers the message of then."""
        body: Json = call.body or {}
        channel = self._world.channel(call.params["channel_id"])
        self._may_write(channel)
        nonce = (channel["id"], str(body.get("nonce")))
        if body.get("enforce_nonce") and nonce in self._nonces:
            return Reply(self._world.messages[self._nonces[nonce]].payload)
        reference = body.get("message_reference")
        extra: Json = {}
        if reference:
            answered = self._world.message(str(reference["message_id"]))
            extra = {"type": 19, "referenced_message": answered.payload}
            extra["message_reference"] = {k: str(v) for k, v in reference.items()}
        message = messages.create(
            self._world, channel["id"], body, call.files, author=self._world.bot, extra=extra
        )
        if body.get("enforce_nonce"):
            self._nonces[nonce] = message.id
        return Reply(message.payload)

    def _get_message(self, call: Incoming) -> Reply:
        return Reply(self._find(call).payload)

    def _edit_message(self, call: Incoming) -> Reply:
        message = self._find(call)
        if message.payload["author"]["id"] != payloads.BOT:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        if self._world.channel(message.channel_id).get("thread_metadata", {}).get("archived"):
            raise ApiError(400, 50083, "Thread is archived")
        messages.edit(self._world, message, call.body or {}, call.files, webhook=False)
        return Reply(message.payload)

    def _delete_message(self, call: Incoming) -> Reply:
        messages.delete(self._world, self._find(call))
        return Reply(status=204)

    def _typing(self, call: Incoming) -> Reply:
        channel = self._world.channel(call.params["channel_id"])
        self._world.typing.append((time.monotonic(), channel["id"]))
        return Reply(status=204)

    def _thread_from_message(self, call: Incoming) -> Reply:
        """Begin a thread at a message, whose id it has."""
        message = self._find(call)
        if message.id in self._world.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        return Reply(self._open(call, message.id), 201)

    def _new_thread(self, call: Incoming) -> Reply:
        """Begin a thread without a first message, or in a forum a post with one."""
        parent = self._world.channel(call.params["channel_id"])
        if parent["type"] != payloads.FORUM_TYPE:
            return Reply(self._open(call, payloads.snowflake()), 201)
        limits.check_thread_name(call.body.get("name"))
        first = call.body.get("message")
        if not first:
            problems = limits.Problems()
            problems.add("message", "BASE_TYPE_REQUIRED", "This field is required")
            problems.settle()
        # A post and its first message have the same id, but a refused message opens no post.
        message = messages.create(
            self._world, parent["id"], first, call.files, author=self._world.bot
        )
        thread = self._open(call, message.id)
        message.channel_id = thread["id"]
        message.show(time.monotonic(), message.payload | {"channel_id": thread["id"]})
        return Reply(thread | {"message": message.payload}, 201)

    def _private_channel(self, call: Incoming) -> Reply:
        return Reply(self._world.private_channel(str(call.body["recipient_id"])))

    def _get_user(self, call: Incoming) -> Reply:
        try:
            return Reply(self._world.users[call.params["user_id"]])
        except KeyError:
            raise not_found(10013, "User") from None

    def _open(self, call: Incoming, thread_id: str) -> Json:
        limits.check_thread_name(call.body.get("name"))
        minutes = call.body.get("auto_archive_duration") or 1440
        parent_id = call.params["channel_id"]
        thread = payloads.thread(thread_id, parent_id, call.body["name"], minutes)
        self._world.channels[thread_id] = thread
        self._world.emit("THREAD_CREATE", thread | {"newly_created": True})
        return thread

    def _may_write(self, channel: Json) -> None:
        recipients = channel.get("recipients") or [{}]
        if recipients[0].get("id") in self._world.blocked:
            raise ApiError(403, 50007, "Cannot send messages to this user")
        state = channel.get("thread_metadata", {})
        if state.get("archived") and state.get("locked"):
            raise ApiError(400, 50083, "Thread is archived")
        if channel["type"] == payloads.FORUM_TYPE:
            raise ApiError(400, 50008, "Cannot send messages in a non-text channel")

    def _find(self, call: Incoming) -> Message:
        self._world.channel(call.params["channel_id"])
        message = self._world.message(call.params["message_id"])
        if message.ephemeral or message.channel_id != call.params["channel_id"]:
            raise not_found(10008, "Message")
        return message
