"""The message menu "Explain from the lessons"."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class Explain(commands.Cog):
    """The menu's entry, under Apps at each message."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Explain from the lessons", callback=self.explain)

    async def cog_load(self) -> None:
        """Add the entry; discord.py finds none in a cog by itself."""
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        """Take the entry away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    async def explain(
        self, interaction: discord.Interaction[StudyBot], message: discord.Message
    ) -> None:
        """Hand the message to the desk."""
        await self.bot.desk.explain(interaction, message)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Explain(bot))
