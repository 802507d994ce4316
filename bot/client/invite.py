"""The invitation: with which an organiser lets the bot into a server."""

from __future__ import annotations

import discord

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    create_public_threads=True,
    create_events=True,
)
"""What an invitation asks for, and no more."""


def invite_url(application_id: int) -> str:
    """Return the address with which an organiser invites the bot."""
    return discord.utils.oauth_url(
        application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
