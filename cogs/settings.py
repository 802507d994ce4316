"""`/settings`: what the managers of a server may choose."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, named


class SettingsCommand(commands.Cog):
    """The command; who may use it is looked at again in the panel."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Choose how I work on this server.")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(timezone="Choose the server's time zone; the rest is in the panel")
    async def settings(
        self,
        interaction: discord.Interaction[StudyBot],
        timezone: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Open the panel."""
        await self.bot.panel.open(interaction, timezone)

    @settings.autocomplete("timezone")
    async def _zones(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(await self.bot.panel.suggest_zones(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(SettingsCommand(bot))
