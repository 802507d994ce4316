"""Remembered: what outlives the process, and the services that rest on it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cached_property

from bot.asking import Asking
from bot.consent import ConsentBook
from bot.conversation import Conversations
from bot.curating import Curating
from bot.dailies import DailyBook
from bot.errors import BotError
from bot.folder import Refresh
from bot.gaps import GapBook
from bot.keeping import Keeper
from bot.library import Library
from bot.memory import Memory
from bot.mentoring import Mentoring
from bot.privacy import Privacy
from bot.progress import ReadingProgress
from bot.quiz.book import AttemptBook
from bot.review.book import ReviewBook
from bot.review.reminders import ReminderBook
from bot.scores import Scores
from bot.servers import ServerBook
from bot.sessions import SessionBook
from bot.settings import Settings
from bot.stats import Stats
from bot.studies import StudyBook
from bot.voting import Voting
from knowledge.index import Change

log = logging.getLogger(__name__)


class Remembered:
    """What outlives the process, and the services that rest on it.

    Nothing is imported or opened before its first use: the terminal needs none of it. What happens
    at a time of its own reads the time from `clock`.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        refresh: Refresh,
        quoting: Asking,
        open_records: Callable[[str], Memory],
    ) -> None:
        self._open = open_records
        self._settings = settings
        self._library = library
        self._refresh = refresh
        self._quoting = quoting
        self.clock = time.time

    @cached_property
    def memory(self) -> Memory:
        """The records themselves."""
        return self._open(self._settings.records)

    def prepare(self) -> None:
        """Import now what they need: beside the embedding model that takes many times as long."""
        _ = self.memory

    @cached_property
    def servers(self) -> ServerBook:
        """What the managers of each server chose."""
        return ServerBook(self.memory, remembers=self._settings.memory)

    @cached_property
    def conversations(self) -> Conversations:
        """What was said before, by member and place."""
        return Conversations(self.memory, self.servers, num_ctx=self._settings.num_ctx)

    @cached_property
    def studies(self) -> StudyBook:
        """The threads in which every post is answered."""
        return StudyBook(self.memory.studies)

    @cached_property
    def keeper(self) -> Keeper:
        """What answers leave behind."""
        return Keeper(self.memory, self.servers, self.conversations)

    @cached_property
    def privacy(self) -> Privacy:
        """What erases."""
        return Privacy(self.memory, self.keeper, remembers=self._settings.memory)

    @cached_property
    def voting(self) -> Voting:
        """The votes in blind demos."""
        return Voting(self.memory)

    @cached_property
    def consents(self) -> ConsentBook:
        """Where members agreed that prompts go to a provider."""
        return ConsentBook(self.memory)

    @cached_property
    def curating(self) -> Curating:
        """What is added to the lessons."""
        return Curating(self.memory.documents, self._settings.library_dir, self._refresh)

    @cached_property
    def progress(self) -> ReadingProgress:
        """What members have read."""
        return ReadingProgress(self.memory, self.servers)

    @cached_property
    def attempts(self) -> AttemptBook:
        """What members answered when they were asked."""
        return AttemptBook(self.memory.attempts, clock=self.clock)

    @cached_property
    def review(self) -> ReviewBook:
        """What members are asked again."""
        lessons = self._library.lessons_for
        return ReviewBook(self.memory, self.servers, lessons, clock=self.clock)

    @cached_property
    def reminders(self) -> ReminderBook:
        """Who is told that cards are due."""
        reminders = self.memory.calendar.reminders
        return ReminderBook(reminders, self.review, self.servers, clock=self.clock)

    @cached_property
    def gaps(self) -> GapBook:
        """What the lessons left open."""
        return GapBook(self.memory.gaps, self._library, self._quoting)

    @cached_property
    def mentoring(self) -> Mentoring:
        """What members handed on to mentors."""
        parts = self.memory.handed, self.servers, self.gaps, self.curating
        return Mentoring(*parts, clock=self.clock)

    @cached_property
    def scores(self) -> Scores:
        """What came of what members answered and read."""
        parts = self.memory.attempts, self.memory.readings, self.memory.unlisted, self.servers
        return Scores(*parts, clock=self.clock)

    @cached_property
    def stats(self) -> Stats:
        """What became of questions, in figures."""
        parts = self.memory.figures, self.memory.attempts, self.servers
        return Stats(*parts, clock=self.clock)

    @cached_property
    def dailies(self) -> DailyBook:
        """What is posted in channels by itself."""
        return DailyBook(self.memory.calendar.dailies, self.servers, clock=self.clock)

    @cached_property
    def sessions(self) -> SessionBook:
        """The sessions of study groups."""
        return SessionBook(self.memory.calendar.sessions, self.servers, clock=self.clock)

    async def reindex(self) -> Change:
        """Bring added documents and the index up to date; see `Curating.reindex`."""
        return await self.curating.reindex()

    async def settled(self) -> None:
        """Do for added documents what a kill may have left undone."""
        try:
            await self.curating.settle()
        except BotError as error:
            log.warning("added documents may not be in line: %s", error)

    async def close(self) -> None:
        """Finish what is being written."""
        if "voting" in self.__dict__:
            self.voting.close()
        if "memory" in self.__dict__:
            await self.memory.close()
