"""`/study`: a thread in which every post is answered."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices
from bot.present.lessons import suggest


class StudyCommand(commands.Cog):
    """The command, its autocomplete, and an ear for threads that are deleted."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Open a thread to study in: I answer every post there.")
    @app_commands.describe(topic="A lesson, or whatever it is to be about")
    async def study(
        self,
        interaction: discord.Interaction[StudyBot],
        topic: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Hand the wish to its desk."""
        await self.bot.studies.open(interaction, topic)

    @study.autocomplete("topic")
    async def suggest_lessons(
        self, interaction: discord.Interaction[StudyBot], typed: str
    ) -> Choices:
        """Offer the lessons that fit what was typed."""
        return choices(suggest(self.bot.services.lessons_for(interaction.guild_id), typed))

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Answer no more in a deleted thread."""
        await self.bot.studies.gone(event.thread_id)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(StudyCommand(bot))
