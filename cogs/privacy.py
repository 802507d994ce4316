"""`/privacy` and `/forget`: what is stored about a member, and how it goes."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class PrivacyCommands(commands.Cog):
    """The two commands."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See what I store about you, and for how long.")
    async def privacy(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Tell what is stored."""
        await self.bot.privacy.explain(interaction)

    @app_commands.command(description="Have me erase everything that I stored about you.")
    async def forget(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Ask before it is done."""
        await self.bot.privacy.ask(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(PrivacyCommands(bot))
