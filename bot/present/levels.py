"""`/level`: at which level a member wants to be answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import discord

from bot.levels import LEVELS, Level, Levels
from bot.present.cards import notice, say
from bot.present.responses import defer, respond

NONE = "none"
"""What a member chooses who wants none."""
_QUOTED = "Where no model writes and I quote the lessons, nothing changes."


class LevelDesk:
    """Answers the command."""

    def __init__(self, levels: Levels, clock: Callable[[], float] = time.time) -> None:
        self._levels = levels
        self._clock = clock

    async def choose(self, interaction: discord.Interaction[Any], wanted: str | None) -> None:
        """Keep a member's level, or with None tell it.

        Raises MessageGone, Undelivered, MemoryUnavailable.
        """
        member = interaction.user.id
        level = next((each for each in LEVELS if each == wanted), None)
        if wanted is not None and wanted != NONE and level is None:
            await say(interaction, f"I know these levels: {', '.join(LEVELS)}, {NONE}.")
            return
        await defer(interaction, private=True)
        if wanted is None:
            await respond(interaction, notice(_told(await self._levels.of(member))))
            return
        channel, now = interaction.channel_id or 0, self._clock()
        await self._levels.choose(member, level, channel, interaction.guild_id, now)
        await respond(interaction, notice(_told(level)))


def _told(level: Level | None) -> str:
    if level is None:
        return (
            "You have no level: I answer everybody alike. `/level` with newcomer, practitioner or "
            "expert changes how a model words your answers."
        )
    return (
        f"Your level is **{level}**: {LEVELS[level]}. It holds on every server and in private, for "
        f"what a model writes. {_QUOTED} `/level {NONE}` takes it back."
    )
