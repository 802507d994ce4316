"""The desk of live quizzes: one in a channel at a time, carried on by the next process.

Each question is a message with one writer: what is counted while it is open is shown at the pace
that Discord bears, and its end shows the result. The countdown is Discord's own.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import discord

from bot.errors import MemoryUnavailable
from bot.present.cards import EXPIRED, say
from bot.present.desk import admitted
from bot.present.lessons import Lessons
from bot.present.live_quiz import FIRST_COUNTS, STOP, invitation, lettered
from bot.present.live_show import LiveShow
from bot.present.organisers import organises
from bot.present.pace import Pace
from bot.present.responses import defer_update, respond
from bot.present.surface import MessageGone, Undelivered
from bot.quiz.book import AttemptBook
from bot.quiz.choosing import choose, lesson_named
from bot.quiz.live import LiveQuiz
from bot.quizzes import KeptQuiz, Quizzes
from bot.servers import ServerBook
from knowledge.lesson import Lesson, passages_of

NOT_HERE = "A live quiz needs a channel of a server, where I may write."
RUNNING = "A live quiz is running in this channel. Join it, or wait until it is over."
OVER = "This quiz is over. `/quiz live:True` begins another."
CLOSED = "This question is closed; your press came too late and does not count."
NOT_YOURS = "Only who started this quiz and organisers stop it."
FAREWELL = 6.0
"""Seconds in which running quizzes are brought to a pause when the bot stops."""
READY_WITHIN = 2.0
"""Seconds for which a press waits, after a start, until the quizzes of before go on."""


class LiveDesk:
    """Runs live quizzes. One object for a client."""

    def __init__(
        self,
        client: discord.Client,
        lessons: Lessons,
        servers: ServerBook,
        quizzes: Quizzes,
        book: AttemptBook,
        pace: Callable[[int], Pace],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._lessons = lessons
        self._servers = servers
        self._quizzes = quizzes
        self._book = book
        self._pace = pace
        self._clock = clock
        self._shows: dict[int, LiveShow] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: set[str] = set()
        self._looked = asyncio.Event()
        self._leaving = False

    async def begin(
        self, interaction: discord.Interaction[Any], lesson: str | None, count: int
    ) -> None:
        """Begin a quiz in this channel. Raises NothingToAsk, MessageGone, Undelivered."""
        place = await admitted(interaction, self._servers)
        if place is None:
            return
        may = interaction.app_permissions
        if (
            place.guild is None
            or not interaction.is_guild_integration()
            or not (may.send_messages or may.send_messages_in_threads)
        ):
            await say(interaction, NOT_HERE)
            return
        lessons = self._lessons(place.guild)
        asked_of = lesson_named(lessons, lesson)
        name = secrets.token_hex(8)
        questions = choose(asked_of, count, name, free=False)
        if place.channel in self._shows:
            await say(interaction, RUNNING)
            return
        # Nothing was awaited since the look: of two that begin at once, one is told.
        ids = tuple(question.id for question in questions)
        at, starter = self._clock(), interaction.user.id
        kept = KeptQuiz(name, place.guild, place.channel, at, ids, started_by=starter)
        show = self._made(kept, lessons)
        about = "all lessons" if lesson is None else asked_of[0].title
        try:
            await respond(interaction, invitation(show.live, about, starter), private=False)
        except (MessageGone, Undelivered):
            del self._shows[place.channel]
            raise
        self._run(show)

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `<quiz>:<number>:<option>` or `<quiz>:stop`."""
        quiz, what, place = (*parts, "", "", "")[:3]
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                await self._looked.wait()
        show = self._shows.get(interaction.channel_id or 0)
        if show is None or show.live.kept.quiz != quiz:
            await say(interaction, OVER)
        elif what == STOP:
            await self._stop(interaction, show)
        else:
            await self._take(interaction, show, what, place)

    async def look(self) -> None:
        """Go on with the quizzes of an earlier process. Raises MemoryUnavailable."""
        try:
            for kept in await self._quizzes.all():
                guild = self._client.get_guild(kept.guild)
                served = guild is not None and not guild.unavailable
                if served and not self._leaving and kept.quiz not in self._known:
                    await self._resume(kept)
        finally:
            self._looked.set()

    def running(self, channel: int) -> LiveQuiz | None:
        """Return the quiz that runs in a channel."""
        show = self._shows.get(channel)
        return show.live if show is not None else None

    def forget(self, member: int) -> None:
        """Know nothing of a member."""
        for show in self._shows.values():
            show.live.forget(member)

    async def close(self) -> None:
        """Let running quizzes stand still; the next process goes on."""
        self._leaving = True
        for show in self._shows.values():
            show.live.leave()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FAREWELL)

    async def _take(
        self, interaction: discord.Interaction[Any], show: LiveShow, number: str, place: str
    ) -> None:
        live = show.live
        if not live.open or number != str(live.number):
            await say(interaction, CLOSED)
            return
        n, member = live.number, interaction.user.id
        option = {str(n): option for n, option in enumerate(live.round.options(n))}.get(place)
        if option is None:
            await say(interaction, EXPIRED)
            return
        # Nothing is awaited since the look whether it is open: what is taken counts.
        answer = live.take(n, member, option, _seconds(interaction))
        if answer is None:
            before = lettered(live, live.round.answers(n)[member].option)
            await say(interaction, f"Your answer is already {before}. {FIRST_COUNTS}")
            return
        taken = f"Taken: {lettered(live, option)}. It counts."
        show.changed()
        await live.note(n, answer)
        await say(interaction, taken)

    async def _stop(self, interaction: discord.Interaction[Any], show: LiveShow) -> None:
        theirs = show.live.kept.started_by == interaction.user.id
        if theirs or await organises(interaction, self._servers):
            show.live.stop()
            await defer_update(interaction)
        else:
            await say(interaction, NOT_YOURS)

    async def _resume(self, kept: KeptQuiz) -> None:
        if kept.channel in self._shows:
            return  # one at a time; the next look takes it up
        show = self._made(kept, self._lessons(kept.guild))
        try:
            await show.live.recall()
        except MemoryUnavailable:
            del self._shows[kept.channel]
            self._known.discard(kept.quiz)
            raise
        self._run(show)

    def _made(self, kept: KeptQuiz, lessons: Sequence[Lesson]) -> LiveShow:
        questions = {one.id: one for lesson in lessons for one in lesson.questions}
        live = LiveQuiz(kept, questions, self._quizzes, self._book, self._clock)
        show = LiveShow(self._client, live, passages_of(lessons), self._pace)
        self._shows[kept.channel] = show
        self._known.add(kept.quiz)
        return show

    def _run(self, show: LiveShow) -> None:
        if self._leaving:
            show.live.leave()

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            del self._shows[show.live.kept.channel]

        task = asyncio.create_task(show.run())
        self._tasks.add(task)
        task.add_done_callback(done)


def _seconds(interaction: discord.Interaction[Any]) -> float:
    """Return how long after its message a press came, by Discord's clock alone."""
    if interaction.message is None:
        return 0.0
    shown = discord.utils.snowflake_time(interaction.message.id)
    return max(0.0, (interaction.created_at - shown).total_seconds())
