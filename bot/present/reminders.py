"""The desk of reminders: a member asks for them, and is told privately that cards are due."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import Any

import discord

from bot.memory import Place
from bot.present.answer import one_line
from bot.present.cards import say
from bot.present.components import Button, Page, Style
from bot.present.delivery import tell_privately
from bot.present.responses import defer
from bot.present.review import FAMILY, OPEN, QUIET
from bot.present.surface import MessageGone, Undelivered
from bot.review.reminders import USUAL_HOUR, Reminded, ReminderBook

log = logging.getLogger(__name__)


class ReminderDesk:
    """Begins and ends reminders, and sends those that are due."""

    def __init__(self, client: discord.Client, book: ReminderBook) -> None:
        self._client = client
        self._book = book

    async def begin(self, interaction: discord.Interaction[Any], hour: int | None) -> None:
        """Remind a member from now on, at an hour of the day. Raises MemoryUnavailable."""
        await defer(interaction, private=True)
        place = Place(interaction.channel_id or 0, interaction.guild_id)
        wanted = USUAL_HOUR if hour is None else hour
        zone = await self._book.begin(interaction.user.id, place, wanted)
        await say(
            interaction,
            "✅ I write to you privately when cards are due, once a day at most, "
            f"at {wanted:02}:00 {one_line(zone, 64)} time. `/review reminders:off` ends it.",
        )

    async def end(self, interaction: discord.Interaction[Any]) -> None:
        """Remind a member no more. Raises MemoryUnavailable."""
        await defer(interaction, private=True)
        ended = await self._book.end(interaction.user.id)
        nothing = "You get no reminders. `/review reminders:on` begins them."
        await say(interaction, "✅ No reminders any more." if ended else nothing)

    async def look(self) -> None:
        """Tell whom it is time to tell. Raises MemoryUnavailable."""
        async with aclosing(self._book.due(self._serves)) as found:
            async for one in found:
                await self._tell(one)

    def _serves(self, guild: int | None) -> bool:
        if guild is None:  # private chats are those of the first shard
            return self._client.shard_id in (None, 0)
        known = self._client.get_guild(guild)
        return known is not None and not known.unavailable

    async def _tell(self, one: Reminded) -> None:
        try:
            await tell_privately(self._client, one.member, reminder_page(one))
        except MessageGone:
            log.info("a member takes no private messages: their reminders end")
            await self._book.stop(one.member)
        except Undelivered as error:
            log.warning("a reminder was left out: %s", error)


def reminder_page(one: Reminded) -> Page:
    """Return what a member is told."""
    cards = "A card is" if one.due == 1 else f"{one.due} cards are"
    buttons = (
        Button("Review", f"{FAMILY}:{OPEN}:{one.member}", Style.PRIMARY),
        Button("No more reminders", f"{FAMILY}:{QUIET}:{one.member}"),
    )
    below = "-# You asked for this with `/review reminders:on`."
    return Page((f"🔁 {cards} due.",), below=(below,), buttons=buttons)
