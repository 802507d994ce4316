"""The agenda: a session begins, its parts are begun by buttons, it is summed up at the end.

Who organises is looked at for each press, so an organiser who is away is no obstacle.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import discord

from bot.calendar import Session
from bot.present.cards import EXPIRED, notice, say
from bot.present.components import Page
from bot.present.delivery import ChannelSurface, tell_privately
from bot.present.demo_desk import DemoDesk
from bot.present.lessons import Reader
from bot.present.live_desk import LiveDesk
from bot.present.organisers import refused
from bot.present.responses import defer_update, respond, update
from bot.present.sanitise import sanitise
from bot.present.session_pages import (
    AGENDA,
    PARTS,
    Verb,
    agenda_page,
    lesson_page,
    over_page,
    summary_page,
)
from bot.present.sessions import SessionDesk
from bot.present.surface import MessageGone, Undelivered
from bot.quiz.choosing import USUAL
from bot.servers import ServerBook
from bot.sessions import Begins, Ends, Missed, Preload, SessionBook, SessionEvent

log = logging.getLogger(__name__)

FAMILY = AGENDA
_VERBS = frozenset({Verb.HERE, *PARTS, Verb.END})

Load = Callable[[Session], Awaitable[tuple[str, ...]]]
"""Loads the models of a session; returns a sentence for each that failed."""


class AgendaDesk:
    """Takes the presses of agendas, and does what is due. `plans` knows what a session has."""

    def __init__(
        self,
        client: discord.Client,
        book: SessionBook,
        servers: ServerBook,
        plans: SessionDesk,
        reader: Reader,
        demo_desk: DemoDesk,
        live_desk: LiveDesk,
        load: Load,
    ) -> None:
        self._client = client
        self._book = book
        self._servers = servers
        self._plans = plans
        self._reader = reader
        self._demo_desk = demo_desk
        self._live_desk = live_desk
        self._load = load
        self._loading: set[asyncio.Task[None]] = set()

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `<verb>:<session>`, or `read:<lesson>`.

        Raises BotError, MessageGone, Undelivered.
        """
        verb, what = (*parts, "", "")[:2]
        if verb == Verb.READ:
            await self._reader.open(interaction, what)
            return
        if verb not in _VERBS:
            await say(interaction, EXPIRED)
            return
        session = await self._book.of(what)
        if session.channel != interaction.channel_id:
            await say(interaction, EXPIRED)
        elif verb == Verb.HERE:
            await self._attend(interaction, session)
        elif not await refused(interaction, self._servers):
            await self._run(interaction, session, Verb(verb))

    async def look(self) -> None:
        """Do what is due now. Raises MemoryUnavailable."""
        async with aclosing(self._book.due(self._serves)) as found:
            async for event in found:
                await self._do(event)

    def close(self) -> None:
        """Load nothing more ahead."""
        for task in self._loading:
            task.cancel()

    def _serves(self, guild: int) -> bool:
        known = self._client.get_guild(guild)
        return known is not None and not known.unavailable

    async def _do(self, event: SessionEvent) -> None:
        match event:
            case Preload(session):
                task = asyncio.create_task(self._preload(session))
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
            case Begins(session):
                await self._begin(session)
            case Missed(session):
                await self._miss(session, "I was away at its time.")
            case Ends():
                await self._sum_up(event)

    async def _attend(self, interaction: discord.Interaction[Any], session: Session) -> None:
        news, here = await self._book.attend(session, interaction.user.id)
        if news:
            await update(interaction, agenda_page(session, self._plans.content(session), here))
        else:
            await say(interaction, "You are counted already.")

    async def _run(
        self, interaction: discord.Interaction[Any], session: Session, verb: Verb
    ) -> None:
        """Begin a part of the agenda, or end the session."""
        if verb is Verb.END:
            await defer_update(interaction)
            await self._sum_up(await self._book.end(session.id))
            return
        if verb is Verb.LESSON:
            lesson = self._plans.lesson_of(session)
            begun = lesson is not None
            if lesson is None:
                await say(interaction, "This lesson is no longer there. `/lesson` lists them all.")
            else:
                await respond(interaction, lesson_page(lesson), private=False)
        elif verb is Verb.QUIZ:
            begun = self._live_desk.running(session.channel) is None
            await self._live_desk.begin(interaction, session.lesson, USUAL)
            begun = begun and self._live_desk.running(session.channel) is not None
        else:
            begun = await self._demo_desk.show(
                interaction, demo=session.demo, lineup=session.lineup, blind=verb is Verb.VOTE
            )
        if begun:
            await self._book.began(session.id, PARTS[verb])

    async def _preload(self, session: Session) -> None:
        """Load a session's models; where one fails, its organiser is told."""
        failures = await self._load(session)
        if failures:
            lines = "\n".join(f"- {sanitise(sentence)}" for sentence in failures)
            about = f"<t:{session.starts:.0f}:t> in <#{session.channel}>"
            told = f"Your session at {about} begins all the same, but its models are not ready:"
            await self._tell(session, Page((told, lines)))

    async def _begin(self, session: Session) -> None:
        """Post the agenda."""
        surface = ChannelSurface(self._client, session.channel, None, nonce=f"{session.id}b")
        page = agenda_page(
            session, self._plans.content(session), await self._book.present(session.id)
        )
        try:
            await surface.show(0, page)
        except MessageGone:
            await self._miss(session, "I can no longer write there.")
        except Undelivered as error:
            log.warning("an agenda is not posted yet: %s", error)
        else:
            await self._book.shown(session.id, surface.ids[0])

    async def _miss(self, session: Session, why: str) -> None:
        """Give a session up, and tell its organiser."""
        await self._book.settle(session, "missed")
        when = f"<t:{session.starts:.0f}:F> in <#{session.channel}>"
        await self._tell(session, notice(f"Your session of {when} could not begin: {why}"))

    async def _sum_up(self, over: Ends) -> None:
        """Post the summary, and take the buttons from the agenda."""
        session = over.session
        surface = ChannelSurface(self._client, session.channel, None, nonce=f"{session.id}e")
        try:
            await surface.show(0, summary_page(over))
        except Undelivered as error:
            log.warning("a summary is not posted yet: %s", error)
            return
        except MessageGone as gone:
            log.info("a session has no summary: %s", gone)
        await self._book.settle(session, "over")
        if session.message is not None:
            left = ChannelSurface(self._client, session.channel, None, (session.message,))
            try:
                await left.show(0, over_page(session, self._plans.content(session)))
            except (MessageGone, Undelivered) as error:
                log.info("an agenda keeps its buttons: %s", error)

    async def _tell(self, session: Session, page: Page) -> None:
        """Write to the organiser of a session, if Discord allows it."""
        if session.planned_by is None:
            return
        try:
            await tell_privately(self._client, session.planned_by, page)
        except (MessageGone, Undelivered) as error:
            log.info("an organiser could not be told: %s", error)
