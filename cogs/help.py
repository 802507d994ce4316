"""`/help`: what the bot can do, read from its own commands."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.status import show_help


class Help(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See what the bot can do.")
    async def help(self, interaction: discord.Interaction[StudyBot]) -> None:
        """List the commands."""
        await show_help(interaction, self.bot.tree)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Help(bot))
