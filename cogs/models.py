"""`/models`: what is installed, the roster, and what organisers may change."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, named

Tag = app_commands.Range[str, 1, 100]


class Models(commands.GroupCog, name="models", description="The models here, and the roster."):
    """The commands and their autocomplete; who may change something is looked at by the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See what is installed and loaded, and what line-ups lack.")
    async def list(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Tell what is installed."""
        await self.bot.model_desk.show(interaction)

    @app_commands.command(description="See the systems by name: stages, alive or retired.")
    @app_commands.describe(system="One system; else the picture of them all")
    async def roster(
        self, interaction: discord.Interaction[StudyBot], system: str | None = None
    ) -> None:
        """Show the landscape, or one system."""
        await self.bot.model_desk.roster(interaction, system)

    @app_commands.command(description="For organisers: install a model that a line-up names.")
    @app_commands.describe(model="Its full tag")
    async def pull(self, interaction: discord.Interaction[StudyBot], model: Tag) -> None:
        """Install a model."""
        await self.bot.model_desk.change(interaction, "pull", model)

    @app_commands.command(description="For organisers: bring a model into memory.")
    @app_commands.describe(model="An installed model")
    async def preload(self, interaction: discord.Interaction[StudyBot], model: Tag) -> None:
        """Bring a model into memory."""
        await self.bot.model_desk.change(interaction, "preload", model)

    @app_commands.command(description="For organisers: take a model out of memory.")
    @app_commands.describe(model="An installed model")
    async def unload(self, interaction: discord.Interaction[StudyBot], model: Tag) -> None:
        """Take a model out of memory."""
        await self.bot.model_desk.change(interaction, "unload", model)

    @pull.autocomplete("model")
    async def _offers(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(self.bot.model_desk.suggest_offers(typed))

    @preload.autocomplete("model")
    @unload.autocomplete("model")
    async def _installed(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(await self.bot.model_desk.suggest_installed(typed))

    @roster.autocomplete("system")
    async def _systems(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(self.bot.model_desk.suggest_systems(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Models(bot))
