"""Organisers: who looks after the bot on a server, looked at for every command and press."""

from __future__ import annotations

from typing import Any

import discord

from bot.present.cards import say
from bot.present.desk import whereabouts
from bot.servers import ServerBook

NOT_ALLOWED = "Only members who may manage this server, and its curators, can do that."


async def organises(interaction: discord.Interaction[Any], servers: ServerBook) -> bool:
    """Say whether a member may manage the server, or has the role of its curators."""
    # Where only a member installed the bot, the server is none of its own.
    if interaction.guild_id is None or not interaction.is_guild_integration():
        return False
    if interaction.permissions.manage_guild:
        return True
    curators = (await servers.of(interaction.guild_id)).curator_role
    return curators in whereabouts(interaction.channel, interaction.user)[1]


async def refused(interaction: discord.Interaction[Any], servers: ServerBook) -> bool:
    """Say whether a member is no organiser; then they are told so."""
    if await organises(interaction, servers):
        return False
    await say(interaction, NOT_ALLOWED)
    return True
