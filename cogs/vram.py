"""`/vram`: how much memory a model needs, and which graphics cards have it."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.calculators.vram import MOST_CONTEXT, MOST_TOGETHER
from bot.client.bot import StudyBot
from bot.present.choices import Choices, named

Name = app_commands.Range[str, 1, 100]


class Vram(commands.Cog):
    """The command and its autocompletes."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See how much memory a model needs, and what it fits on.")
    @app_commands.describe(
        model="A model, or billions of parameters such as 8B",
        bits="Format of the weights, or bits a weight; else Q4_K_M",
        context="Tokens of context; else 8192",
        cache="Type of the KV cache; else f16",
        together="Requests at once; else 1",
    )
    async def vram(
        self,
        interaction: discord.Interaction[StudyBot],
        model: Name,
        bits: Name = "Q4_K_M",
        context: app_commands.Range[int, 1, MOST_CONTEXT] = 8192,
        cache: Literal["f16", "q8_0", "q4_0"] = "f16",
        together: app_commands.Range[int, 1, MOST_TOGETHER] = 1,
    ) -> None:
        """Reckon it."""
        await self.bot.calculators.vram(
            interaction, model, bits=bits, context=context, cache=cache, together=together
        )

    @vram.autocomplete("model")
    async def _models(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(self.bot.calculators.suggest_models(typed))

    @vram.autocomplete("bits")
    async def _formats(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(self.bot.calculators.suggest_formats(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Vram(bot))
