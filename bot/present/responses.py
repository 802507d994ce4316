"""First responses: what answers an interaction within the three seconds that Discord waits."""

from __future__ import annotations

from typing import Any

import discord
from discord.webhook.async_ import async_context

from bot.present.body import EPHEMERAL, Body, Payload
from bot.present.calls import calls_of
from bot.present.components import Form, Page, form
from bot.present.webhook import RESPONSE_ID, InteractionSurface

_RESPONSE, _DEFER, _DEFER_UPDATE, _UPDATE, _MODAL = 4, 5, 6, 7, 9
_HASTY_TRIES, _HASTE = 5, 0.15  # 2.3 s in all: a first response is due within 3 s
_ANSWERED = 40060
# Under these names an interaction's `extras` hold the type of its response, and of the first tried.
_FIRST, _TRIED = "first_response", "tried_response"


async def defer(interaction: discord.Interaction[Any], *, private: bool = False) -> None:
    """Acknowledge, if that was not done: a new message follows. Raises MessageGone, Undelivered."""
    if _FIRST in interaction.extras:
        return
    flags = EPHEMERAL if private else 0
    told = await _callback(interaction, {"type": _DEFER, "data": {"flags": flags}})
    if message := ((told or {}).get("interaction") or {}).get("response_message_id"):
        interaction.extras[RESPONSE_ID] = int(message)


async def defer_update(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge a press: its message is edited by somebody. Raises MessageGone, Undelivered."""
    await _callback(interaction, {"type": _DEFER_UPDATE})


async def respond(
    interaction: discord.Interaction[Any], page: Page, *, private: bool = True
) -> None:
    """Answer an interaction with one page, also after its first response.

    Raises MessageGone, Undelivered.
    """
    if _FIRST not in interaction.extras:
        body = Body(page, flags=EPHEMERAL if private else 0)
        await _callback(interaction, {"type": _RESPONSE, "data": body.payload}, body)
        if interaction.extras[_FIRST] == _RESPONSE:
            return
    # What was deferred waits to be filled; beside anything else stands a further message.
    surface = InteractionSurface(interaction, private=private)
    await surface.show(0 if interaction.extras[_FIRST] == _DEFER else 1, page)


async def update(interaction: discord.Interaction[Any], page: Page) -> None:
    """Answer a press by changing its message. Raises MessageGone, Undelivered."""
    body = Body(page)
    await _callback(interaction, {"type": _UPDATE, "data": body.payload}, body)


async def ask_for(interaction: discord.Interaction[Any], wanted: Form) -> None:
    """Answer an interaction with a form to fill in. Raises MessageGone, Undelivered."""
    await _callback(interaction, {"type": _MODAL, "data": form(wanted)})


def written(interaction: discord.Interaction[Any]) -> str:
    """Return what a member wrote into a form."""
    data: Any = interaction.data
    inside = [row.get("component") or {} for row in data.get("components") or []]
    return "\n".join(str(part.get("value") or "") for part in inside).strip()


async def _callback(
    interaction: discord.Interaction[Any], payload: Payload, body: Body | None = None
) -> Any:
    """Make the first response, quickly again while Discord still takes it; return the answer.

    "Already acknowledged", after an answer that was lost, is what was wanted: by the first call
    that was tried here, which may have been another one.
    """
    kind = interaction.extras.setdefault(_TRIED, payload["type"])
    params = discord.http.MultipartParameters(payload=payload, multipart=None, files=None)
    if body is not None and body.files:
        params = discord.http.MultipartParameters(
            payload=None, multipart=body.form(payload), files=body.files
        )

    async def attempt() -> Any:
        nonlocal kind
        try:
            made = await async_context.get().create_interaction_response(
                interaction.id,
                interaction.token,
                session=interaction.followup.session,
                params=params,
            )
        except discord.HTTPException as error:
            if error.code != _ANSWERED:
                raise
            return None
        kind = payload["type"]
        return made

    calls = calls_of(interaction.client)
    told = await calls.patiently(attempt, tries=_HASTY_TRIES, backoff=_HASTE, urgent=True)
    interaction.extras[_FIRST] = kind
    return told
