"""`/status`: how each part of the bot is, in words."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.status import show_status


class Status(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See how each part of the bot is.")
    async def status(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Look at every part and say what was found."""
        bot = self.bot
        await show_status(interaction, bot.services.health, bot.answers.running, bot.calls.bans)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Status(bot))
