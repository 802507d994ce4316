"""A person in front of Discord: what they do becomes gateway events for the bot.

Like Discord's own client it lets nobody do what cannot be done: call a command that is not
registered, press a button that is not there or disabled, choose what is not offered. Those raise
LookupError, as faults of the test or of the bot.
"""

import time
from typing import Any

from tests.doubles.discord import messages, payloads
from tests.doubles.discord.application import SUBCOMMANDS
from tests.doubles.discord.components import BUTTON, INPUT, LABEL
from tests.doubles.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL
from tests.doubles.discord.limits import FILE_BYTES
from tests.doubles.discord.records import Interaction, Message, walk
from tests.doubles.discord.wire import Json, Upload
from tests.doubles.discord.world import World

ATTACHMENT = 11


class Member:
    """A member of the guild.

    `channel` is where they are, `age` makes what they do seem that many seconds old.
    """

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.id = payloads.snowflake()
        self.user = payloads.user(self.id, name)
        self.permissions = payloads.ALL_PERMISSIONS
        self.channel = payloads.GENERAL
        self.locale = "en-US"
        self.age = 0.0
        world.users[self.id] = self.user

    @property
    def private(self) -> str:
        """The id of the private channel with the bot."""
        return str(self._world.private_channel(self.id)["id"])

    def slash(self, name: str, /, **options: Any) -> Interaction:
        """Call a registered command; `name` may go on with subcommands: "demo run"."""
        return self._act(COMMAND, self._command(name, options))

    def autocomplete(self, name: str, focused: str, /, **options: Any) -> Interaction:
        """Type into the option `focused` of a command; the answer is `interaction.choices`."""
        return self._act(AUTOCOMPLETE, self._command(name, options, focused))

    def menu(self, name: str, message: Message) -> Interaction:
        """Call a registered message command on a message."""
        command = self._registered(name, 3)
        data = {"id": command["id"], "name": name, "type": 3, "target_id": message.id}
        data["resolved"] = {"messages": {message.id: message.payload}}
        return self._act(COMMAND, data)

    def click(self, message: Message, which: str) -> Interaction:
        """Press the button with this custom_id or label."""
        button = _component(message.payload, which, {BUTTON})
        data = {"custom_id": button["custom_id"], "component_type": BUTTON, "id": button["id"]}
        return self._act(COMPONENT, data, message)

    def select(self, message: Message, which: str, *values: str) -> Interaction:
        """Choose values in the string select with this custom_id or placeholder."""
        select = _component(message.payload, which, {3})
        if missing := set(values) - {option["value"] for option in select["options"]}:
            raise LookupError(f"{which} does not offer {missing}")
        data = {"custom_id": select["custom_id"], "component_type": 3, "id": select["id"]}
        return self._act(COMPONENT, data | {"values": list(values)}, message)

    def submit(self, shown: Interaction, **fields: str | list[str]) -> Interaction:
        """Submit the modal that an interaction was answered with; fields go by custom_id."""
        if shown.modal is None:
            raise LookupError("no modal was shown")
        left = dict(fields)
        rows = [_filled(row, left) for row in shown.modal["components"]]
        if left:
            raise LookupError(f"the modal has no fields {set(left)}")
        data = {"custom_id": shown.modal["custom_id"], "components": rows}
        source = self._world.messages.get(shown.source or "")
        return self._act(MODAL, data, source)

    def say(
        self,
        text: str,
        *,
        channel: str | None = None,
        files: list[Upload] | None = None,
        extra: Json | None = None,
    ) -> Message:
        """Write a message; `<@id>` mentions. Raises ApiError as Discord would refuse it."""
        return messages.create(
            self._world,
            channel or self.channel,
            {"content": text},
            dict(enumerate(files or ())),
            author=self.user,
            extra=extra,
        )

    def mention(self, text: str, *, channel: str | None = None) -> Message:
        """Write a message that mentions the bot."""
        return self.say(f"<@{payloads.BOT}> {text}", channel=channel)

    def dm(self, text: str) -> Message:
        """Write to the bot in private."""
        return self.say(text, channel=self.private)

    def reply(self, message: Message, text: str, *, ping: bool = True) -> Message:
        """Reply to a message, with or without pinging its author."""
        reference = {"message_id": message.id, "channel_id": message.channel_id, "type": 0}
        extra: Json = {"type": 19, "message_reference": reference}
        # `referenced_message` is what makes the author pinged.
        return self.say(
            text,
            channel=message.channel_id,
            extra=extra | ({"referenced_message": message.payload} if ping else {}),
        )

    def delete(self, message: Message) -> None:
        """Delete a message, as a moderator or its author."""
        messages.delete(self._world, message)

    def _act(self, kind: int, data: Json, message: Message | None = None) -> Interaction:
        channel = self._world.channel(message.channel_id if message else self.channel)
        new_id = payloads.snowflake(self.age)
        payload: Json = {
            "id": new_id,
            "application_id": payloads.BOT,
            "type": kind,
            "data": data,
            "channel_id": channel["id"],
            "channel": channel | {"permissions": self.permissions},
            "token": f"token-{new_id}",
            "version": 1,
            "app_permissions": payloads.ALL_PERMISSIONS,
            "locale": self.locale,
            "entitlements": [],
            "authorizing_integration_owners": {"0": payloads.GUILD},
            "attachment_size_limit": FILE_BYTES,
        }
        if channel["type"] == payloads.DM:
            payload |= {"user": self.user, "context": 1}
        else:
            guild = {"id": payloads.GUILD, "locale": "en-US", "features": []}
            payload |= {"guild_id": payloads.GUILD, "guild": guild, "guild_locale": "en-US"}
            payload |= {"member": payloads.member(self.user, self.permissions), "context": 0}
        if message is not None:
            payload["message"] = message.payload
        interaction = Interaction(
            id=new_id,
            token=payload["token"],
            kind=kind,
            channel_id=channel["id"],
            born=time.monotonic() - self.age,
            payload=payload,
            source=message.id if message else None,
        )
        self._world.interactions[interaction.token] = interaction
        self._world.emit("INTERACTION_CREATE", payload)
        return interaction

    def _registered(self, name: str, kind: int) -> Json:
        for commands in self._world.commands.values():
            for command in commands:
                if (command["name"], command["type"]) == (name, kind):
                    return command
        raise LookupError(f"no command {name!r} of type {kind} is registered")

    def _command(self, path: str, options: Json, focused: str | None = None) -> Json:
        """Build the data of a command, nested as its subcommands are."""
        name, *subcommands = path.split()
        command = level = self._registered(name, 1)
        levels: list[Json] = []
        for sub in subcommands:
            found = [o for o in level["options"] if o["name"] == sub and o["type"] in SUBCOMMANDS]
            if not found:
                raise LookupError(f"{path!r} is not registered")
            (level,) = found
            levels.append({"name": sub, "type": level["type"]})
        known: list[Json] = level.get("options") or []
        if unknown := set(options) - {o["name"] for o in known}:
            raise LookupError(f"{path!r} has no options {unknown}")
        resolved: Json = {}
        filled = []
        for option in known:
            if option["name"] in options:
                value = self._value(option, options[option["name"]], resolved)
                given = {"name": option["name"], "type": option["type"], "value": value}
                filled.append(given | ({"focused": True} if option["name"] == focused else {}))
            elif option.get("required") and focused is None:
                raise LookupError(f"{path!r} needs {option['name']!r}")
        for outer in reversed(levels):
            filled = [outer | {"options": filled}]
        data = {"id": command["id"], "name": name, "type": 1, "options": filled}
        return data | ({"resolved": {"attachments": resolved}} if resolved else {})

    def _value(self, option: Json, value: Any, resolved: Json) -> Any:
        offered = [choice["value"] for choice in option.get("choices") or ()]
        if offered and value not in offered:
            raise LookupError(f"{option['name']!r} does not offer {value!r}")
        if option["type"] != ATTACHMENT:
            return value
        data = messages.attachment(self._world, self.channel, value) | {"ephemeral": True}
        self._world.uploads[data["id"]] = value
        resolved[data["id"]] = data
        return data["id"]


def _component(payload: Json, which: str, kinds: set[int]) -> Json:
    """Find the enabled component with this custom_id, label or placeholder."""
    for component in walk(payload["components"]):
        names = (component.get(key) for key in ("custom_id", "label", "placeholder"))
        if component["type"] in kinds and which in names and component.get("custom_id"):
            if component.get("disabled"):
                raise LookupError(f"{which!r} is disabled")
            return component
    raise LookupError(f"no enabled component {which!r} in message {payload['id']}")


def _filled(row: Json, fields: dict[str, Any]) -> Json:
    """Build a modal's row as it is submitted; what is used is taken from the fields."""
    if row["type"] == LABEL:
        return {"type": LABEL, "component": _filled(row["component"], fields)}
    if "components" in row:
        return {"type": 1, "components": [_filled(c, fields) for c in row["components"]]}
    if "custom_id" not in row:
        return {"type": row["type"]}
    key = "value" if row["type"] == INPUT else "values"
    value = fields.pop(row["custom_id"], row.get("value", "") if key == "value" else [])
    if row.get("required", True) and not value:
        raise LookupError(f"the field {row['custom_id']!r} is required")
    return {"type": row["type"], "custom_id": row["custom_id"], key: value}
