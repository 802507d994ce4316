"""The fake's state: who and what exists, which limits hold, what was seen."""

from collections.abc import Callable
from typing import Any

from tests.doubles.discord import payloads
from tests.doubles.discord.buckets import Buckets
from tests.doubles.discord.faults import Faults
from tests.doubles.discord.records import Call, Interaction, Message, Refused
from tests.doubles.discord.wire import Json, Upload, not_found

GATEWAY_PATH = "/gateway/"


class World:
    """All state and settings; times are seconds.

    latency: one way, on each request before and after it is served and on each gateway event.
    ack_within, token_life: Discord's 3 s and 15 min for interactions.
    privileged: the privileged gateway intents that are granted to the bot; asking more closes
    the gateway with 4014. echo: does the bot get events for its own messages, as in Discord?
    blocked: ids of users who accept no private message.
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.ack_within = 3.0
        self.token_life = 900.0
        self.token = "fake.token"
        self.privileged = 0
        self.echo = True
        self.blocked: set[str] = set()
        self.host = ""
        self.buckets = Buckets()
        self.faults = Faults()
        self.bot = payloads.user(payloads.BOT, "bot", bot=True)
        self.users: dict[str, Json] = {payloads.BOT: self.bot}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, Message] = {}
        self.uploads: dict[str, Upload] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[str, list[Json]] = {}
        self.typing: list[tuple[float, str]] = []
        self.log: list[Call] = []
        self.refused: list[Refused] = []
        self.unknown: list[str] = []
        self.too_many = 0
        self.emit: Callable[[str, Json], None] = lambda _event, _data: None
        self.add_channel("general", payloads.TEXT, payloads.GENERAL)
        self.add_channel("questions", payloads.FORUM_TYPE, payloads.FORUM)

    @property
    def api_base(self) -> str:
        """Where `discord.http.Route.BASE` must point."""
        return f"http://{self.host}/api/v10"

    @property
    def gateway_url(self) -> str:
        """Where `DiscordWebSocket.DEFAULT_GATEWAY` must point."""
        return f"ws://{self.host}{GATEWAY_PATH}"

    def add_channel(
        self, name: str, kind: int = payloads.TEXT, channel_id: str | None = None
    ) -> Json:
        """Add a channel to the guild; the bot learns of it when it connects."""
        channel = payloads.channel(channel_id or payloads.snowflake(), kind, name)
        self.channels[channel["id"]] = channel
        return channel

    def guild(self) -> Json:
        """Build GUILD_CREATE's data as of now."""
        channels = [c for c in self.channels.values() if c["type"] != payloads.DM]
        members = [payloads.member(user) for user in self.users.values()]
        return payloads.guild(channels, members)

    def private_channel(self, user_id: str) -> Json:
        """Return a user's private channel; make it if needed. Raises ApiError 10013."""
        if user_id not in self.users:
            raise not_found(10013, "User")
        for channel in self.channels.values():
            if channel["type"] == payloads.DM and channel["recipients"][0]["id"] == user_id:
                return channel
        channel = payloads.dm_channel(self.users[user_id])
        self.channels[channel["id"]] = channel
        return channel

    def channel(self, channel_id: Any) -> Json:
        """Find a channel. Raises ApiError 10003."""
        try:
            return self.channels[str(channel_id)]
        except KeyError:
            raise not_found(10003, "Channel") from None

    def message(self, message_id: str | None) -> Message:
        """Find a message that still exists. Raises ApiError 10008."""
        message = self.messages.get(message_id or "")
        if message is None or message.deleted_at is not None:
            raise not_found(10008, "Message")
        return message

    def original(self, interaction: Interaction) -> Message | None:
        """Return what the bot answered an interaction with, if it did and has not deleted it."""
        message = self.messages.get(interaction.original or "")
        return None if message is None or message.deleted_at else message

    def calls(self, method: str, route: str) -> list[Call]:
        """List the requests to one route template."""
        return [call for call in self.log if call.method == method and call.route == route]
