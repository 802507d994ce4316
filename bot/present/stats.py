"""The desk of figures: what became of a server's questions, for its organisers alone."""

from __future__ import annotations

from typing import Any

import discord

from bot.present.cards import EXPIRED, say
from bot.present.components import Attached, Button, Page
from bot.present.organisers import refused
from bot.present.responses import defer, defer_update, respond
from bot.present.sanitise import sanitise
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook
from bot.stats import SPANS, Report, Stats, figures_sheet, reasons_sheet, told

FAMILY = "stats"


class StatsDesk:
    """Answers `/stats`. Each raises MessageGone, Undelivered, MemoryUnavailable."""

    def __init__(self, stats: Stats, servers: ServerBook) -> None:
        self._stats = stats
        self._servers = servers

    async def tell(self, interaction: discord.Interaction[Any], days: int) -> None:
        """Answer the command."""
        if await refused(interaction, self._servers):
            return
        await defer(interaction, private=True)
        report = await self._stats.of(interaction.guild_id or 0, days)
        await respond(interaction, _page(report))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `show:<days>`, `csv:<days>`, `reasons:<days>`."""
        verb, days = (*parts, "", "")[:2]
        if verb not in ("show", "csv", "reasons") or days not in map(str, SPANS):
            await say(interaction, EXPIRED)
            return
        if await refused(interaction, self._servers):
            return
        guild = interaction.guild_id or 0
        if verb == "show":
            await defer_update(interaction)
            page = _page(await self._stats.of(guild, int(days)))
            await InteractionSurface(interaction, private=True).show(0, page)
            return
        await defer(interaction, private=True)
        if verb == "csv":
            sheet = figures_sheet(await self._stats.of(guild, int(days)))
            line = "The figures as a table. No text of a member is in it."
        else:
            sheet = reasons_sheet(await self._stats.reasons(guild, int(days)))
            line = "What members wrote beside a 👎, as they wrote it. Who wrote is not in it."
        file = Attached(f"{'stats' if verb == 'csv' else verb}-{days}-days.csv", sheet)
        await respond(interaction, Page((line,), file=file))


def _page(report: Report) -> Page:
    title, *lines, rests = (sanitise(line) for line in told(report))
    buttons = [
        Button(f"{days} days", f"{FAMILY}:show:{days}", disabled=days == report.days)
        for days in SPANS
    ]
    buttons.append(Button("CSV", f"{FAMILY}:csv:{report.days}"))
    if report.whole.reasons:
        buttons.append(Button("Reasons", f"{FAMILY}:reasons:{report.days}"))
    return Page((f"**{title}**",), "\n".join(lines), (f"-# {rests}",), tuple(buttons))
