"""The only door to Discord's messages: every call that shows something is made here.

Only what may be done twice is tried twice, see `bot.present.calls`.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import discord
from discord.webhook.async_ import async_context

from bot.present.body import EPHEMERAL, Body, Payload
from bot.present.calls import Calls
from bot.present.components import Page
from bot.present.writer import MessageGone, Refused, Undelivered

WEBHOOK_SECONDS = 14 * 60.0
"""How long an interaction's webhook is used; Discord takes it for 15 minutes."""
EARLIER_SECONDS = 20.0
"""How long before that an answer ends which cannot go on anywhere else."""
_RESPONSE, _UPDATE = 4, 7
_ANSWERED, _TOKEN_OVER = 40060, 50027
_BROKEN = 500


class Once:
    """A session that raises answers of 5xx, which discord.py's webhook adapter would try again.

    A follow-up carries no nonce: made twice, it would stand there twice.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @asynccontextmanager
    async def request(
        self, method: str, url: str, **more: Any
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Make a request. Raises DiscordServerError."""
        async with self._session.request(method, url, **more) as response:
            if response.status >= _BROKEN:
                raise discord.DiscordServerError(response, await response.text())
            yield response


class ChannelSurface:
    """The messages in a channel, by the channel's routes; `answers` is what the first replies to.

    `ids` are messages that stand there already.
    """

    lasts: float | None = None
    """Seconds for which it can be written to; None is for ever."""

    def __init__(
        self, client: discord.Client, channel: int, answers: int | None, ids: Sequence[int] = ()
    ) -> None:
        self._http = client.http
        self._calls = calls_of(client)
        self._channel = channel
        self._answers = answers
        self.ids = list(ids)
        self._nonces: list[str] = []

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it. Raises MessageGone, Undelivered."""
        if n < len(self.ids):
            await self._calls.patiently(lambda: self._edit(self.ids[n], page))
            return
        # The same nonce at each try: Discord makes one message of them.
        if len(self._nonces) <= len(self.ids):
            self._nonces.append(str(random.getrandbits(63)))
        extra: Payload = {"nonce": self._nonces[-1], "enforce_nonce": True}
        if n == 0 and self._answers is not None:
            extra["message_reference"] = {
                "channel_id": str(self._channel),
                "message_id": str(self._answers),
                "fail_if_not_exists": False,
            }
        made = await self._calls.patiently(lambda: self._send(page, extra))
        self.ids.append(int(made["id"]))

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        message = self.ids.pop()
        await self._calls.patiently(lambda: self._http.delete_message(self._channel, message))

    def forget(self) -> None:
        """Leave the messages as they are: the next is a new one."""
        self.ids.clear()
        self._nonces.clear()

    def _send(self, page: Page, extra: Payload) -> Awaitable[Any]:
        return self._http.send_message(self._channel, params=Body(page, extra=extra).params())

    def _edit(self, message: int, page: Page) -> Awaitable[Any]:
        return self._http.edit_message(self._channel, message, params=Body(page).params())


class InteractionSurface:
    """The messages that answer one interaction, by its webhook: valid for 15 minutes.

    Message 0 is the response itself, which must have been deferred or sent. Where the bot may
    write to the channel, it goes on by the channel's routes before the webhook's time is over.
    """

    def __init__(
        self,
        interaction: discord.Interaction[Any],
        *,
        private: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = interaction.application_id
        self._token = interaction.token
        self._session = interaction.followup.session
        self._calls = calls_of(interaction.client)
        self._private = private
        self._clock = clock
        self._until = clock() + WEBHOOK_SECONDS
        self._moved: ChannelSurface | None = None
        # None is the response, while its id is not known.
        self._known: list[int | None] = [None]
        channel = interaction.channel_id
        writable = interaction.guild_id is None or interaction.app_permissions.view_channel
        moves = not private and interaction.is_guild_integration() and writable
        self._channel = (interaction.client, channel) if moves and channel else None

    @property
    def ids(self) -> list[int]:
        """The messages shown so far, as far as they are known."""
        if self._moved is not None:
            return self._moved.ids
        return [known for known in self._known if known is not None]

    @property
    def lasts(self) -> float | None:
        """Seconds for which it can be written to; None where it can go on by the channel."""
        return None if self._channel else max(0.0, self._until - self._clock() - EARLIER_SECONDS)

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it. Raises MessageGone, Undelivered."""
        if self._moved is None and self._clock() < self._until:
            try:
                await self._show(n, page)
            except MessageGone as gone:
                if gone.code != _TOKEN_OVER:
                    raise
            else:
                return
        await self._by_channel().show(n, page)

    async def _show(self, n: int, page: Page) -> None:
        if n >= len(self._known):
            self._known.append(int((await self._follow(page))["id"]))
        elif (known := self._known[n]) is not None:
            await self._calls.patiently(lambda: self._edit(known, page))
        else:
            made = await self._calls.patiently(lambda: self._original(page))
            self._known[n] = int(made["id"])

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        if self._moved is not None:
            await self._moved.remove()
            return
        message = self.ids[-1]
        self._known.pop()
        adapter = async_context.get()
        await self._calls.patiently(
            lambda: adapter.delete_webhook_message(
                self._application, self._token, message, session=self._session
            )
        )

    def forget(self) -> None:
        """Leave the messages as they are: the next is a new one."""
        self._known.clear()
        if self._moved is not None:
            self._moved.forget()

    def _by_channel(self) -> ChannelSurface:
        """Go on by the channel's routes. Raises MessageGone where that cannot be."""
        if self._moved is None:
            if self._channel is None:
                raise MessageGone("the interaction's time is over")
            client, channel = self._channel
            # A response never written to has no known id: the answer is a new message then.
            self._moved = ChannelSurface(client, channel, None, self.ids)
        return self._moved

    def _original(self, page: Page) -> Awaitable[Any]:
        return async_context.get().edit_original_interaction_response(
            self._application,
            self._token,
            session=self._session,
            **Body(page).content(),
        )

    def _edit(self, message: int, page: Page) -> Awaitable[Any]:
        return async_context.get().edit_webhook_message(
            self._application,
            self._token,
            message,
            session=self._session,
            **Body(page).content(),
        )

    async def _follow(self, page: Page) -> Any:
        """Make a further message, at most once."""
        body = Body(page, flags=EPHEMERAL if self._private else 0)
        once = cast("aiohttp.ClientSession", Once(self._session))
        try:
            return await self._calls.patiently(
                lambda: async_context.get().execute_webhook(
                    self._application,
                    self._token,
                    session=once,
                    wait=True,
                    with_components=True,
                    **body.content(),
                ),
                tries=1,
            )
        except Refused:
            raise
        except Undelivered as error:
            refused = isinstance(error.__cause__, aiohttp.ClientConnectorError)
            raise Undelivered(str(error), sent=not refused) from error


