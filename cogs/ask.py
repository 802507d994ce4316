"""`/ask`: a question, answered from the lessons."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices
from bot.present.lessons import suggest


class Ask(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Ask a question; the answer rests on the lessons.")
    @app_commands.describe(
        question="What you want to know",
        lesson="Look in this lesson only",
        private="Show the answer to you alone",
    )
    async def ask(
        self,
        interaction: discord.Interaction[StudyBot],
        question: app_commands.Range[str, 1, 4000],
        lesson: str | None = None,
        private: bool = False,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        """Hand the question to the desk."""
        await self.bot.desk.ask(interaction, question, lesson=lesson, private=private)

    @ask.autocomplete("lesson")
    async def suggest_lessons(
        self, interaction: discord.Interaction[StudyBot], typed: str
    ) -> Choices:
        """Offer the lessons that fit what was typed."""
        found = suggest(self.bot.services.lessons_for(interaction.guild_id), typed)
        return choices(found)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Ask(bot))
