"""`/session`: a study group meets."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices
from bot.present.lessons import suggest
from bot.present.session_pages import LONGEST_TITLE

Words = app_commands.Range[str, 1, 100]


class SessionCommands(commands.GroupCog, name="session", description="Sessions of study groups."):
    """The commands and their autocompletes; who may plan is looked at by the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="For organisers: plan a session in this channel.")
    @app_commands.describe(
        when="Such as 2026-12-01 18:00, tomorrow 18:00 or friday 6 pm, in the server's time zone",
        title="What it is called",
        lesson="The lesson it is about",
        demo="A prepared demo; else one that fits the lesson",
        lineup="The models of the demo; else the best that are there",
    )
    async def plan(
        self,
        interaction: discord.Interaction[StudyBot],
        when: Words,
        title: app_commands.Range[str, 1, LONGEST_TITLE],
        lesson: Words | None = None,
        demo: Words | None = None,
        lineup: Words | None = None,
    ) -> None:
        """Show what would be planned."""
        await self.bot.session_desk.plan(interaction, when, title, lesson, demo, lineup)

    @app_commands.command(description="See which sessions are to come.")
    async def list(self, interaction: discord.Interaction[StudyBot]) -> None:
        """List them."""
        await self.bot.session_desk.show(interaction)

    @app_commands.command(description="For organisers: take a session back.")
    async def cancel(self, interaction: discord.Interaction[StudyBot], session: Words) -> None:
        """Cancel one that has not begun."""
        await self.bot.session_desk.cancel(interaction, session)

    @plan.autocomplete("lesson")
    async def _lessons(self, interaction: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(suggest(self.bot.services.lessons_for(interaction.guild_id), typed))

    @plan.autocomplete("demo")
    async def _demos(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(self.bot.demo_desk.suggest_demos(typed))

    @plan.autocomplete("lineup")
    async def _lineups(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(self.bot.demo_desk.suggest_lineups(typed))

    @cancel.autocomplete("session")
    async def _sessions(self, interaction: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(await self.bot.session_desk.suggest(interaction.guild_id, typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(SessionCommands(bot))
