"""`/progress` and `/leaderboard`: what came of what members answered and read."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class ProgressCommands(commands.Cog):
    """The commands."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See your points, your streak and how well you know lessons.")
    async def progress(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Tell it to the one who asked."""
        await self.bot.score_desk.progress(interaction)

    @app_commands.command(description="See who has the most points here, or leave the list.")
    async def leaderboard(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Tell it to the one who asked."""
        await self.bot.score_desk.leaderboard(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(ProgressCommands(bot))
