"""Mentions, replies, private messages, posts: a question without a command."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client.bot import StudyBot


class Mention(commands.Cog):
    """Listens to messages; without a privileged intent only those to the bot have words."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Hand the message on."""
        await self.bot.hearing.hear(message)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Mention(bot))
