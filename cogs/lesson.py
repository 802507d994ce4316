"""`/lesson`: the list of lessons, and a lesson to read."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices
from bot.present.lessons import suggest


class LessonCommand(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="List the lessons, or read one.")
    @app_commands.describe(name="The lesson to read; leave it out for the list")
    async def lesson(
        self, interaction: discord.Interaction[StudyBot], name: str | None = None
    ) -> None:
        """Hand the wish to the reader."""
        await self.bot.reader.open(interaction, name)

    @lesson.autocomplete("name")
    async def suggest_lessons(
        self, interaction: discord.Interaction[StudyBot], typed: str
    ) -> Choices:
        """Offer the lessons that fit what was typed."""
        found = suggest(self.bot.services.lessons_for(interaction.guild_id), typed)
        return choices(found)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(LessonCommand(bot))
