"""Unlisted: who wishes to stand on no leaderboard of a server, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`. A wish does not expire: it
holds until the member takes it back, or has everything of theirs erased.
"""

from __future__ import annotations

from typing import Protocol


class Unlisted(Protocol):
    """Members who are on no leaderboard."""

    async def hide(self, member: int, guild: int, channel: int, at: float) -> None:
        """Keep that a member wishes not to be listed in a server."""
        ...

    async def show(self, member: int, guild: int) -> None:
        """Erase that wish."""
        ...

    async def of_server(self, guild: int) -> frozenset[int]:
        """Return the members of a server who are not listed."""
        ...
