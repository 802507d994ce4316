"""`/cost`: renting a model by the token beside owning a machine."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.calculators.breakeven import Machine, Use
from bot.client.bot import StudyBot
from bot.present.choices import Choices, named

Amount = app_commands.Range[float, 0, 1_000_000_000]


class Cost(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="See when owning a machine pays against renting a model.")
    @app_commands.describe(
        requests="Requests a day",
        tokens_in="Tokens in of a request",
        tokens_out="Tokens out of a request",
        machine="Price of the machine, in the currency of the model's price",
        model="A model with a price in the roster; else give both prices",
        price_in="Price of a million tokens in",
        price_out="Price of a million tokens out",
        watts="What the machine draws on average; else 300",
        kilowatt_hour="Price of a kilowatt-hour; else 0.30",
        months="Months to look at; else 36",
    )
    async def cost(  # noqa: PLR0913, PLR0917  a calculator's figures
        self,
        interaction: discord.Interaction[StudyBot],
        requests: Amount,
        tokens_in: Amount,
        tokens_out: Amount,
        machine: Amount,
        model: app_commands.Range[str, 1, 100] | None = None,
        price_in: Amount | None = None,
        price_out: Amount | None = None,
        watts: Amount = 300,
        kilowatt_hour: Amount = 0.30,
        months: app_commands.Range[int, 1, 240] = 36,
    ) -> None:
        """Reckon it."""
        await self.bot.calculators.cost(
            interaction,
            Use(requests, tokens_in, tokens_out),
            Machine(machine, watts, kilowatt_hour),
            months,
            (model, price_in, price_out),
        )

    @cost.autocomplete("model")
    async def _priced(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return named(self.bot.calculators.suggest_priced(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Cost(bot))
