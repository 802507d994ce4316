"""The only door to Discord's messages: every call that shows something is made here.

Each call carries `allowed_mentions` that allow nobody and the flag that keeps links from
unfolding (discord.py 2.7.1 leaves both out of some edits, and `Message.edit` even removes the
flag). Only what may be done twice is tried twice, see `bot.present.calls`.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.webhook.async_ import async_context

from bot.present.calls import patiently
from bot.present.components import Page, components

Payload = dict[str, Any]

SUPPRESS_EMBEDS, EPHEMERAL, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 15
NOBODY: Payload = {"parse": []}
_RESPONSE, _UPDATE = 4, 7
_ANSWERED = 40060


class Body:
    """A page as the body of a request: JSON, or a form when a file goes with it."""

    def __init__(self, page: Page, *, flags: int = 0, extra: Payload | None = None) -> None:
        self.payload: Payload = {
            "components": components(page),
            "flags": flags | SUPPRESS_EMBEDS | COMPONENTS_V2,
            "allowed_mentions": NOBODY,
            **(extra or {}),
        }
        self.files: list[discord.File] = []
        if page.file is not None:
            self.files.append(discord.File(io.BytesIO(page.file.data), page.file.name))
        self.payload["attachments"] = [file.to_dict(i) for i, file in enumerate(self.files)]

    def form(self, wrapped: Payload | None = None) -> list[dict[str, Any]]:
        """Return the parts of a multipart form; `wrapped` is sent in place of the payload."""
        whole = json.dumps(wrapped or self.payload)
        parts: list[dict[str, Any]] = [{"name": "payload_json", "value": whole}]
        for i, file in enumerate(self.files):
            kind = "application/octet-stream"
            part = {"name": f"files[{i}]", "value": file.fp, "filename": file.filename}
            parts.append(part | {"content_type": kind})
        return parts


class InteractionSurface:
    """The messages that answer one interaction, by its webhook: valid for 15 minutes.

    Message 0 is the response itself, which must have been deferred or sent.
    """

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool = False) -> None:
        self._application = interaction.application_id
        self._token = interaction.token
        self._session = interaction.followup.session
        self._private = private
        self._ids: list[int] = []

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it. Raises MessageGone, Undelivered."""
        if n == 0:
            await patiently(lambda: self._original(page))
        elif n <= len(self._ids):
            await patiently(lambda: self._edit(self._ids[n - 1], page))
        else:
            # Without a nonce a second try could make a second message.
            made = await patiently(lambda: self._follow(page), tries=1)
            self._ids.append(int(made["id"]))

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        message = self._ids.pop()
        adapter = async_context.get()
        await patiently(
            lambda: adapter.delete_webhook_message(
                self._application, self._token, message, session=self._session
            )
        )

    def _original(self, page: Page) -> Awaitable[Any]:
        body = Body(page)
        return async_context.get().edit_original_interaction_response(
            self._application,
            self._token,
            session=self._session,
            **_content(body),
        )

    def _edit(self, message: int, page: Page) -> Awaitable[Any]:
        return async_context.get().edit_webhook_message(
            self._application,
            self._token,
            message,
            session=self._session,
            **_content(Body(page)),
        )

    def _follow(self, page: Page) -> Awaitable[Any]:
        body = Body(page, flags=EPHEMERAL if self._private else 0)
        return async_context.get().execute_webhook(
            self._application,
            self._token,
            session=self._session,
            wait=True,
            with_components=True,
            **_content(body),
        )


class ChannelSurface:
    """The messages that answer a member's message, by the channel's routes."""

    def __init__(self, client: discord.Client, asked: discord.Message) -> None:
        self._http = client.http
        self._asked = asked
        self._ids: list[int] = []

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it. Raises MessageGone, Undelivered."""
        if n < len(self._ids):
            await patiently(lambda: self._edit(self._ids[n], page))
            return
        extra: Payload = {"nonce": str(random.getrandbits(63)), "enforce_nonce": True}
        if n == 0:
            extra["message_reference"] = {
                "channel_id": str(self._asked.channel.id),
                "message_id": str(self._asked.id),
                "fail_if_not_exists": False,
            }
        made = await patiently(lambda: self._send(page, extra))
        self._ids.append(int(made["id"]))

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        channel, message = self._asked.channel.id, self._ids.pop()
        await patiently(lambda: self._http.delete_message(channel, message))

    def _send(self, page: Page, extra: Payload) -> Awaitable[Any]:
        return self._http.send_message(
            self._asked.channel.id, params=_params(Body(page, extra=extra))
        )

    def _edit(self, message: int, page: Page) -> Awaitable[Any]:
        params = _params(Body(page))
        return self._http.edit_message(self._asked.channel.id, message, params=params)


async def defer(interaction: discord.Interaction[Any], *, private: bool = False) -> None:
    """Acknowledge: a new message follows. Raises MessageGone, Undelivered."""
    await _answered(lambda: interaction.response.defer(ephemeral=private, thinking=True))


async def defer_update(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge a press: its message is edited by somebody. Raises MessageGone, Undelivered."""
    await _answered(interaction.response.defer)


async def respond(
    interaction: discord.Interaction[Any], page: Page, *, private: bool = True
) -> None:
    """Answer an interaction with one page. Raises MessageGone, Undelivered."""
    await _callback(interaction, _RESPONSE, Body(page, flags=EPHEMERAL if private else 0))


async def update(interaction: discord.Interaction[Any], page: Page) -> None:
    """Answer a press by changing its message. Raises MessageGone, Undelivered."""
    await _callback(interaction, _UPDATE, Body(page))


async def _callback(interaction: discord.Interaction[Any], kind: int, body: Body) -> None:
    wrapped = {"type": kind, "data": body.payload}
    params = discord.http.MultipartParameters(
        payload=None if body.files else wrapped,
        multipart=body.form(wrapped) if body.files else None,
        files=body.files or None,
    )
    interaction.extras["answered"] = True
    await _answered(
        lambda: async_context.get().create_interaction_response(
            interaction.id,
            interaction.token,
            session=interaction.followup.session,
            params=params,
        )
    )


async def _answered(make: Callable[[], Awaitable[Any]]) -> None:
    """Make a first response; "already acknowledged" after a lost answer is what was wanted."""
    tries = 0

    async def attempt() -> None:
        nonlocal tries
        tries += 1
        try:
            await make()
        except discord.HTTPException as error:
            # discord.py, too, tries again after a 5xx of which Discord may have kept the first.
            if error.code != _ANSWERED:
                raise

    await patiently(attempt, tries=2)


def _content(body: Body) -> dict[str, Any]:
    if not body.files:
        return {"payload": body.payload}
    return {"multipart": body.form(), "files": body.files}


def _params(body: Body) -> discord.http.MultipartParameters:
    if not body.files:
        return discord.http.MultipartParameters(payload=body.payload, multipart=None, files=None)
    return discord.http.MultipartParameters(payload=None, multipart=body.form(), files=body.files)
