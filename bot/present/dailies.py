"""The desk of dailies: the question of the day and the demo of the week, set up and posted.

The demo of the week is an invitation: no model runs before a member presses.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import discord

from bot.calendar import Daily, DailyKind
from bot.curated import Curated
from bot.dailies import WEEKDAYS, DailyBook, Due, askable, demo_of, question_of
from bot.memory import Place
from bot.present.answer import one_line
from bot.present.cards import EXPIRED, say
from bot.present.components import Button, Page, Style
from bot.present.delivery import ChannelSurface, tell_privately
from bot.present.lessons import ABOUT, Lessons
from bot.present.organisers import refused
from bot.present.questions import judged_page, option_buttons, option_lines
from bot.present.responses import respond
from bot.present.sanitise import sanitise
from bot.present.surface import MessageGone, Undelivered
from bot.present.trying import try_it
from bot.quiz.book import AttemptBook, Sitting
from bot.quiz.choosing import shuffled
from bot.servers import ServerBook
from knowledge.lesson import passages_of
from knowledge.question import Question

log = logging.getLogger(__name__)

FAMILY = "daily"
_SHOW = "show"
_NAMES: dict[DailyKind, str] = {"question": "question of the day", "demo": "demo of the week"}
_LISTED = 20


class DailyDesk:
    """Takes the commands and presses, and posts what is due."""

    def __init__(
        self,
        client: discord.Client,
        book: DailyBook,
        servers: ServerBook,
        lessons: Lessons,
        demos: Sequence[Curated],
        attempts: AttemptBook,
    ) -> None:
        self._client = client
        self._book = book
        self._servers = servers
        self._lessons = lessons
        self._demos = demos
        self._attempts = attempts

    async def set_up(
        self,
        interaction: discord.Interaction[Any],
        kind: DailyKind,
        hour: int,
        weekday: int | None = None,
    ) -> None:
        """Let something be posted in this channel by itself. Raises BotError, MessageGone, …."""
        if await refused(interaction, self._servers):
            return
        may = interaction.app_permissions
        if not (may.send_messages or may.send_messages_in_threads):
            await say(interaction, "I may not write in this channel, so I can post nothing here.")
            return
        here, guild = interaction.channel_id or 0, interaction.guild_id or 0
        wanted = Daily(here, guild, kind, hour, weekday, set_by=interaction.user.id)
        kept, zone = await self._book.set_up(wanted)
        told = f"✅ From now on: the {_told(kept)}, {one_line(zone, 64)} time."
        await say(interaction, f"{told} `/daily off` ends it, `/settings` changes the time zone.")

    async def off(self, interaction: discord.Interaction[Any], kind: DailyKind) -> None:
        """Post it no more in this channel. Raises as `set_up`."""
        if await refused(interaction, self._servers):
            return
        gone = await self._book.off(interaction.channel_id or 0, kind)
        nothing = f"There is no {_NAMES[kind]} in this channel."
        await say(interaction, f"✅ No {_NAMES[kind]} here any more." if gone else nothing)

    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """Tell what is set up on the server. Raises as `set_up`."""
        if await refused(interaction, self._servers):
            return
        guild = interaction.guild_id or 0
        known = await self._book.of_server(guild)
        zone = (await self._servers.read(guild)).timezone
        lines = [f"- {_told(one)}" for one in known[:_LISTED]]
        lines += [f"- and {len(known) - _LISTED} more"] if len(known) > _LISTED else []
        nothing = "Nothing is posted by itself here. `/daily question` begins one in a channel."
        told = (f"**Posted by itself**, {one_line(zone, 64)} time", "\n".join(lines))
        await respond(interaction, Page(told if known else (nothing,)))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press beneath a question: `<question>:<option or show>`. Raises as `set_up`."""
        which, chosen = (*parts, "", "")[:2]
        lessons = self._lessons(interaction.guild_id)
        question = askable(lessons).get(which)
        passage = passages_of(lessons).get(question.passage) if question is not None else None
        offered = {str(n): option for n, option in enumerate(shuffled(question or _NOTHING))}
        if question is None or passage is None or (chosen != _SHOW and chosen not in offered):
            await say(interaction, EXPIRED)
            return
        options = shuffled(question)
        await respond(interaction, judged_page(question, passage, options, offered.get(chosen)))
        if chosen in offered and interaction.message is not None:
            place = Place(interaction.channel_id or 0, interaction.guild_id)
            name = f"daily-{interaction.message.id}"
            sitting = Sitting(name, interaction.user.id, place, "daily")
            await self._attempts.note(sitting, question, offered[chosen])

    async def look(self) -> None:
        """Post what is due now. Raises MemoryUnavailable."""
        async with aclosing(self._book.due(self._serves)) as found:
            async for due in found:
                await self._post(due)

    def _serves(self, guild: int) -> bool:
        known = self._client.get_guild(guild)
        return known is not None and not known.unavailable

    async def _post(self, due: Due) -> None:
        page = self._page(due)
        if page is None:
            log.warning("there is nothing for a %s", _NAMES[due.daily.kind])
            return
        try:
            await ChannelSurface(self._client, due.daily.channel, None).show(0, page)
        except MessageGone as gone:
            await self._stop(due.daily, gone)
        except Undelivered as error:
            log.warning("a %s was left out: %s", _NAMES[due.daily.kind], error)

    def _page(self, due: Due) -> Page | None:
        if due.daily.kind == "demo":
            demo = demo_of(self._demos, due)
            return None if demo is None else demo_page(demo)
        question = question_of(self._lessons(due.daily.guild), due)
        return None if question is None else question_page(question)

    async def _stop(self, daily: Daily, gone: MessageGone) -> None:
        """Post it no more, and tell who set it up, once and if Discord allows it."""
        log.info("a %s is stopped: %s", _NAMES[daily.kind], gone)
        if not await self._book.stop(daily) or daily.set_by is None:
            return
        sentence = (
            f"I stopped the {_NAMES[daily.kind]} in <#{daily.channel}>: I can no longer write "
            f"there. When I can, `/daily {daily.kind}` there begins it again."
        )
        try:
            await tell_privately(self._client, daily.set_by, Page((sentence,)))
        except (MessageGone, Undelivered) as error:
            log.info("who set it up could not be told: %s", error)


