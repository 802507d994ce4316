"""The deck: what members review, and the port to that.

Implemented by `bot.records`; every call may raise `MemoryUnavailable`. Times are whole seconds
since 1970 (UTC).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Card:
    """One question in a member's deck, since they first answered it.

    `began` is that first time and `at` the last one, in the place that `channel` and `guild` name;
    `due` is when it is to be asked again. `state` is the scheduler's own, as JSON.
    """

    member: int
    question: str
    lesson: str
    channel: int
    guild: int | None
    began: int
    at: int
    due: int
    state: dict[str, Any]


class Deck(Protocol):
    """The cards of members; each expires so many days after it was due, and is forgotten."""

    async def of_member(self, member: int) -> tuple[Card, ...]:
        """Return a member's cards, the one that is due first to the front."""
        ...

    async def find(self, member: int, question: str) -> Card | None:
        """Return a member's card of a question."""
        ...

    async def keep(self, card: Card, seen: int) -> bool:
        """Keep a card as it is after an answer.

        `seen` is its `at` before, 0 for a new one: False, and nothing changed, where it is no
        longer so.
        """
        ...

    async def drop(self, member: int, questions: Collection[str]) -> None:
        """Take cards out of a member's deck."""
        ...
