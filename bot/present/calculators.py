"""The desk of the calculators: `/vram`, `/cost` and `/tokens` in words and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import discord

from bot.calculators import breakeven, pictures, tokens, vram
from bot.calculators.breakeven import Machine, Use
from bot.calculators.tokens import Tokenizers
from bot.present.choices import holding
from bot.present.components import Attached, Page
from bot.present.desk import admitted
from bot.present.responses import defer, respond
from bot.present.sanitise import sanitise
from bot.servers import ServerBook
from knowledge.door import Door
from knowledge.hardware import Hardware
from knowledge.roster import System


class CalculatorDesk:
    """Answers the calculators' commands. Each raises FigureInvalid, MessageGone, Undelivered."""

    def __init__(
        self,
        hardware: Hardware,
        systems: Sequence[System],
        tokenizers: Tokenizers,
        servers: ServerBook,
    ) -> None:
        self._hardware = hardware
        self._systems = systems
        self._tokenizers = tokenizers
        self._servers = servers
        self._door = Door()

    async def vram(self, interaction: discord.Interaction[Any], model: str, **figures: Any) -> None:
        """Tell what memory a model needs; `figures` are those of `bot.calculators.vram.load`."""
        wanted = vram.load(self._hardware, model, **figures)
        needed = vram.memory(wanted)
        told = vram.told(wanted, needed, self._hardware)
        draw = partial(pictures.draw_vram, wanted, needed, self._hardware)
        if await self._taken(interaction):
            await self._show(interaction, "vram.png", told, draw)

    async def cost(
        self,
        interaction: discord.Interaction[Any],
        use: Use,
        machine: Machine,
        months: int,
        price: tuple[str | None, float | None, float | None],
    ) -> None:
        """Tell renting beside owning; `price` is a model's name, or what a million tokens cost."""
        rate = breakeven.rate_of(self._systems, *price)
        found = breakeven.compare(use, rate, machine, months)
        draw = partial(pictures.draw_breakeven, found)
        if await self._taken(interaction):
            await self._show(interaction, "cost.png", breakeven.told(found), draw)

    async def tokens(
        self, interaction: discord.Interaction[Any], text: str, tokenizer: str
    ) -> None:
        """Tell how a tokenizer cuts a text."""
        if not await self._taken(interaction):
            return
        cut = await self._door.through(self._tokenizers.cut, text, tokenizer)
        draw = partial(pictures.draw_tokens, cut)
        await self._show(interaction, "tokens.png", tokens.told(cut), draw)

    def suggest_models(self, typed: str) -> list[str]:
        """Return the models whose layers are known and whose name holds what was typed."""
        return holding(typed, [model.name for model in self._hardware.models])

    def suggest_formats(self, typed: str) -> list[str]:
        """Return the formats of weights whose name holds what was typed."""
        return holding(typed, [one.name for one in self._hardware.formats])

    def suggest_priced(self, typed: str) -> list[str]:
        """Return the models with a price whose name holds what was typed."""
        return holding(typed, [rate.model for rate in breakeven.rates(self._systems)])

    async def suggest_tokenizers(self, typed: str) -> list[str]:
        """Return the tokenizers at hand whose name holds what was typed."""
        return holding(typed, await self._door.through(self._tokenizers.names))

    def close(self) -> None:
        """End the thread."""
        self._door.close()

    async def _taken(self, interaction: discord.Interaction[Any]) -> bool:
        """Say whether the server lets the member ask here; then that is acknowledged."""
        if await admitted(interaction, self._servers) is None:
            return False
        await defer(interaction)
        return True

    async def _show(
        self,
        interaction: discord.Interaction[Any],
        name: str,
        told: Iterable[str],
        draw: Callable[[], bytes],
    ) -> None:
        """Show lines and their picture, which is told in words to who cannot see it."""
        first, *rest = (sanitise(line) for line in told)
        picture = Attached(name, await self._door.through(draw), " ".join((first, *rest)))
        await respond(interaction, Page((f"**{first}**", "\n".join(rest)), files=(picture,)))
