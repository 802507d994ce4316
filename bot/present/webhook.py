"""Messages by an interaction's webhook, which Discord takes for 15 minutes.

It belongs to the door of `bot.present.delivery`, and goes on there when the webhook's time is over.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp
import discord
from discord.webhook.async_ import async_context

from bot.present.body import EPHEMERAL, Body
from bot.present.calls import calls_of
from bot.present.components import Page
from bot.present.delivery import ChannelSurface, id_of
from bot.present.surface import MessageGone, Refused, Undelivered

WEBHOOK_SECONDS = 14 * 60.0
"""How long an interaction's webhook is used; Discord takes it for 15 minutes."""
RESPONSE_ID = "response_id"
"""Under this name an interaction's `extras` hold the id of its response."""
EARLIER_SECONDS = 20.0
"""How long before that an answer ends which cannot go on anywhere else."""
# Invalid webhook token, unknown webhook: what Discord says when the time is over.
_TIME_OVER = frozenset({50027, 10015})


class WebhookSurface:
    """The messages that answered an interaction of an earlier process, by its `token`.

    Without `ids`, the response alone.
    """

    def __init__(self, client: discord.Client, token: str, ids: Sequence[int]) -> None:
        self._calls = calls_of(client)
        self._hook = discord.Webhook.partial(client.application_id or 0, token, client=client)
        self._session = self._hook.session
        self._token = token
        self.ids: list[Any] = list(ids) or ["@original"]

    async def look(self, n: int) -> list[Any]:
        """Return the components of message `n`. Raises MessageGone, Undelivered."""
        read, hook = async_context.get().get_webhook_message, self._hook
        found: Any = await self._calls.patiently(
            lambda: read(hook.id, self._token, self.ids[n], session=self._session)
        )
        return found.get("components") or []

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`. Raises MessageGone, Undelivered."""
        write, hook = async_context.get().edit_webhook_message, self._hook
        content = Body(page).content()
        await self._calls.patiently(
            lambda: write(hook.id, self._token, self.ids[n], session=self._session, **content)
        )


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
        self.replies_to: int | None = None
        self._session = interaction.followup.session
        self._calls = calls_of(interaction.client)
        self._private = private
        self._clock = clock
        self._until = clock() + WEBHOOK_SECONDS
        self._moved: ChannelSurface | None = None
        self._extras = interaction.extras
        # None is the response, while nothing was written to it.
        self._known: list[int | None] = [None]
        self._left: list[int | None] = []
        channel = interaction.channel_id
        moves = channel and not private and _reads_channel(interaction)
        self._channel = (interaction.client, channel) if moves and channel else None

    @property
    def ids(self) -> list[int]:
        """The messages shown so far, as far as they are known."""
        if self._moved is not None:
            return self._moved.ids
        # Discord told the response's id when it was deferred.
        response = self._extras.get(RESPONSE_ID) if self._known else None
        return self._written or ([response] if response else [])

    @property
    def token(self) -> str | None:
        """What opens the messages, while they are those of the webhook."""
        return self._token if self._moved is None else None

    @property
    def _written(self) -> list[int]:
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
                if gone.code not in _TIME_OVER:
                    raise
            else:
                return
        try:
            await self._by_channel().show(n, page)
        except MessageGone:
            if not self._left or self.ids or self._clock() >= self._until:
                raise
            # It may not write to this channel: the webhook is all there is.
            self._moved = self._channel = None
            await self._show(n, page)

    async def _show(self, n: int, page: Page) -> None:
        if n >= len(self._known):
            made = await self._follow(page)
            if (message := id_of(made)) is None:
                raise Undelivered("no id came with a message", sent=True)
            self._known.append(message)
        elif (known := self._known[n]) is not None:
            await self._calls.patiently(lambda: self._edit(known, page))
        else:
            made = await self._calls.patiently(lambda: self._original(page))
            self._known[n] = id_of(made)

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        if self._moved is not None:
            await self._moved.remove()
            return
        message = self.ids[-1]
        self._known.pop()
        await self._calls.patiently(lambda: self._delete(message))

    async def look(self, n: int) -> list[Any]:
        """Return the components of message `n`. Raises MessageGone, Undelivered."""
        if self._moved is not None:
            return await self._moved.look(n)
        if n >= len(self._known):
            return []
        message: Any = self._known[n] or "@original"
        found: Any = await self._calls.patiently(
            lambda: async_context.get().get_webhook_message(
                self._application, self._token, message, session=self._session
            )
        )
        return found.get("components") or []

    def forget(self) -> None:
        """Leave the messages as they are: the next is a new one.

        By the channel's routes, if it may: there a call can be made again, and the webhook fails.
        """
        self._left += self._known
        self._known.clear()
        if self._channel is not None:
            self._by_channel().forget()

    async def discard(self) -> None:
        """Delete what was forgotten, if Discord allows it."""
        moved = self._moved is not None
        if self._moved is not None:
            await self._moved.discard()
        while self._left:
            message = self._left.pop()
            # A response that was never written to is filled by the next message of the webhook.
            if message is not None or moved:
                with suppress(MessageGone, Undelivered):
                    await self._calls.patiently(
                        lambda message=message: self._delete(message or "@original")  # type: ignore[misc]  # mypy does not infer it
                    )

    def _by_channel(self) -> ChannelSurface:
        """Go on by the channel's routes. Raises MessageGone where that cannot be."""
        if self._moved is None:
            if self._channel is None:
                raise MessageGone("the interaction's time is over")
            client, channel = self._channel
            # A response never written to cannot be edited there: the answer is a new message.
            self._moved = ChannelSurface(client, channel, None, self._written)
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

    def _delete(self, message: Any) -> Awaitable[Any]:
        return async_context.get().delete_webhook_message(
            self._application, self._token, message, session=self._session
        )

    async def _follow(self, page: Page) -> Any:
        """Make a further message, at most once."""
        body = Body(page, flags=EPHEMERAL if self._private else 0)
        try:
            return await self._calls.patiently(
                lambda: async_context.get().execute_webhook(
                    self._application,
                    self._token,
                    session=self._session,
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


def _reads_channel(interaction: discord.Interaction[Any]) -> bool:
    """Say whether the bot may write where the interaction was: not where only a member has it."""
    if interaction.guild_id is None:
        return bool(interaction.context.dm_channel)
    only_member = interaction.is_user_integration() and not interaction.is_guild_integration()
    told = interaction.app_permissions
    return not only_member and (told.view_channel or not told.value)
