"""`/gaps`: what members asked and the lessons left open."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class GapsCommand(commands.Cog):
    """The command; who may use it is looked at again at the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See which questions the lessons left open here.")
    async def gaps(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Show them, grouped."""
        await self.bot.gap_desk.tell(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(GapsCommand(bot))
