"""The callback route: the one first response to an interaction, within 3 s.

Source: Discord's documentation, interactions/receiving-and-responding.
"""

import time

from tests.doubles.discord import limits, messages, payloads
from tests.doubles.discord.components import check_modal
from tests.doubles.discord.records import EPHEMERAL, LOADING, Interaction, Message
from tests.doubles.discord.wire import ApiError, Incoming, Json, Reply, Route, not_found
from tests.doubles.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, SHOW_MODAL = 4, 5, 6, 7, 8, 9

# Which responses each kind of interaction may get.
_ALLOWED = {
    COMMAND: {MESSAGE, DEFER, SHOW_MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, SHOW_MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}


class Callbacks:
    """Answers the callback route."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the route with its handler."""
        template = "/interactions/{interaction_id}/{interaction_token}/callback"
        return [Route("POST", template, self._respond, bot=False)]

    def _respond(self, call: Incoming) -> Reply:
        """Take the first response, unless it is late, second or not allowed."""
        interaction = self._world.interactions.get(call.params["interaction_token"])
        if interaction is None or interaction.id != call.params["interaction_id"]:
            raise not_found(10062, "interaction")
        if interaction.response is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if time.monotonic() - interaction.born > self._world.ack_within:
            raise not_found(10062, "interaction")
        kind, data = call.body.get("type"), call.body.get("data") or {}
        self._check_kind(interaction, kind)
        message = self._act(interaction, kind, data, call)
        interaction.response = kind
        interaction.answered_at = time.monotonic()
        interaction.original = message.id if message else None
        if call.query.get("with_response") not in ("1", "true"):
            return Reply(status=204)
        return Reply(_described(interaction, message))

    def _check_kind(self, interaction: Interaction, kind: object) -> None:
        allowed = set(_ALLOWED[interaction.kind])
        if interaction.kind == MODAL and interaction.source is None:
            allowed -= {DEFER_UPDATE, UPDATE}
        if kind not in allowed:
            problems = limits.Problems()
            text = f'Value of field "type" must be one of {sorted(allowed)}.'
            problems.add("type", "UNION_TYPE_CHOICES", text)
            problems.settle()

    def _act(
        self, interaction: Interaction, kind: int, data: Json, call: Incoming
    ) -> Message | None:
        """Do what the response says; the message that is then the original one."""
        if kind == CHOICES:
            limits.check_choices(data.get("choices") or [])
            interaction.choices = data.get("choices") or []
            return None
        if kind == SHOW_MODAL:
            problems = limits.Problems()
            check_modal(problems, data)
            problems.settle()
            interaction.modal = data
            return None
        if kind in (DEFER_UPDATE, UPDATE):
            source = self._world.message(interaction.source)
            if kind == UPDATE:
                messages.edit(self._world, source, data, call.files, webhook=True)
            return source
        flags = data.get("flags") or 0
        if kind == DEFER and flags & ~EPHEMERAL:
            problems = limits.Problems()
            problems.add("data.flags", "INVALID", "Only EPHEMERAL is valid for a deferred response")
            problems.settle()
        return write(self._world, interaction, data, call, loading=kind == DEFER)


def write(
    world: World, interaction: Interaction, body: Json, call: Incoming, *, loading: bool = False
) -> Message:
    """Write a message by an interaction's webhook, ephemeral if its flags say so."""
    ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
    extra: Json = {
        "flags": EPHEMERAL if ephemeral else 0,
        "application_id": payloads.BOT,
        "webhook_id": payloads.BOT,
        "interaction_metadata": {
            "id": interaction.id,
            "type": interaction.kind,
            "user": interaction.payload.get("user") or interaction.payload["member"]["user"],
            "authorizing_integration_owners": {"0": payloads.GUILD},
        },
    }
    if interaction.kind == COMMAND:
        extra["type"] = 20
    return messages.create(
        world,
        interaction.channel_id,
        body,
        call.files,
        author=world.bot,
        webhook=True,
        extra=extra,
        loading=loading,
    )


def _described(interaction: Interaction, message: Message | None) -> Json:
    described: Json = {"id": interaction.id, "type": interaction.kind}
    resource: Json = {"type": interaction.response}
    if message is not None:
        described["response_message_id"] = message.id
        described["response_message_loading"] = bool(message.payload["flags"] & LOADING)
        described["response_message_ephemeral"] = message.ephemeral
        if interaction.response != DEFER_UPDATE:
            resource["message"] = message.payload
    return {"interaction": described, "resource": resource}
