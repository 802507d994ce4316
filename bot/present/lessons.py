"""Lessons to read in Discord: the list, and one passage a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import discord

from bot.memory import Place
from bot.present.answer import one_line
from bot.present.cards import EXPIRED, NOT_YOURS, say
from bot.present.choices import MOST
from bot.present.components import Button, Choice, Page, Select
from bot.present.responses import respond, update
from bot.present.sanitise import sanitise
from bot.present.split import PAGE, shown
from bot.progress import ReadingProgress
from knowledge.lesson import Lesson, find_lesson

FAMILY, ABOUT = "lesson", "about"
_LIST = "list"
_LISTED = 12
"""Lessons on one page of the list: with their summaries they fit one message."""


def suggest(lessons: tuple[Lesson, ...], typed: str) -> list[tuple[str, str]]:
    """Return up to 25 lessons, as (title, slug), whose title, slug or tags hold what was typed."""
    wanted = typed.strip().casefold()
    found = [
        (lesson.title[:100], lesson.slug)
        for lesson in lessons
        if any(wanted in name for name in (*lesson.names, *lesson.tags))
    ]
    return found[:MOST]


def _summary(lesson: Lesson, counts: Mapping[str, int]) -> str:
    read = counts.get(lesson.slug, 0)
    mark = "✅ " if read == len(lesson.passages) else "📖 " if read else ""
    return f"{mark}**{one_line(lesson.title, 80)}** – {one_line(lesson.summary, 120)}"


def _read_of(lesson: Lesson, counts: Mapping[str, int]) -> str:
    read, sections = counts.get(lesson.slug, 0), len(lesson.passages)
    return f"{read} of {sections} sections read" if read else f"{sections} sections"


def _pages(lessons: tuple[Lesson, ...]) -> int:
    """Return how many pages the list has."""
    return max(1, -(-len(lessons) // _LISTED))


Lessons = Callable[[int | None], tuple[Lesson, ...]]
"""The lessons that members of a server may see, as they are now."""


class Reader:
    """Shows the list of lessons and their passages to one member at a time."""

    def __init__(self, lessons: Lessons, progress: ReadingProgress) -> None:
        self._lessons = lessons
        self._progress = progress

    async def open(self, interaction: discord.Interaction[Any], name: str | None) -> None:
        """Answer a command: the list, or the first page of one lesson."""
        owner, lessons = interaction.user.id, self._lessons(interaction.guild_id)
        if name is None:
            counts = await self._progress.counts(owner, lessons)
            await respond(interaction, self._list(lessons, counts, owner, 0))
            return
        lesson = find_lesson(lessons, name)
        if lesson is None:
            await say(interaction, "I know no such lesson. `/lesson` lists them all.")
            return
        await respond(interaction, self._page(lesson, 0, owner))
        await self._note(interaction, lesson, 0)

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Turn a page or open a lesson: `<owner>:<slug or list>:<page>`."""
        owner, slug, number = (*parts, "", "", "")[:3]
        if owner != str(interaction.user.id):
            await say(interaction, NOT_YOURS)
            return
        data: Any = interaction.data
        if values := data.get("values"):
            slug, number = str(values[0]), "0"
        lessons = self._lessons(interaction.guild_id)
        lesson = find_lesson(lessons, slug)
        if slug == _LIST and number.isdigit() and int(number) < _pages(lessons):
            counts = await self._progress.counts(interaction.user.id, lessons)
            page = self._list(lessons, counts, interaction.user.id, int(number))
            await update(interaction, page)
        elif lesson is None or not number.isdigit() or int(number) >= len(lesson.passages):
            await say(interaction, EXPIRED)
        else:
            await update(interaction, self._page(lesson, int(number), interaction.user.id))
            await self._note(interaction, lesson, int(number))

    async def _note(
        self, interaction: discord.Interaction[Any], lesson: Lesson, number: int
    ) -> None:
        """Note that the member has a section before them; after it is shown."""
        place = Place(interaction.channel_id or 0, interaction.guild_id)
        await self._progress.read(interaction.user.id, place, lesson.passages[number])

    def _list(
        self, lessons: tuple[Lesson, ...], counts: Mapping[str, int], owner: int, number: int
    ) -> Page:
        if not lessons:
            return Page(("There are no lessons here yet.",))
        listed = lessons[number * _LISTED : (number + 1) * _LISTED]
        choices = tuple(
            Choice(lesson.title, lesson.slug, _read_of(lesson, counts)) for lesson in listed
        )
        select = Select("Read a lesson", f"{FAMILY}:{owner}:open", choices)
        text = "\n".join(_summary(lesson, counts) for lesson in listed)
        pages = _pages(lessons)
        if pages == 1:
            return Page(("**Lessons**",), text, select=select)
        above = f"**Lessons** · page {number + 1} of {pages}"
        buttons = (
            self._turn("Back", owner, _LIST, number - 1, off=number == 0),
            self._turn("Next", owner, _LIST, number + 1, off=number == pages - 1),
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
            Button("Ask about this", f"{ABOUT}:{lesson.slug}"),
        )
        return Page((above,), body, (f"-# Checked {lesson.checked.isoformat()}",), buttons)

    @staticmethod
    def _turn(label: str, owner: int, slug: str, number: int, *, off: bool) -> Button:
        return Button(label, f"{FAMILY}:{owner}:{slug}:{number}", disabled=off)
