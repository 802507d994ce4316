"""`/review`: questions that come back before they are forgotten."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.localtime import LAST_HOUR

Hour = app_commands.Range[int, 0, LAST_HOUR]


class Review(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Questions that come back before you forget them.")
    @app_commands.describe(
        reminders="Let me write to you privately when cards are due, or no more",
        hour="When I write, from 0 to 23, in the server's time zone; 9 if you do not say",
    )
    async def review(
        self,
        interaction: discord.Interaction[StudyBot],
        reminders: Literal["on", "off"] | None = None,
        hour: Hour | None = None,
    ) -> None:
        """Put what is due to who asked, and to them alone; or begin or end their reminders."""
        if reminders == "off":
            await self.bot.reminder_desk.end(interaction)
        elif reminders == "on" or hour is not None:
            await self.bot.reminder_desk.begin(interaction, hour)
        else:
            await self.bot.review_desk.open(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Review(bot))
