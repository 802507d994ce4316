"""The desk of quizzes alone: `/quiz` for one member, who sees it alone.

All that a quiz needs stands in its buttons and in the records, so it goes on after a restart. Its
name is the seed: `quiz:<owner>:<name>:<scope>:<count>:<number>:<question>:<asked>:<press>`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.errors import MemoryUnavailable, NothingToAsk
from bot.memory import Place
from bot.present.answer import one_line
from bot.present.cards import EXPIRED, NOT_YOURS, say
from bot.present.components import Button, Page, Style
from bot.present.desk import admitted
from bot.present.lessons import ABOUT, Lessons
from bot.present.questions import judged_page, option_buttons, option_lines
from bot.present.responses import respond, update
from bot.present.sanitise import sanitise
from bot.quiz.book import AttemptBook, Sitting
from bot.quiz.choosing import MOST, choose, drawn, lesson_named, shuffled
from bot.quiz.points import RULE
from bot.servers import ServerBook
from knowledge.lesson import Lesson, passages_of
from knowledge.question import Question

FAMILY = "quiz"
_NEXT, _ALL = "next", "all"
_PARTS = 8
UNREAD = "The score cannot be read just now."
_MISSED = 5
"""Passages to read again that are named at the end."""


@dataclass(frozen=True, slots=True)
class _Quiz:
    """A quiz as its buttons tell of it; `number` counts from 0, `asked` in seconds since 1970."""

    owner: int
    name: str
    scope: str
    count: int
    number: int = 0
    asked: int = 0

    def prefix(self, question: Question) -> str:
        """Return what the custom ids beneath a question begin with."""
        parts = (self.owner, self.name, self.scope, self.count, self.number, question.id)
        return ":".join((FAMILY, *map(str, parts), f"{self.asked:x}"))

    def of(self, lessons: Sequence[Lesson]) -> Sequence[Lesson]:
        """Return the lessons that it asks of."""
        return [one for one in lessons if self.scope in (_ALL, scope_of(one))]


def scope_of(lesson: Lesson) -> str:
    """Return what stands for a lesson in a button."""
    return drawn(lesson.slug).hex()[:8]


def read_press(parts: Sequence[str]) -> tuple[_Quiz, str, str] | None:
    """Return the quiz, the id of the question and what was pressed; None if it is none of ours."""
    if len(parts) != _PARTS:
        return None
    owner, name, scope, count, number, question, asked, press = parts
    with suppress(ValueError):
        quiz = _Quiz(int(owner), name, scope, int(count), int(number), int(asked, 16))
        if 0 <= quiz.number < quiz.count <= MOST:
            return quiz, question, press
    return None


class QuizDesk:
    """Asks one member after the other, each alone."""

    def __init__(
        self,
        lessons: Lessons,
        servers: ServerBook,
        attempts: AttemptBook,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lessons = lessons
        self._servers = servers
        self._attempts = attempts
        self._clock = clock

    async def begin(
        self, interaction: discord.Interaction[Any], lesson: str | None, count: int
    ) -> None:
        """Ask the first question. Raises NothingToAsk, MessageGone, Undelivered."""
        if await admitted(interaction, self._servers, private=True) is None:
            return
        known = lesson_named(self._lessons(interaction.guild_id), lesson)
        scope = _ALL if lesson is None else scope_of(known[0])
        quiz = _Quiz(interaction.user.id, secrets.token_hex(4), scope, count)
        await respond(interaction, self._asked(quiz, choose(known, count, quiz.name, free=False)))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press beneath a question or its answer. Raises MessageGone, Undelivered."""
        read = read_press(parts)
        if read is None:
            await say(interaction, EXPIRED)
            return
        quiz, question_id, press = read
        if quiz.owner != interaction.user.id:
            await say(interaction, NOT_YOURS)
            return
        lessons = quiz.of(self._lessons(interaction.guild_id))
        known = {question.id: question for one in lessons for question in one.questions}
        passages = passages_of(lessons)
        question = known.get(question_id)
        options = shuffled(question, quiz.name) if question is not None else ()
        option = {str(n): option for n, option in enumerate(options)}.get(press)
        if press == _NEXT:
            await self._go_on(interaction, quiz, lessons)
        elif question is None or option is None or question.passage not in passages:
            await say(interaction, EXPIRED)
        else:
            option = await self._taken(interaction, quiz, question, option)
            page = judged_page(question, passages[question.passage], options, option)
            go_on = Button("Next", f"{quiz.prefix(question)}:{_NEXT}", Style.PRIMARY)
            about = Button("Ask about this lesson", f"{ABOUT}:{question.lesson}")
            await update(interaction, replace(page, buttons=(go_on, about)))

    async def _taken(
        self,
        interaction: discord.Interaction[Any],
        quiz: _Quiz,
        question: Question,
        option: str,
    ) -> str:
        """Keep what was chosen; return it, or what was chosen before."""
        place = Place(interaction.channel_id or 0, interaction.guild_id)
        sitting = Sitting(quiz.name, quiz.owner, place, "alone")
        seconds = max(0.0, self._clock() - quiz.asked)
        if await self._attempts.note(sitting, question, option, seconds=seconds) is False:
            with suppress(MemoryUnavailable):
                for one in await self._attempts.of_sitting(quiz.name):
                    if (one.question, one.member) == (question.id, quiz.owner):
                        return question.options[one.choice or 0]
        return option

    async def _go_on(
        self, interaction: discord.Interaction[Any], quiz: _Quiz, lessons: Sequence[Lesson]
    ) -> None:
        try:
            questions = choose(lessons, quiz.count, quiz.name, free=False)
        except NothingToAsk:  # the lessons were taken away meanwhile
            questions = []
        if quiz.number + 1 < len(questions):
            page = self._asked(replace(quiz, number=quiz.number + 1), questions)
        else:
            page = await self._score(quiz, lessons)
        await update(interaction, page)

    def _asked(self, quiz: _Quiz, questions: Sequence[Question]) -> Page:
        question, quiz = questions[quiz.number], replace(quiz, asked=int(self._clock()))
        head = f"🎯 **Quiz** · {quiz.number + 1} of {len(questions)}"
        below = f"-# Your first press counts. {RULE}"
        options, prefix = shuffled(question, quiz.name), quiz.prefix(question)
        buttons = option_buttons(options, lambda n: f"{prefix}:{n}")
        above = (head, f"### {sanitise(question.text)}", option_lines(options))
        return Page(above, below=(below,), buttons=buttons)

    async def _score(self, quiz: _Quiz, lessons: Sequence[Lesson]) -> Page:
        try:
            every = await self._attempts.of_sitting(quiz.name)
        except MemoryUnavailable:
            return Page((UNREAD,))
        theirs = [one for one in every if one.member == quiz.owner]
        right, points = sum(one.right for one in theirs), sum(one.points for one in theirs)
        told = f"🏁 **{right} of {quiz.number + 1} right, {points} points.**"
        passages = passages_of(lessons)
        missed = dict.fromkeys(
            one.passage for one in theirs if not one.right and one.passage in passages
        )
        lines = [
            f"- {one_line(passages[p].lesson_title, 80)} › {one_line(passages[p].heading, 100)}"
            for p in list(missed)[:_MISSED]
        ]
        again = ("To read again, with `/lesson`:", "\n".join(lines)) if lines else ()
        return Page((told, *again))
