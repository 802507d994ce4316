"""Lessons to read in Discord: the list, and one passage a page."""

from __future__ import annotations

from typing import Any

import discord

from bot.present.answer import one_line
from bot.present.cards import EXPIRED, NOT_YOURS, say
from bot.present.components import Button, Choice, Page, Select
from bot.present.responses import respond, update
from bot.present.sanitise import sanitise
from bot.present.split import PAGE, shown
from knowledge.lesson import Lesson

FAMILY = "lesson"
_LIST = "list"
_CHOICES = 25
_LISTED = 12
"""Lessons on one page of the list: with their summaries they fit one message."""


def find_lesson(lessons: tuple[Lesson, ...], text: str) -> Lesson | None:
    """Return the lesson of this slug or title."""
    wanted = text.strip().casefold()
    return next((lesson for lesson in lessons if wanted in _names(lesson)), None)


def suggest(lessons: tuple[Lesson, ...], typed: str) -> list[tuple[str, str]]:
    """Return up to 25 lessons, as (title, slug), whose title, slug or tags hold what was typed."""
    wanted = typed.strip().casefold()
    found = [
        (lesson.title[:100], lesson.slug)
        for lesson in lessons
        if any(wanted in name for name in (*_names(lesson), *lesson.tags))
    ]
    return found[:_CHOICES]


def _summary(lesson: Lesson) -> str:
    return f"**{one_line(lesson.title, 80)}** – {one_line(lesson.summary, 120)}"


def _names(lesson: Lesson) -> tuple[str, str]:
    return lesson.slug.casefold(), lesson.title.casefold()


class Reader:
    """Shows the list of lessons and their passages to one member at a time."""

    def __init__(self, lessons: tuple[Lesson, ...]) -> None:
        self._lessons = lessons

    async def open(self, interaction: discord.Interaction[Any], name: str | None) -> None:
        """Answer a command: the list, or the first page of one lesson."""
        owner = interaction.user.id
        if name is None:
            await respond(interaction, self._list(owner, 0))
            return
        lesson = find_lesson(self._lessons, name)
        if lesson is None:
            await say(interaction, "I know no such lesson. `/lesson` lists them all.")
            return
        await respond(interaction, self._page(lesson, 0, owner))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Turn a page or open a lesson: `<owner>:<slug or list>:<page>`."""
        owner, slug, number = (*parts, "", "", "")[:3]
        if owner != str(interaction.user.id):
            await say(interaction, NOT_YOURS)
            return
        data: Any = interaction.data
        if values := data.get("values"):
            slug, number = str(values[0]), "0"
        lesson = find_lesson(self._lessons, slug)
        if slug == _LIST and number.isdigit() and int(number) < self._pages:
            await update(interaction, self._list(interaction.user.id, int(number)))
        elif lesson is None or not number.isdigit() or int(number) >= len(lesson.passages):
            await say(interaction, EXPIRED)
        else:
            await update(interaction, self._page(lesson, int(number), interaction.user.id))

    @property
    def _pages(self) -> int:
        """How many pages the list has."""
        return max(1, -(-len(self._lessons) // _LISTED))

    def _list(self, owner: int, number: int) -> Page:
        if not self._lessons:
            return Page(("There are no lessons here yet.",))
        listed = self._lessons[number * _LISTED : (number + 1) * _LISTED]
        choices = tuple(
            Choice(lesson.title, lesson.slug, f"{len(lesson.passages)} sections")
            for lesson in listed
        )
        select = Select("Read a lesson", f"{FAMILY}:{owner}:open", choices)
        text = "\n".join(_summary(lesson) for lesson in listed)
        if self._pages == 1:
            return Page(("**Lessons**",), text, select=select)
        above = f"**Lessons** · page {number + 1} of {self._pages}"
        buttons = (
            self._turn("Back", owner, _LIST, number - 1, off=number == 0),
            self._turn("Next", owner, _LIST, number + 1, off=number == self._pages - 1),
        )
        return Page((above,), text, buttons=buttons, select=select)

    def _page(self, lesson: Lesson, number: int, owner: int) -> Page:
        passage = lesson.passages[number]
        where = " › ".join((*passage.path, passage.heading))
        above = f"**{one_line(lesson.title, 100)}** · {number + 1} of {len(lesson.passages)}"
        body = shown(sanitise(f"### {where}\n{passage.text}"), PAGE, 2).pages[0]
        last = len(lesson.passages) - 1
        buttons = (
            self._turn("Back", owner, lesson.slug, number - 1, off=number == 0),
            self._turn("Next", owner, lesson.slug, number + 1, off=number == last),
            Button("All lessons", f"{FAMILY}:{owner}:{_LIST}:0"),
        )
        return Page((above,), body, (f"-# Checked {lesson.checked.isoformat()}",), buttons)

    @staticmethod
    def _turn(label: str, owner: int, slug: str, number: int, *, off: bool) -> Button:
        return Button(label, f"{FAMILY}:{owner}:{slug}:{number}", disabled=off)
