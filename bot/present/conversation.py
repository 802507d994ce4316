"""`/conversation`: what a member goes on from in one place, as a file or erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.conversation import Conversations
from bot.keeping import Keeper
from bot.memory import Place, Turn
from bot.present.cards import say
from bot.present.components import Attached, Page
from bot.present.responses import defer, respond
from bot.present.sanitise import sanitise

NOTHING = "There is nothing of yours here that I would go on from."
_HEADS = {"user": "You asked", "assistant": "The bot answered"}


class ConversationDesk:
    """Answers the two commands, each for the member's own turns in this place alone."""

    def __init__(self, conversations: Conversations, keeper: Keeper) -> None:
        self._conversations = conversations
        self._keeper = keeper

    async def reset(self, interaction: discord.Interaction[Any]) -> None:
        """Erase the turns. Raises MessageGone, Undelivered, MemoryUnavailable."""
        await defer(interaction, private=True)
        member = interaction.user.id
        async with self._keeper.turn(member):  # after what is still being kept
            count = await self._conversations.reset(_place(interaction), member)
        if not count:
            await say(interaction, NOTHING)
            return
        await say(
            interaction,
            f"Done. I go on from nothing here: {count} turns of yours are erased. What stands in "
            "my answers' buttons stays; `/forget` erases that as well, everywhere.",
        )

    async def export(self, interaction: discord.Interaction[Any]) -> None:
        """Show the turns as a file. Raises as `reset`."""
        await defer(interaction, private=True)
        member = interaction.user.id
        async with self._keeper.turn(member):
            turns = await self._conversations.whole(_place(interaction), member)
        if not turns:
            await say(interaction, NOTHING)
            return
        file = Attached("conversation.md", markdown(turns).encode("utf-8", "replace"))
        line = f"What I go on from here: {len(turns)} turns of yours. Only you see this."
        await respond(interaction, Page((line,), file=file))


def markdown(turns: Sequence[Turn]) -> str:
    """Return turns as Markdown; each stands in a quotation, so that none can imitate a heading."""
    parts = ["# Your conversation with the study bot"]
    for turn in turns:
        quoted = "\n".join(f"> {line}".rstrip() for line in sanitise(turn.content).splitlines())
        parts.append(f"## {_HEADS[turn.role]}\n\n{quoted}")
    return "\n\n".join(parts) + "\n"


def _place(interaction: discord.Interaction[Any]) -> Place:
    return Place(interaction.channel_id or 0, interaction.guild_id)
