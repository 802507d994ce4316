"""`/review`: questions that come back before they are forgotten."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class Review(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Questions that come back before you forget them.")
    async def review(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Put what is due to who asked, and to them alone."""
        await self.bot.review_desk.open(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Review(bot))
