"""`/tokens`: how a tokenizer cuts a text."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, named


class Tokens(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See how a tokenizer cuts a text into tokens.")
    @app_commands.describe(text="The text", tokenizer="One of those at hand; else the first")
    async def tokens(
        self,
        interaction: discord.Interaction[StudyBot],
        text: app_commands.Range[str, 1, 4000],
        tokenizer: app_commands.Range[str, 1, 100] = "",
    ) -> None:
        """Cut it."""
        await self.bot.calculators.tokens(interaction, text, tokenizer)

    @tokens.autocomplete("tokenizer")
    async def _tokenizers(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(await self.bot.calculators.suggest_tokenizers(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Tokens(bot))
