"""The servers: what the managers of each chose, and what follows from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from bot.errors import MemoryUnavailable
from bot.memory import Memory, ServerSettings

log = logging.getLogger(__name__)

LONGEST_RETENTION = 365
"""Days for which a server may have text kept at most."""
READ_WITHIN = 1.0
"""Seconds after which the defaults hold where settings cannot be read."""


class ServerBook:
    """The settings of servers, read once and then known; one process serves a server.

    `remembers` False: no text is stored anywhere, whatever a server chose.
    """

    def __init__(self, memory: Memory, *, remembers: bool) -> None:
        self._memory = memory
        self._remembers = remembers
        self._known: dict[int, ServerSettings] = {}

    async def of(self, guild: int | None) -> ServerSettings:
        """Return a server's settings; the defaults in private, or while they cannot be read."""
        if guild is None:
            return ServerSettings(0)
        if guild not in self._known:
            try:
                async with asyncio.timeout(READ_WITHIN):
                    self._known[guild] = await self._memory.servers.find(guild)
            except (MemoryUnavailable, TimeoutError):
                log.warning("a server's settings cannot be read; the defaults hold")
                return ServerSettings(guild)
        return self._known[guild]

    async def change(self, settings: ServerSettings) -> None:
        """Keep settings; text no longer to be stored is erased. Raises MemoryUnavailable."""
        await self._memory.servers.change(settings)
        self._known[settings.guild] = settings
        if not settings.remembers:
            await self._memory.erasing.erase_text(settings.guild)

    async def keeps_out(
        self, guild: int | None, roles: Collection[int], *, mentors: bool = False
    ) -> str | None:
        """Return why a member may not look after the lessons; None when they may.

        Only the role counts that the managers of the server chose, or with `mentors` also theirs.
        """
        if guild is None:
            return "The lessons of a server are looked after there: use this command on the server."
        settings = await self.of(guild)
        wanted = {settings.curator_role, settings.mentor_role if mentors else None} - {None}
        if not wanted:
            return (
                "This server has no role yet for those who look after the lessons. Whoever may "
                "manage the server chooses one with `/settings`: Curators."
            )
        if wanted.isdisjoint(roles):
            named = ", ".join(f"<@&{role}>" for role in sorted(filter(None, wanted)))
            return f"Only members with one of these roles look after the lessons here: {named}."
        return None

    async def remembers(self, guild: int | None) -> bool:
        """Say whether text may be stored."""
        return self._remembers and (await self.of(guild)).remembers

    async def refusal(
        self, guild: int | None, channels: Collection[int], roles: Collection[int]
    ) -> str | None:
        """Return why a member with `roles` may not ask here; None when they may.

        `channels` are the channel and, for a thread, its parent.
        """
        settings = await self.of(guild)
        if settings.channels.isdisjoint(channels) and settings.channels:
            named = ", ".join(f"<#{channel}>" for channel in sorted(settings.channels))
            return f"On this server I answer in {named} only."
        if settings.roles.isdisjoint(roles) and settings.roles:
            named = ", ".join(f"<@&{role}>" for role in sorted(settings.roles))
            return f"On this server I answer members with one of these roles only: {named}."
        return None
