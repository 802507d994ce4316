"""The routes of interactions: the one first response within 3 s, the webhook for 15 minutes.

Source: Discord's documentation, interactions/receiving-and-responding.
"""

import time

from tests.doubles.discord import limits, messages, payloads
from tests.doubles.discord.records import EPHEMERAL, LOADING, Interaction, Message
from tests.doubles.discord.wire import ApiError, Incoming, Json
from tests.doubles.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9

_ALLOWED = {  # which responses each kind of interaction may get
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
    AUTOCOMPLETE: {CHOICES},
}


def respond(world: World, call: Incoming) -> Json | None:
    """Take the first response, unless it is late, second or not allowed."""
    interaction = world.interactions.get(call.params["interaction_token"])
    if interaction is None or time.monotonic() - interaction.born > world.ack_within:
        raise ApiError(404, 10062, "Unknown interaction")
    if interaction.response is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    kind: int = call.body.get("type")
    if kind not in _ALLOWED[interaction.kind]:
        limits.refuse([("type", f"UNION_TYPE_CHOICES: none of {_ALLOWED[interaction.kind]}")])
    made = _act(world, interaction, kind, call)
    interaction.response, interaction.answered_at = kind, time.monotonic()
    described: Json = {"id": interaction.id, "type": interaction.kind}
    resource: Json = {"type": kind}
    if made is not None:
        interaction.original = described["response_message_id"] = made.id
        described["response_message_ephemeral"] = made.ephemeral
        resource["message"] = made.payload
    asked = call.query.get("with_response") in ("1", "true")
    return {"interaction": described, "resource": resource} if asked else None


def _act(world: World, interaction: Interaction, kind: int, call: Incoming) -> Message | None:
    """Do what the response says; return the message that is then the original one."""
    data: Json = call.body.get("data") or {}
    if kind in (CHOICES, MODAL):
        most = limits.CHOICES if kind == CHOICES else limits.MODAL
        limits.refuse(limits.lengths(data, most, "data"))
        interaction.choices, interaction.modal = data.get("choices"), data
        return None
    if kind in (DEFER_UPDATE, UPDATE):
        source = world.message(interaction.source)
        return messages.edit(world, source, data, call.files) if kind == UPDATE else source
    if kind == DEFER and (data.get("flags") or 0) & ~EPHEMERAL:
        limits.refuse([("data.flags", "INVALID: only EPHEMERAL is valid for a deferred response")])
    return _write(world, interaction, data, call, LOADING if kind == DEFER else 0)


def _write(
    world: World, interaction: Interaction, body: Json, call: Incoming, flags: int = 0
) -> Message:
    """Write a message by an interaction's webhook, ephemeral if its flags say so."""
    member = interaction.payload.get("member") or interaction.payload
    extra = {
        "type": 20 if interaction.kind == COMMAND else 0,
        "flags": flags | (body.get("flags") or 0) & EPHEMERAL,
        "application_id": payloads.BOT,
        "webhook_id": payloads.BOT,
        "interaction_metadata": payloads.made(
            "interaction_metadata", id=interaction.id, type=interaction.kind, user=member["user"]
        ),
    }
    return messages.create(world, interaction.channel_id, world.bot, body, call.files, extra)


def follow_up(world: World, call: Incoming) -> Json:
    """Write a further message; directly after a defer it fills the deferred one instead."""
    interaction = _find(world, call)
    original = world.original(interaction)
    if original is not None and original.payload["flags"] & LOADING:
        return messages.edit(world, original, call.body, call.files).payload
    made = _write(world, interaction, call.body, call)
    interaction.followups.append(made.id)
    return made.payload


def _find(world: World, call: Incoming) -> Interaction:
    interaction = world.interactions.get(call.params["webhook_token"])
    if interaction and time.monotonic() - interaction.born > world.token_life:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    if interaction is None or interaction.response is None:
        raise ApiError(404, 10015, "Unknown Webhook")
    return interaction


def message(world: World, call: Incoming) -> Message:
    """Find the original response or a followup. Raises ApiError."""
    interaction = _find(world, call)
    message_id = call.params.get("message_id", interaction.original)
    if message_id not in (interaction.original, *interaction.followups):
        raise ApiError(404, 10008, "Unknown Message")
    return world.message(message_id)
