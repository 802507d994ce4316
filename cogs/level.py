"""`/level`: at which level a member wants to be answered."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot


class LevelCommand(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Choose at which level I answer you.")
    @app_commands.describe(level="Leave it out to see what you chose")
    async def level(
        self,
        interaction: discord.Interaction[StudyBot],
        level: Literal["newcomer", "practitioner", "expert", "none"] | None = None,
    ) -> None:
        """Hand the choice to its desk."""
        await self.bot.levels.choose(interaction, level)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(LevelCommand(bot))
