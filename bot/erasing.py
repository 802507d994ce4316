"""Erasing: the port to what takes away, by a member's wish, by age, or because memory is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Erasing(Protocol):
    """What takes away, so that no byte of it stays in the files."""

    async def forget(self, member: int) -> Mapping[str, int]:
        """Erase everything of a member everywhere; return how many rows of each kind it was."""
        ...

    async def expire(self, now: float) -> int:
        """Erase what is older than its server keeps it; return how many rows it was."""
        ...

    async def erase_text(self, guild: int | None = None) -> None:
        """Erase the words of members and models of one server, or of all."""
        ...
