"""Controls: what a press means, read from the custom_id alone, so that it outlives a restart.

A custom_id is `<family>:<part>:…`; it holds ids only, and whoever handles it checks again whose it
is. Neither views nor `DynamicItem`s are registered with the library: a `DynamicItem` can be lost
for the whole process (its view's time-out unregisters the template), and an unknown custom_id is
dropped without an answer. Here it gets one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.present.cards import EXPIRED, error_card, say

Handler = Callable[[discord.Interaction[Any], tuple[str, ...]], Awaitable[None]]


class Controls:
    """The families of controls and who handles them."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def add(self, family: str, handler: Handler) -> None:
        """Let `handler` answer presses of `family`; it gets the interaction and the other parts.

        Raises ValueError when the family is taken.
        """
        if self._handlers.setdefault(family, handler) is not handler:
            raise ValueError(f"the controls {family!r} are taken")

    def remove(self, family: str) -> None:
        """Forget a family."""
        self._handlers.pop(family, None)

    async def press(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a press, whatever it was; never raises."""
        family, *parts = (interaction.custom_id or "").split(":")
        handler = self._handlers.get(family)
        if handler is None:
            await say(interaction, EXPIRED)
            return
        try:
            await handler(interaction, tuple(parts))
        except Exception as error:  # noqa: BLE001  every press gets an answer; the card logs it
            await error_card(interaction, error)
