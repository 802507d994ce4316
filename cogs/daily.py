"""`/daily`: what is posted in a channel by itself."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.dailies import WEEKDAYS
from bot.localtime import LAST_HOUR

Hour = app_commands.Range[int, 0, LAST_HOUR]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class DailyCommands(commands.GroupCog, name="daily", description="What I post here by myself."):
    """The commands; who may use them is looked at by the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="For organisers: a question from the lessons here each day.")
    @app_commands.describe(hour="From 0 to 23, in the server's time zone")
    async def question(self, interaction: discord.Interaction[StudyBot], hour: Hour) -> None:
        """Begin the question of the day."""
        await self.bot.daily_desk.set_up(interaction, "question", hour)

    @app_commands.command(description="For organisers: invite to a demo here once a week.")
    @app_commands.describe(hour="From 0 to 23, in the server's time zone")
    async def demo(
        self, interaction: discord.Interaction[StudyBot], weekday: Weekday, hour: Hour
    ) -> None:
        """Begin the demo of the week."""
        await self.bot.daily_desk.set_up(interaction, "demo", hour, WEEKDAYS.index(weekday))

    @app_commands.command(description="For organisers: end what I post here by myself.")
    async def off(
        self, interaction: discord.Interaction[StudyBot], what: Literal["question", "demo"]
    ) -> None:
        """End one of them."""
        await self.bot.daily_desk.off(interaction, what)

    @app_commands.command(description="For organisers: see what I post on this server by myself.")
    async def list(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Show all of them."""
        await self.bot.daily_desk.show(interaction)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(DailyCommands(bot))
