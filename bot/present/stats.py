"""The desk of figures: what became of a server's questions, for its organisers alone."""

from __future__ import annotations

from typing import Any

import discord

from bot.present.cards import EXPIRED, say
from bot.present.components import Attached, Button, Page
from bot.present.lessons import Lessons
from bot.present.organisers import refused
from bot.present.responses import defer, defer_update, respond
from bot.present.sanitise import sanitise
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook
from bot.stats import (
    SPANS,
    Report,
    Stats,
    figures_sheet,
    hardest_sheet,
    reasons_sheet,
    sessions_sheet,
    told,
)

FAMILY = "stats"
_SHEETS = {
    "csv": "The figures as a table. No text of a member is in it.",
    "reasons": "What members wrote beside a 👎, as they wrote it. Who wrote is not in it.",
    "questions": "The questions of the lessons that were answered, the hardest first.",
    "sessions": "The sessions that began, and how many members said that they were there.",
}


class StatsDesk:
    """Answers `/stats`. Each raises MessageGone, Undelivered, MemoryUnavailable."""

    def __init__(self, stats: Stats, servers: ServerBook, lessons: Lessons) -> None:
        self._stats = stats
        self._servers = servers
        self._lessons = lessons

    async def tell(self, interaction: discord.Interaction[Any], days: int) -> None:
        """Answer the command."""
        if await refused(interaction, self._servers):
            return
        await defer(interaction, private=True)
        report = await self._stats.of(interaction.guild_id or 0, days)
        await respond(interaction, _page(report))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `show:<days>`, or one of the sheets."""
        verb, days = (*parts, "", "")[:2]
        if verb not in ("show", *_SHEETS) or days not in map(str, SPANS):
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
        sheet = await self._sheet(guild, verb, int(days))
        file = Attached(f"{'stats' if verb == 'csv' else verb}-{days}-days.csv", sheet)
        await respond(interaction, Page((_SHEETS[verb],), file=file))

    async def _sheet(self, guild: int, verb: str, days: int) -> bytes:
        match verb:
            case "csv":
                return figures_sheet(await self._stats.of(guild, days))
            case "reasons":
                return reasons_sheet(await self._stats.reasons(guild, days))
            case "questions":
                found = await self._stats.hardest(guild, days, self._lessons(guild))
                return hardest_sheet(found)
            case _:
                return sessions_sheet(await self._stats.sessions(guild, days))


def _page(report: Report) -> Page:
    title, *lines, rests = (sanitise(line) for line in told(report))
    buttons = [
        Button(f"{days} days", f"{FAMILY}:show:{days}", disabled=days == report.days)
        for days in SPANS
    ]
    buttons.append(Button("CSV", f"{FAMILY}:csv:{report.days}"))
    buttons.append(Button("Questions", f"{FAMILY}:questions:{report.days}"))
    buttons.append(Button("Sessions", f"{FAMILY}:sessions:{report.days}"))
    if report.whole.reasons:
        buttons.append(Button("Reasons", f"{FAMILY}:reasons:{report.days}"))
    return Page((f"**{title}**",), "\n".join(lines), (f"-# {rests}",), tuple(buttons))
