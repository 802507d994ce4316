"""`/study`: a thread in which every post is answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Literal

import discord

from bot.asking import Question
from bot.characters import unnamed
from bot.errors import MemoryUnavailable
from bot.present.answer import one_line
from bot.present.calls import calls_of
from bot.present.cards import say
from bot.present.components import Page
from bot.present.delivery import ChannelSurface
from bot.present.desk import admitted
from bot.present.following import following
from bot.present.lessons import Lessons
from bot.present.responses import defer
from bot.present.surface import MessageGone, Undelivered
from bot.servers import ServerBook
from bot.studies import StudyBook
from knowledge.lesson import Lesson, find_lesson

log = logging.getLogger(__name__)

LONGEST_NAME = 90
"""Characters of a thread's name; Discord takes 100."""
_TEXT = frozenset({discord.ChannelType.text, discord.ChannelType.news})
_QUIET_MINUTES: Literal[1440] = 1440
"""After so long without a post Discord archives the thread; the next post opens it again."""
IN_PRIVATE = "Here I answer whatever you write. Use `/study` in a channel of a server."
NOT_HERE = (
    "A study thread can only be opened in a text channel, not in a thread, forum or voice channel. "
    "In a thread, mention me and I answer."
)
YOU_MAY_NOT = "You may not open threads in this channel, so I open none for you."
I_MAY_NOT = (
    "I may not open threads here. Whoever manages the server allows me, in this channel: *Create "
    "Public Threads* and *Send Messages in Threads*."
)
FAILED = "Discord did not let me open a thread here. Try again in a minute."
EVERY = (
    "Write here what you want to know: I answer every post, and go on from what **you** asked, not "
    "from what others did. What you reply to each other I leave to you."
)
MENTION = (
    "Mention me in each post, or reply to my answers: only then does Discord show me your words "
    "here. I go on from what **you** asked here, not from what others did."
)

HOW = "-# `/level`: how I word it. `/conversation`: what I go on from. `/lesson`: to read."


class StudyDesk:
    """Opens threads; posts that do not mention the bot are shown to it only with the intent."""

    def __init__(
        self,
        client: discord.Client,
        studies: StudyBook,
        servers: ServerBook,
        lessons: Lessons,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._studies = studies
        self._servers = servers
        self._lessons = lessons
        self._follow = following(lessons)
        self._clock = clock

    async def open(self, interaction: discord.Interaction[Any], topic: str | None) -> None:
        """Open a thread; `topic` may name a lesson. Raises MessageGone, Undelivered."""
        refusal = _refusal(interaction)
        if refusal is not None:
            await say(interaction, refusal)
            return
        place = await admitted(interaction, self._servers, private=True)
        if place is None:
            return
        guild = place.guild or 0
        await defer(interaction, private=True)
        lesson = find_lesson(self._lessons(guild), topic) if topic else None
        name = lesson.title if lesson else one_line(unnamed(topic or ""), LONGEST_NAME)
        name = name or f"Study with {one_line(interaction.user.name, 40)}"
        try:
            thread = await self._opened(place.channel, name)
        except (MessageGone, Undelivered) as error:
            log.warning("a study thread could not be opened: %s", error)
            await say(interaction, I_MAY_NOT if isinstance(error, MessageGone) else FAILED)
            return
        hears = self._client.intents.message_content
        try:
            await self._studies.open(thread, guild, self._clock())
        except MemoryUnavailable:
            hears = False  # without my records I do not know the thread from another
        try:
            surface = ChannelSurface(self._client, thread, None)
            await surface.show(0, self._welcome(lesson, guild, hears=hears))
        except (MessageGone, Undelivered) as error:
            log.warning("a study thread could not be welcomed: %s", error)
        await say(interaction, f"Your thread is open: <#{thread}>")

    async def gone(self, thread: int) -> None:
        """Take note that a thread is no longer there; nothing is raised."""
        await self._studies.close(thread)

    async def _opened(self, channel: int, name: str) -> int:
        """Open a thread; once, for a second try could open a second. Raises as `open`."""
        http = self._client.http
        made: Any = await calls_of(self._client).patiently(
            lambda: http.start_thread_without_message(
                channel,
                name=name[:LONGEST_NAME],
                type=discord.ChannelType.public_thread.value,
                auto_archive_duration=_QUIET_MINUTES,
            ),
            tries=1,
        )
        return int(made["id"])

    def _welcome(self, lesson: Lesson | None, guild: int, *, hears: bool) -> Page:
        """Return the first message of a thread."""
        lines = (EVERY if hears else MENTION, HOW)
        if lesson is None:
            return Page(lines)
        about = f"**{one_line(lesson.title, 100)}** – {one_line(lesson.summary, 300)}"
        select = self._follow(Question("", "", server=guild), lesson.passages[:1])
        return Page((about, *lines), select=select)


def _refusal(interaction: discord.Interaction[Any]) -> str | None:
    """Return why no thread can be opened here for this member; None when one can."""
    if interaction.guild_id is None:
        return IN_PRIVATE
    if getattr(interaction.channel, "type", None) not in _TEXT:
        return NOT_HERE
    if not interaction.permissions.create_public_threads:
        return YOU_MAY_NOT
    mine = interaction.app_permissions
    if not (mine.create_public_threads and mine.send_messages_in_threads):
        return I_MAY_NOT
    return None
