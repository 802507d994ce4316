"""The only door to Discord's messages: every call that shows something is made here.

`bot.present.webhook` and `bot.present.responses` belong to it, for what answers an interaction.
Only what may be done twice is tried twice, see `bot.present.calls`.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any

import discord

from bot.present.body import Body, Payload
from bot.present.calls import calls_of
from bot.present.components import Page
from bot.present.surface import MessageGone, Undelivered


class ChannelSurface:
    """The messages in a channel, by the channel's routes; `answers` is what the first replies to.

    `ids` are messages that stand there already. With a `nonce` of its own, what an earlier process
    posted a few minutes ago is not posted twice.
    """

    lasts: float | None = None
    """Seconds for which it can be written to; None is for ever."""

    def __init__(
        self,
        client: discord.Client,
        channel: int,
        answers: int | None,
        ids: Sequence[int] = (),
        *,
        nonce: str | None = None,
    ) -> None:
        self._http = client.http
        self._calls = calls_of(client)
        self._channel = channel
        self._answers = answers
        self.ids = list(ids)
        self.token: str | None = None
        # A reply's nonce follows from what it replies to: a next process makes no second one.
        first = nonce if answers is None else str(answers)
        self._nonces = [] if first is None else [first]
        self._offered: list[Page] = []  # what the next message may already have been made of
        self._left: list[int] = []

    @property
    def replies_to(self) -> int | None:
        """The message that the first one replies to."""
        return self._answers

    async def look(self, n: int) -> list[Any]:
        """Return the components of message `n`. Raises MessageGone, Undelivered."""
        if n >= len(self.ids):
            return []
        read = self._http.get_message
        found: Any = await self._calls.patiently(lambda: read(self._channel, self.ids[n]))
        return found.get("components") or []

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
        self._offered.append(page)
        made = await self._calls.patiently(lambda: self._send(page, extra))
        if (message := id_of(made)) is None:
            raise Undelivered("no id came with a message")
        self.ids.append(message)
        offered, self._offered = self._offered, []
        if any(earlier != page for earlier in offered):
            # What an earlier call made, whose answer was lost, comes back as it was made then.
            await self._calls.patiently(lambda: self._edit(message, page))

    async def remove(self) -> None:
        """Delete the last message. Raises MessageGone, Undelivered."""
        message = self.ids.pop()
        await self._calls.patiently(lambda: self._http.delete_message(self._channel, message))

    def forget(self) -> None:
        """Leave the messages as they are: the next is a new one, unless there is none."""
        if self.ids:
            self._left += self.ids
            self.ids.clear()
            self._nonces.clear()
            self._offered.clear()

    async def discard(self) -> None:
        """Delete what was forgotten, if Discord allows it."""
        while self._left:
            message = self._left.pop()
            with suppress(MessageGone, Undelivered):
                await self._calls.patiently(
                    lambda message=message: self._http.delete_message(self._channel, message)  # type: ignore[misc]  # mypy does not infer it
                )

    def _send(self, page: Page, extra: Payload) -> Awaitable[Any]:
        return self._http.send_message(self._channel, params=Body(page, extra=extra).params())

    def _edit(self, message: int, page: Page) -> Awaitable[Any]:
        return self._http.edit_message(self._channel, message, params=Body(page).params())


async def tell_privately(client: discord.Client, member: int, page: Page) -> None:
    """Write to a member alone. Raises MessageGone where they take no such messages, Undelivered."""
    open_channel = client.http.start_private_message
    found = await calls_of(client).patiently(lambda: open_channel(member))
    await ChannelSurface(client, int(found["id"]), None).show(0, page)


def id_of(message: Any) -> int | None:
    """Return the id in what Discord answered, if there is one."""
    told = message.get("id") if isinstance(message, dict) else None
    return int(told) if told is not None else None
