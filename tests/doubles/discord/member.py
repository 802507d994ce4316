"""A person in front of Discord: what they do becomes gateway events for the bot.

Like Discord's own client it lets nobody do what cannot be done: call a command that is not
registered, press a button that is not there or disabled, choose what is not offered. Those raise
LookupError, as faults of the test or of the bot.
"""

import time
from typing import Any

from tests.doubles.discord import messages, payloads
from tests.doubles.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, SUBMIT
from tests.doubles.discord.limits import BUTTON, SELECT, SELECTS
from tests.doubles.discord.records import Interaction, Message, walk
from tests.doubles.discord.wire import Json, Upload
from tests.doubles.discord.world import World


class Member:
    """A member of the guild; `age` makes what they do in `channel` seem so many seconds old."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.id = payloads.snowflake()
        self.user = payloads.made("user", id=self.id, username=name, global_name=name)
        self.channel = payloads.GENERAL
        self.age = 0.0
        self.roles: list[str] = []
        self.permissions = ""  # all of them
        world.users[self.id] = self.user

    def slash(self, name: str, /, **options: Any) -> Interaction:
        """Call a registered command, or one of a group by both names; an Upload is attached."""
        return self._act(COMMAND, self._command(name, options))

    def menu(self, name: str, message: Message) -> Interaction:
        """Choose a registered entry of a message's menu."""
        resolved = {"messages": {message.id: message.payload}}
        data = self._command(name, {}) | {"type": 3, "target_id": message.id, "resolved": resolved}
        return self._act(COMMAND, data)

    def autocomplete(self, name: str, focused: str, /, **options: Any) -> Interaction:
        """Type into the option `focused` of a command; the answer is `interaction.choices`."""
        return self._act(AUTOCOMPLETE, self._command(name, options, focused))

    def click(self, message: Message, which: str) -> Interaction:
        """Press the button with this custom_id or label."""
        return self._act(COMPONENT, _use(message, which, BUTTON)[1], message)

    def select(self, message: Message, which: str, *values: str) -> Interaction:
        """Choose values in the select with this custom_id or placeholder."""
        select, data = _use(message, which, *SELECTS)
        offered = {option["value"] for option in select.get("options") or ()}
        if select["type"] == SELECT and (missing := set(values) - offered):
            raise LookupError(f"{which} does not offer {missing}")
        return self._act(COMPONENT, data | {"values": list(values)}, message)

    def submit(self, opened: Interaction, text: str) -> Interaction:
        """Send off the form that a press opened, with `text` in its first line."""
        if opened.modal is None:
            raise LookupError("no form was opened")
        line = opened.modal["components"][0]["component"]
        written = [{"type": 18, "component": line | {"value": text}}]
        data = {"custom_id": opened.modal["custom_id"], "components": written}
        return self._act(SUBMIT, data, self._world.messages.get(opened.source or ""))

    def say(self, text: str, *, channel: str | None = None, extra: Json | None = None) -> Message:
        """Write a message; `<@id>` mentions. Raises ApiError as Discord would refuse it."""
        where, body = channel or self.channel, {"content": text}
        return messages.create(self._world, where, self.user, body, {}, extra or {})

    def mention(self, text: str, *, channel: str | None = None) -> Message:
        """Write a message that mentions the bot."""
        return self.say(f"<@{payloads.BOT}> {text}", channel=channel)

    def dm(self, text: str) -> Message:
        """Write to the bot in private."""
        return self.say(text, channel=self._world.private_channel(self.id)["id"])

    def reply(self, message: Message, text: str, *, ping: bool = True) -> Message:
        """Reply to a message, with or without pinging its author."""
        reference = {"message_id": message.id, "channel_id": message.channel_id, "type": 0}
        extra: Json = {"type": 19, "message_reference": reference}
        extra |= {"referenced_message": message.payload}
        body = {"content": text, "allowed_mentions": {"parse": ["users"], "replied_user": ping}}
        return messages.create(self._world, message.channel_id, self.user, body, {}, extra)

    def delete(self, message: Message) -> None:
        """Delete a message, as a moderator or its author."""
        messages.delete(self._world, message)

    def _act(self, kind: int, data: Json, message: Message | None = None) -> Interaction:
        channel = self._world.channel(message.channel_id if message else self.channel)
        new_id = payloads.snowflake(self.age)
        payload = payloads.made("interaction", id=new_id, token=f"token-{new_id}", type=kind)
        payload |= {"data": data, "channel_id": channel["id"]}
        payload["channel"] = channel | {"permissions": payload["app_permissions"]}
        if "guild_id" in channel:
            member = payloads.made("member", user=self.user, roles=self.roles)
            member |= {"permissions": self.permissions} if self.permissions else {}
            payload |= payloads.made("interaction_in_guild", member=member)
        else:
            payload |= {"user": self.user, "context": 1}
        if message is not None:
            payload["message"] = message.payload
        source, born = message.id if message else None, time.monotonic() - self.age
        made = Interaction(new_id, payload["token"], kind, channel["id"], born, payload, source)
        self._world.interactions[made.token] = made
        self._world.emit("INTERACTION_CREATE", payload)
        return made

    def _command(self, name: str, options: Json, focused: str | None = None) -> Json:
        """Build the data of a command. Raises LookupError for what is not registered."""
        registered = (c for commands in self._world.commands.values() for c in commands)
        first, _, last = name.partition(" ")
        command = next((c for c in registered if c["name"] in (name, first)), None)
        if command is None:
            raise LookupError(f"no command {name!r} is registered")
        subs = {o["name"]: o for o in command["options"] if o["type"] == 1}
        known: dict[str, Json] = {o["name"]: o for o in subs.get(last, command)["options"]}
        needed = {n for n, o in known.items() if o.get("required") and focused is None}
        given = set(options)
        if wrong := given - set(known) | needed - given | set(known) & set(subs):
            raise LookupError(f"{name!r} has no options, or needs them: {wrong}")
        files = {k: self._world.attachment(v) for k, v in options.items() if isinstance(v, Upload)}
        filled = []
        for key, value in (options | {k: file["id"] for k, file in files.items()}).items():
            option = {"name": key, "type": known[key]["type"], "value": value}
            filled.append(option | ({"focused": True} if key == focused else {}))
        if last in subs:
            filled = [{"name": last, "type": 1, "options": filled}]
        resolved = {"attachments": {file["id"]: file for file in files.values()}}
        about = {"id": command["id"], "name": command["name"], "type": 1}
        return about | {"options": filled, "resolved": resolved}


def _use(message: Message, which: str, *kinds: int) -> tuple[Json, Json]:
    """Find the enabled component with this custom_id, label or placeholder; and its use's data."""
    for component in walk(message.payload["components"]):
        names = (component.get(key) for key in ("custom_id", "label", "placeholder"))
        if component["type"] in kinds and which in names and not component.get("disabled"):
            data = {"custom_id": component["custom_id"], "component_type": component["type"]}
            return component, data | {"id": component["id"]}
    raise LookupError(f"no enabled component {which!r} in message {message.id}")
