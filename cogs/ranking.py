"""`/ranking`: which training stage a server's members prefer, by their blind votes."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.voting import VoteKind


class Ranking(commands.Cog):
    """The command."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See which training stage wins the blind votes here.")
    @app_commands.describe(kind="Only demos of this kind of task")
    async def ranking(
        self, interaction: discord.Interaction[StudyBot], kind: VoteKind | None = None
    ) -> None:
        """Tell the ranking to who asked."""
        await self.bot.vote_desk.tell(interaction, kind)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Ranking(bot))