_NOTHING = Question("", "", "", "", (), "", "")


def question_page(question: Question) -> Page:
    """Return the question of the day, with a button for each option."""
    options = shuffled(question)
    buttons = option_buttons(options, lambda n: f"{FAMILY}:{question.id}:{n}")
    if not options:
        buttons = (
            Button("What the lessons say", f"{FAMILY}:{question.id}:{_SHOW}", Style.PRIMARY),
        )
        below = "-# Answer here first. The button shows the passage to you alone."
    else:
        below = "-# Press a letter: you alone see if it is right, and why. Your first press counts."
    about = Button("Ask about this lesson", f"{ABOUT}:{question.lesson}")
    above = ("📆 **Question of the day**", f"### {sanitise(question.text)}")
    return Page((*above, option_lines(options)), below=(below,), buttons=(*buttons, about))


def demo_page(demo: Curated) -> Page:
    """Return the invitation to the demo of the week."""
    *first, last = demo.stages
    stages = f"{', '.join(first)} and {last}"
    above = (
        "🧪 **Demo of the week**",
        f"### {sanitise(demo.title)}",
        f"> {one_line(sanitise(demo.prompt), 600)}",
        f"What will models of these stages make of it: {stages}? Say what you expect, then try it.",
    )
    below = "-# Whoever presses starts it here, for all to see."
    return Page(above, below=(below,), buttons=(try_it(demo.slug),))


def _told(daily: Daily) -> str:
    """Say what is posted where and when."""
    day = "day" if daily.weekday is None else WEEKDAYS[daily.weekday]
    when = f"every {day} at {daily.hour:02}:00"
    over = ", ⚠️ stopped: I could not write there" if daily.stopped else ""
    return f"{_NAMES[daily.kind]} in <#{daily.channel}>, {when}{over}"
