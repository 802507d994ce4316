"""What is no longer there: a message deleted, a thread archived, a channel or server gone."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.client.bot import StudyBot


class Places(commands.Cog):
    """Listens, so that no model writes on for a place where nobody can read."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    def _gone(self, *, message: int = 0, channel: int = 0, guild: int = 0) -> None:
        self.bot.answers.gone(message=message, channel=channel, guild=guild)
        self.bot.demos.gone(message=message, channel=channel, guild=guild)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """End the answer that stood in the message."""
        self._gone(message=event.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """End the answers that stood in the messages."""
        for message in event.message_ids:
            self._gone(message=message)

    @commands.Cog.listener()
    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        """End the answers in a thread that was archived."""
        if event.data["thread_metadata"]["archived"]:
            self._gone(channel=event.thread_id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """End the answers in a deleted thread."""
        self._gone(channel=event.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """End the answers in a deleted channel."""
        self._gone(channel=channel.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """End the answers in a server that the bot was removed from."""
        self._gone(guild=guild.id)


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Places(bot))
