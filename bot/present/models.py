"""The desk of models: what is installed, the roster, and what organisers may change."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any

import discord

from bot.errors import EngineError
from bot.landscape import draw_landscape
from bot.present.answer import one_line
from bot.present.cards import EXPIRED, long_page, say
from bot.present.choices import holding
from bot.present.components import Attached, Page
from bot.present.jobs import FAMILY, STOP, Jobs
from bot.present.organisers import organises, refused
from bot.present.responses import defer, defer_update, respond
from bot.present.webhook import InteractionSurface
from bot.rosterlist import lines, overdue, picture_in_words, row
from bot.servers import ServerBook
from bot.stock import Stock, Stockroom
from bot.stocklist import about, completeness, memory
from knowledge.door import Door
from knowledge.roster import System

__all__ = ["FAMILY", "ModelDesk"]

HINT = "-# Organisers: `/models pull`, `/models preload`, `/models unload`."
_SUGGEST_WITHIN = 2.0
"""Seconds an engine has to name its models while somebody types."""


class ModelDesk:
    """Answers `/models` and its presses."""

    def __init__(
        self, stockroom: Stockroom, servers: ServerBook, systems: Sequence[System]
    ) -> None:
        self._stockroom = stockroom
        self._servers = servers
        self._systems = systems
        self._jobs = Jobs()
        self._door = Door()
        self._picture: bytes | None = None

    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Tell what is installed. Raises MessageGone, Undelivered, EngineError."""
        await defer(interaction, private=True)
        stock = await self._stockroom.look()
        text = "\n".join(_listing(stock, dt.datetime.now(dt.UTC)))
        page = long_page("Models", text, text, "models.md")
        if await organises(interaction, self._servers):
            page = _below(page, HINT)
        await respond(interaction, page)

    async def roster(self, interaction: discord.Interaction[Any], name: str | None) -> None:
        """Show the landscape, or one system. Raises MessageGone, Undelivered."""
        today = dt.datetime.now(dt.UTC).date()
        if name is not None:
            wanted = name.strip().casefold()
            found = [s for s in self._systems if wanted in (s.slug.casefold(), s.name.casefold())]
            if not found:
                await say(interaction, "The roster has no such system. `/models roster` lists all.")
                return
            text = "\n".join(one_line(line, 300) for line in lines(found[0], today))
            await respond(interaction, long_page(found[0].name, text, text, "system.md"))
            return
        await defer(interaction, private=True)
        text = "\n".join(f"**{one_line(s.name, 60)}** · {row(s)}" for s in self._systems)
        page = long_page("The roster", text or "It is empty.", text, "roster.md")
        if (late := overdue(self._systems, today)) and await organises(interaction, self._servers):
            page = _below(page, f"⚠️ {one_line(late, 500)}. Whoever runs me can check them anew.")
        picture = Attached("landscape.png", await self._drawn(), picture_in_words(self._systems))
        files = (picture, *page.attached)
        await respond(interaction, Page(page.above, page.body, page.below, files=files))

    async def change(self, interaction: discord.Interaction[Any], verb: str, tag: str) -> None:
        """Pull, preload or unload a model. Raises MessageGone, Undelivered."""
        if await refused(interaction, self._servers):
            return
        room = self._stockroom
        begin = {"pull": room.pull, "preload": room.load, "unload": room.unload}[verb]
        await defer(interaction)
        self._jobs.start(InteractionSurface(interaction), begin(tag.strip()))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `stop:<job>`. Raises MessageGone, Undelivered."""
        verb, job_id = (*parts, "", "")[:2]
        job = self._jobs.find(job_id)
        if job is None or verb != STOP:
            await say(interaction, EXPIRED)
        elif not await refused(interaction, self._servers):
            job.stop("It was stopped. What came of a download is kept for the next one.")
            await defer_update(interaction)

    def suggest_offers(self, typed: str) -> list[str]:
        """Return tags that may be pulled and hold what was typed."""
        return holding(typed, self._stockroom.offers)

    async def suggest_installed(self, typed: str) -> list[str]:
        """Return installed models; what may be pulled while the engine does not answer."""
        try:
            async with asyncio.timeout(_SUGGEST_WITHIN):
                stock = await self._stockroom.look()
        except (EngineError, TimeoutError):
            return self.suggest_offers(typed)
        return holding(typed, [stocked.model.name for stocked in stock.models])

    def suggest_systems(self, typed: str) -> list[str]:
        """Return the systems whose name holds what was typed."""
        return holding(typed, [system.name for system in self._systems])

    async def close(self) -> None:
        """End every job."""
        await self._jobs.close()
        self._door.close()

    async def _drawn(self) -> bytes:
        """Return the picture of the landscape, drawn once: the roster does not change meanwhile."""
        if self._picture is None:
            self._picture = await self._door.through(draw_landscape, self._systems)
        return self._picture


def _listing(stock: Stock, now: dt.datetime) -> list[str]:
    """Say what is there, and what each line-up lacks."""
    told = []
    for stocked in stock.models:
        name = one_line(stocked.model.name, 90)
        writes = " – writes the answers" if stocked.answers else ""
        told.append(f"**{name}**{writes}\n{one_line(about(stocked), 200)}")
        if held := memory(stocked.model, now):
            told.append(f"🟢 {held}")
    told += [] if stock.models else ["No model is installed."]
    if stock.wanted:
        told.append(f"⚠️ Missing for answers: `ollama pull {one_line(stock.wanted, 90)}`")
    told.append("**Line-ups for demos**")
    # What is nearly there first: a missing model or two are soon pulled.
    for lineup in sorted(stock.lineups, key=lambda each: len(each.missing)):
        mark = "▫️" if lineup.missing else "✅"
        told.append(f"{mark} **{one_line(lineup.lineup.slug, 40)}**: {completeness(lineup)}")
        told += [f"`ollama pull {one_line(tag, 90)}`" for tag in lineup.missing]
    if stock.away:
        told.append(f"⚠️ {stock.away} further engines do not answer; what they have is not known.")
    return told


def _below(page: Page, line: str) -> Page:
    return Page(page.above, page.body, (*page.below, line), file=page.file)