async def defer(interaction: discord.Interaction[Any], *, private: bool = False) -> None:
    """Acknowledge: a new message follows. Raises MessageGone, Undelivered."""
    await _answered(
        interaction, lambda: interaction.response.defer(ephemeral=private, thinking=True)
    )


async def defer_update(interaction: discord.Interaction[Any]) -> None:
    """Acknowledge a press: its message is edited by somebody. Raises MessageGone, Undelivered."""
    await _answered(interaction, interaction.response.defer)


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
        interaction,
        lambda: async_context.get().create_interaction_response(
            interaction.id,
            interaction.token,
            session=interaction.followup.session,
            params=params,
        ),
    )


async def _answered(
    interaction: discord.Interaction[Any], make: Callable[[], Awaitable[Any]]
) -> None:
    """Make a first response; "already acknowledged" after a lost answer is what was wanted."""

    async def attempt() -> None:
        try:
            await make()
        except discord.HTTPException as error:
            # discord.py, too, tries again after a 5xx of which Discord may have kept the first.
            if error.code != _ANSWERED:
                raise

    await calls_of(interaction.client).patiently(attempt, tries=2, urgent=True)


def calls_of(client: discord.Client) -> Calls:
    """Return what makes the calls of this client."""
    calls: Calls = client.calls  # type: ignore[attr-defined]  # StudyBot has it
    return calls
