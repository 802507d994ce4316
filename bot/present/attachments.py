"""Attachments: files that come with a command, fetched within bounds and from Discord alone."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
from yarl import URL

from bot.errors import AttachmentRefused

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps what members attach."""
WITHIN = 20.0
"""Seconds for a whole file."""


async def fetch(attachment: discord.Attachment, largest: int) -> bytes:
    """Return the bytes of an attachment, at most `largest`. Raises AttachmentRefused.

    One that is larger is not fetched at all.
    """
    too_large = f"This file is larger than the {largest / 1e6:.0f} MB that I read."
    if attachment.size > largest:
        raise AttachmentRefused(too_large)
    if not _kept_by_discord(attachment.url):
        raise AttachmentRefused("I read files from Discord only.")
    try:
        async with asyncio.timeout(WITHIN):
            data = await attachment.read()
    except (TimeoutError, OSError, aiohttp.ClientError, discord.DiscordException) as error:
        raise AttachmentRefused("I could not fetch this file from Discord. Try again.") from error
    if len(data) > largest:
        raise AttachmentRefused(too_large)
    return data


def _kept_by_discord(url: str) -> bool:
    """Say whether a file lies where Discord keeps files, or where its API is."""
    at = URL(url)
    known = at.scheme == "https" and at.host in HOSTS
    return known or (at.absolute and at.origin() == URL(discord.http.Route.BASE).origin())
