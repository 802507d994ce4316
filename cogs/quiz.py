"""`/quiz`: questions on the lessons."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices
from bot.present.lessons import suggest
from bot.quiz.choosing import MOST, USUAL


class QuizCommand(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(
        description="Answer questions on the lessons, alone or with all in this channel."
    )
    @app_commands.describe(
        lesson="The lesson to ask about; leave it out for all",
        questions=f"How many, from 1 to {MOST}; else {USUAL}",
        live="True: for all in this channel, against a countdown. Each one's first press counts",
    )
    async def quiz(
        self,
        interaction: discord.Interaction[StudyBot],
        lesson: str | None = None,
        questions: app_commands.Range[int, 1, MOST] = USUAL,
        live: bool = False,  # noqa: FBT001, FBT002  discord.py reads the command from it
    ) -> None:
        """Begin a quiz."""
        desk = self.bot.live_desk if live else self.bot.quiz_desk
        await desk.begin(interaction, lesson, questions)

    @quiz.autocomplete("lesson")
    async def suggest_lessons(
        self, interaction: discord.Interaction[StudyBot], typed: str
    ) -> Choices:
        """Offer the lessons that fit what was typed."""
        found = suggest(self.bot.services.lessons_for(interaction.guild_id), typed)
        return choices(found)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(QuizCommand(bot))
