"""`/stats`: what became of a server's questions."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class StatsCommand(commands.Cog):
    """The command; who may use it is looked at by the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="For organisers: questions, gaps, speed and votes, as CSV.")
    @app_commands.describe(days="How far back; else 7")
    async def stats(
        self, interaction: discord.Interaction[StudyBot], days: Literal[7, 30] = 7
    ) -> None:
        """Tell the figures of the server."""
        await self.bot.stats_desk.tell(interaction, days)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(StatsCommand(bot))
