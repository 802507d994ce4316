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
"""Seconds after which settings cannot be read."""
OPENED_WITHIN = 20.0
"""Seconds for which a question waits for records that still open at the start."""


class ServerBook:
    """The settings of servers, read once and then known; one process serves a server.

    `remembers` False: no text is stored anywhere, whatever a server chose.
    """

    def __init__(self, memory: Memory, *, remembers: bool) -> None:
        self._memory = memory
        self._remembers = remembers
        self._known: dict[int, ServerSettings] = {}
        self._patience = OPENED_WITHIN

    async def read(self, guild: int, *, patient: bool = False) -> ServerSettings:
        """Return a server's settings. Raises MemoryUnavailable after `READ_WITHIN`.

        `patient` waits for the opening of the records; once, so that broken ones cost no more.
        """
        if guild not in self._known:
            try:
                async with asyncio.timeout(self._patience if patient else READ_WITHIN):
                    self._known[guild] = await self._memory.servers.find(guild)
            except TimeoutError as error:
                raise MemoryUnavailable("My records do not answer yet. Try again soon.") from error
            finally:
                if patient:
                    self._patience = READ_WITHIN
        return self._known[guild]

    async def of(self, guild: int | None, *, patient: bool = False) -> ServerSettings:
        """Return a server's settings; the defaults in private, or when they cannot be read."""
        if guild is None:
            return ServerSettings(0)
        try:
            return await self.read(guild, patient=patient)
        except MemoryUnavailable:
            log.warning("a server's settings cannot be read; the defaults hold")
            return ServerSettings(guild)

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
        return self._remembers and (await self.of(guild, patient=True)).remembers

    async def refusal(
        self, guild: int | None, channels: Collection[int], roles: Collection[int]
    ) -> str | None:
        """Return why a member with `roles` may not ask here; None when they may.

        `channels` are the channel and, for a thread, its parent.
        """
        settings = await self.of(guild, patient=True)
        if settings.channels.isdisjoint(channels) and settings.channels:
            named = ", ".join(f"<#{channel}>" for channel in sorted(settings.channels))
            return f"On this server I answer in {named} only."
        if settings.roles.isdisjoint(roles) and settings.roles:
            named = ", ".join(f"<@&{role}>" for role in sorted(settings.roles))
            return f"On this server I answer members with one of these roles only: {named}."
        return None
