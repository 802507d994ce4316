"""The desk of scores: a member's own progress, and who has the most points on a server.

Both are shown to who asks, alone: no message stays behind that lists a member who no longer wishes
it. Members are named by mentions that ping nobody; of one who left, Discord shows no name.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.present.cards import EXPIRED, say
from bot.present.components import Attached, Button, Page
from bot.present.desk import admitted
from bot.present.lessons import Lessons
from bot.present.responses import defer, defer_update, respond
from bot.present.sanitise import sanitise
from bot.present.webhook import InteractionSurface
from bot.scorecard import draw_progress
from bot.scores import Rank, Scores, told
from bot.servers import ServerBook
from knowledge.door import Door

FAMILY = "scores"
NO_SERVER = "A leaderboard belongs to a server. Ask for it there."
_TOP = 10


class ScoreDesk:
    """Answers `/progress` and `/leaderboard`. Raises MessageGone, Undelivered, BotError."""

    def __init__(self, scores: Scores, servers: ServerBook, lessons: Lessons) -> None:
        self._scores = scores
        self._servers = servers
        self._lessons = lessons
        self._door = Door()

    async def progress(self, interaction: discord.Interaction[Any]) -> None:
        """Tell a member how far they are."""
        if await admitted(interaction, self._servers, private=True) is None:
            return
        await defer(interaction, private=True)
        guild = interaction.guild_id
        found = await self._scores.of(interaction.user.id, guild, self._lessons(guild))
        title, *lines, rests = (sanitise(line) for line in told(found))
        page = Page((f"**{title}**",), "\n".join(lines), (f"-# {rests}",))
        if found.answers or found.begun:
            picture = await self._door.through(draw_progress, found)
            file = Attached("progress.png", picture, " ".join((title, *lines)))
            page = Page(page.above, page.body, page.below, file=file)
        await respond(interaction, page)

    async def leaderboard(self, interaction: discord.Interaction[Any]) -> None:
        """Tell who has the most points."""
        if interaction.guild_id is None:
            await say(interaction, NO_SERVER)
        elif await admitted(interaction, self._servers, private=True) is not None:
            await defer(interaction, private=True)
            await respond(interaction, await self._board(interaction, interaction.guild_id))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `show` or `hide`, of whoever presses."""
        if parts not in (("show",), ("hide",)) or interaction.guild_id is None:
            await say(interaction, EXPIRED)
            return
        guild, channel = interaction.guild_id, interaction.channel_id or 0
        await defer_update(interaction)
        wished = parts == ("show",)
        await self._scores.list(interaction.user.id, guild, channel, wished=wished)
        page = await self._board(interaction, guild)
        await InteractionSurface(interaction, private=True).show(0, page)

    def close(self) -> None:
        """End the thread."""
        self._door.close()

    async def _board(self, interaction: discord.Interaction[Any], guild: int) -> Page:
        member = interaction.user.id
        ranks = await self._scores.leaderboard(guild)
        listed = await self._scores.listed(member, guild)
        return board_page(ranks, member, listed=listed)


def board_page(ranks: tuple[Rank, ...], member: int, *, listed: bool) -> Page:
    """Return a leaderboard as one member sees it."""
    lines = [_line(rank) for rank in ranks[:_TOP]] or ["Nobody who is listed has points here yet."]
    own = next((rank for rank in ranks[_TOP:] if rank.member == member), None)
    if own is not None:
        lines += ["…", _line(own)]
    if listed:
        note = "You are listed once you have points."
        button = Button("Do not list me", f"{FAMILY}:hide")
    else:
        note = "You are not listed, for nobody. That holds until you change it or use `/forget`."
        button = Button("List me", f"{FAMILY}:show")
    below = f"-# Points of answers that are still kept, on this server. {note}"
    return Page(("**Leaderboard**",), "\n".join(lines), (below,), (button,))


def _line(rank: Rank) -> str:
    return f"{rank.place}. <@{rank.member}> – {rank.points:,} points"
