"""The desk of sessions: planned, listed and taken back."""

from __future__ import annotations

from typing import Any

import discord

from bot.calendar import Session
from bot.characters import plain_characters, unnamed
from bot.curated import Curated
from bot.demos import Demos
from bot.localtime import local
from bot.present.cards import EXPIRED, notice, say
from bot.present.lessons import Lessons
from bot.present.organisers import refused
from bot.present.responses import defer, defer_update, respond
from bot.present.scheduled import enter, leave
from bot.present.session_pages import (
    LONGEST_TITLE,
    PLAN,
    Verb,
    list_page,
    plan_page,
    planned_page,
)
from bot.present.surface import MessageGone, Undelivered
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook
from bot.sessions import SessionBook, SessionRefused
from knowledge.lesson import Lesson, find_lesson

FAMILY = PLAN
ELSEWHERE = "Sessions belong to a server: use this command there."
_SHOWN = 15
_ENTERED = "📅 It stands in the server's calendar."
_NOT_ENTERED = (
    "⚠️ It does not stand in the server's calendar: I may not make events here. It is planned all "
    "the same. Whoever manages the server can give me the permission **Create Events**."
)
_LOST = "⚠️ Discord did not take it into the server's calendar. It is planned all the same."


class SessionDesk:
    """Takes the commands, and the presses of a plan."""

    def __init__(
        self,
        client: discord.Client,
        book: SessionBook,
        servers: ServerBook,
        lessons: Lessons,
        demos: Demos,
    ) -> None:
        self._client = client
        self._book = book
        self._servers = servers
        self._lessons = lessons
        self._demos = demos

    async def plan(
        self,
        interaction: discord.Interaction[Any],
        when: str,
        title: str,
        lesson: str | None = None,
        demo: str | None = None,
        lineup: str | None = None,
    ) -> None:
        """Show what would be planned. Raises BotError, MessageGone, Undelivered."""
        if await refused(interaction, self._servers):
            return
        guild = interaction.guild_id or 0
        found = self._lesson(guild, lesson)
        shown = self._demo(demo, found, lineup)
        wanted = Session(
            id="",
            guild=guild,
            channel=interaction.channel_id or 0,
            title=_cleaned(title),
            starts=0.0,
            planned_by=interaction.user.id,
            lesson=found.slug if found else None,
            demo=shown.slug if shown else None,
            lineup=lineup,
        )
        draft, zone = await self._book.draft(wanted, when)
        await respond(interaction, plan_page(draft, self.content(draft), zone))

    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Tell which sessions are to come, to anybody. Raises as `plan`."""
        if interaction.guild_id is None:
            await say(interaction, ELSEWHERE)
            return
        found = (await self._book.planned(interaction.guild_id))[:_SHOWN]
        await respond(interaction, list_page(found, [self.content(one) for one in found]))

    async def cancel(self, interaction: discord.Interaction[Any], session: str) -> None:
        """Take a session back. Raises as `plan`."""
        if await refused(interaction, self._servers):
            return
        await defer(interaction, private=True)
        gone = await self._book.cancel(interaction.guild_id or 0, session)
        told = "✅ It is cancelled."
        try:
            await leave(self._client, gone)
        except (MessageGone, Undelivered):
            told += " Its event could not be taken out of the server's calendar: look there."
        await respond(interaction, notice(told))

    async def suggest(self, guild: int | None, typed: str) -> list[tuple[str, str]]:
        """Return the sessions to come, as (title and time, id), that hold what was typed."""
        found = await self._book.planned(guild) if guild is not None else ()
        zone = (await self._servers.of(guild)).timezone
        known = [(f"{one.title[:60]}, {local(one.starts, zone)}", one.id) for one in found]
        wanted = typed.strip().casefold()
        return [pair for pair in known if wanted in pair[0].casefold()][:25]

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press of a plan: `confirm:<session>`, `discard:<session>`. Raises as `plan`."""
        verb, session = (*parts, "", "")[:2]
        if verb not in (Verb.CONFIRM, Verb.DISCARD):
            await say(interaction, EXPIRED)
            return
        if await refused(interaction, self._servers):
            return
        draft = await self._book.of(session, "draft")
        if draft.guild != interaction.guild_id or draft.planned_by != interaction.user.id:
            raise SessionRefused("Only who drew up this plan confirms or discards it.")
        await defer_update(interaction)
        surface = InteractionSurface(interaction, private=True)
        if verb == Verb.DISCARD:
            await self._book.discard(session)
            await surface.show(0, notice("Discarded: nothing is planned."))
            return
        planned = await self._book.confirm(session)
        await surface.show(0, planned_page(planned, await self._entered(planned)))

    async def _entered(self, session: Session) -> str:
        """Enter a session into the server's calendar; say what came of it."""
        channel = self._client.get_channel(session.channel)
        where = f"#{getattr(channel, 'name', 'the study channel')}"
        try:
            event = await enter(self._client, session, where, self.content(session))
        except MessageGone:
            return _NOT_ENTERED
        except Undelivered:
            return _LOST
        await self._book.entered(session.id, event)
        return _ENTERED

    def content(self, session: Session) -> str:
        """Say what a session is about."""
        lesson = self.lesson_of(session)
        demo = self._demos.curated.find(session.demo or "")
        lineup = self._demos.lineups.find(session.lineup or "")
        named = (("Lesson", lesson), ("Demo", demo), ("Line-up", lineup))
        return " · ".join(f"{what}: {one.title}" for what, one in named if one is not None)

    def lesson_of(self, session: Session) -> Lesson | None:
        """Return the lesson of a session, if it is still there."""
        return find_lesson(self._lessons(session.guild), session.lesson or "")

    def _lesson(self, guild: int, name: str | None) -> Lesson | None:
        """Return the lesson that is meant. Raises SessionRefused."""
        found = find_lesson(self._lessons(guild), name) if name else None
        if name and found is None:
            raise SessionRefused("I know no such lesson. `/lesson` lists them all.")
        return found

    def _demo(self, name: str | None, lesson: Lesson | None, lineup: str | None) -> Curated | None:
        """Return the demo that is meant, else the one that fits the lesson. Raises BotError."""
        curated = self._demos.curated
        if lineup is not None and self._demos.lineups.find(lineup) is None:
            raise SessionRefused("I know no such line-up. `/models list` has them all.")
        if name is not None:
            return self._demos.order("", demo=name).curated
        passages = [passage.id for passage in lesson.passages] if lesson else []
        return curated.fitting(passages) or (curated.all[0] if lineup and curated.all else None)


def _cleaned(title: str) -> str:
    """Return a title in one line, without ids of members. Raises SessionRefused."""
    cleaned = " ".join(unnamed(plain_characters(title)).split())[:LONGEST_TITLE]
    if not cleaned:
        raise SessionRefused("Give the session a title that can be read.")
    return cleaned
