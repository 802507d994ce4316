"""The fake's state: who and what exists, which limits hold, what was seen."""

from collections.abc import Callable
from typing import Any

from tests.doubles.discord import payloads
from tests.doubles.discord.buckets import Buckets
from tests.doubles.discord.faults import Faults
from tests.doubles.discord.records import Call, Interaction, Message
from tests.doubles.discord.wire import ApiError, Json, Upload


class World:
    """All state and settings; times are seconds.

    latency: one way, on each request before and after it is served and on each gateway event.
    ack_within, token_life: Discord's 3 s and 15 min for interactions.
    reads: does the bot see what does not mention it? blocked: ids of users who accept no private
    message. commands: by guild, "" for everywhere. files: what the CDN serves, by id.
    """

    def __init__(self) -> None:
        self.latency, self.ack_within, self.token_life = 0.0, 3.0, 900.0
        self.token, self.host, self.reads, self.too_many = "fake.token", "", False, 0
        self.blocked: set[str] = set()
        self.buckets, self.faults = Buckets(), Faults()
        self.bot: Json = payloads.made("user", id=payloads.BOT, username="bot", bot=True)
        self.users: dict[str, Json] = {payloads.BOT: self.bot}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, Message] = {}
        self.nonces: dict[tuple[str, str], Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.events: dict[str, Json] = {}
        self.commands: dict[str, list[Json]] = {}
        self.files: dict[str, Upload] = {}
        self.log: list[Call] = []
        self.refused: list[Call] = []
        self.unknown: list[str] = []
        self.emit: Callable[[str, Json], None] = lambda _event, _data: None
        self.add_channel("general", payloads.GENERAL)

    @property
    def api_base(self) -> str:
        """Where `discord.http.Route.BASE` must point."""
        return f"http://{self.host}/api/v10"

    @property
    def gateway_url(self) -> str:
        """Where `DiscordWebSocket.DEFAULT_GATEWAY` must point."""
        return f"ws://{self.host}/gateway/"

    def add_channel(self, name: str, channel_id: str | None = None) -> Json:
        """Add a channel to the guild; the bot learns of it when it connects."""
        channel = payloads.made("channel", id=channel_id or payloads.snowflake(), name=name)
        return self.channels.setdefault(channel["id"], channel)

    def guild(self) -> Json:
        """Build GUILD_CREATE's data as of now."""
        channels = [c for c in self.channels.values() if "guild_id" in c]
        members = [payloads.made("member", user=user) for user in self.users.values()]
        about = {"roles": [payloads.made("role")], "member_count": len(members)}
        threads = [c for c in channels if "thread_metadata" in c]
        lists = {"channels": [c for c in channels if c not in threads], "threads": threads}
        return payloads.made("guild", members=members, **about, **lists)

    def user(self, user_id: Any) -> Json:
        """Find a user. Raises ApiError 10013."""
        if user := self.users.get(str(user_id)):
            return user
        raise ApiError(404, 10013, "Unknown User")

    def channel(self, channel_id: Any) -> Json:
        """Find a channel. Raises ApiError 10003."""
        if channel := self.channels.get(str(channel_id)):
            return channel
        raise ApiError(404, 10003, "Unknown Channel")

    def message(self, message_id: Any) -> Message:
        """Find a message that still exists. Raises ApiError 10008."""
        message = self.messages.get(str(message_id))
        if message is None or message.deleted_at is not None:
            raise ApiError(404, 10008, "Unknown Message")
        return message

    def private_channel(self, user_id: Any) -> Json:
        """Return a user's private channel; make it if needed. Raises ApiError 10013."""
        user = self.user(user_id)
        for channel in self.channels.values():
            if user in channel.get("recipients", ()):
                return channel
        made: Json = {"id": payloads.snowflake(), "type": 1, "recipients": [user]}
        return self.channels.setdefault(made["id"], made | {"last_message_id": None})

    def attachment(self, file: Upload) -> Json:
        """Put a file on the CDN; return how a message or a command's option names it."""
        new_id = payloads.snowflake()
        self.files[new_id] = file
        url = f"http://{self.host}/attachments/{new_id}/{file.name}"
        about: Json = {"content_type": file.content_type, "url": url, "proxy_url": url}
        return about | {"id": new_id, "filename": file.name, "size": len(file.data)}

    def original(self, interaction: Interaction) -> Message | None:
        """Return what the bot answered an interaction with, if it did and has not deleted it."""
        message = self.messages.get(interaction.original or "")
        return None if message is None or message.deleted_at else message

    def calls(self, method: str, route: str) -> list[Call]:
        """List the requests to one route template."""
        return [call for call in self.log if call.method == method and call.route == route]
