"""`/conversation`: what a member goes on from in one place."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class ConversationCommands(
    commands.GroupCog, name="conversation", description="What I go on from when you ask me here."
):
    """The two commands."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Start anew here: I forget what you asked me in this place.")
    async def reset(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Erase the member's turns of this place."""
        await self.bot.conversation.reset(interaction)

    @app_commands.command(description="Get what you asked me here, and my answers, as a file.")
    async def export(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Show the member's turns of this place."""
        await self.bot.conversation.export(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(ConversationCommands(bot))
