"""The desk of reviews: one question at a time in a private message, graded by who answers it.

What a press means stands in its custom_id: whose it is, whether new questions are wanted, the
question, and when it was answered last, so that one that is graded is not graded twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.memory import Place
from bot.present.cards import EXPIRED, notice, say
from bot.present.components import Button, Page, Style
from bot.present.questions import judged_page, option_buttons, option_lines
from bot.present.responses import defer, defer_update, respond
from bot.present.sanitise import sanitise
from bot.present.webhook import InteractionSurface
from bot.quiz.book import AttemptBook, Sitting
from bot.quiz.choosing import shuffled
from bot.review.book import NEW_A_DAY, Ask, Rest, ReviewBook
from bot.review.reminders import ReminderBook
from bot.review.schedule import Grade

FAMILY = "review"
NOT_YOURS = "These buttons belong to who reviews. `/review` gives you your own."
GONE_ON = "This card was graded since, or its question is gone. `/review` shows what is due."
OPEN, QUIET = "open", "quiet"
"""What the buttons of a reminder want."""
UNTOLD = (
    "⚠️ I could not write to you privately, so your reminders ended. Allow private messages from "
    "this server's members in Discord's settings, then use `/review reminders:on`."
)
_NEW, _PICK, _GRADE = "new", "pick", "grade"
_SHOW = "show"
_DAYS = 7
_MINUTE, _HOUR, _DAY, _MONTH = 60, 3600, 86_400, 30 * 86_400


@dataclass(frozen=True, slots=True)
class _Put:
    """A question that was put: to whom, with new ones or without, and when it was answered last."""

    owner: int
    new: bool
    question: str
    seen: int

    def custom_id(self, verb: str, what: int | str) -> str:
        """Return what a press means."""
        return f"{FAMILY}:{verb}:{self.owner}:{int(self.new)}:{self.question}:{self.seen}:{what}"


class ReviewDesk:
    """Takes `/review` and what is pressed in it."""

    def __init__(self, book: ReviewBook, reminders: ReminderBook, attempts: AttemptBook) -> None:
        self._book = book
        self._reminders = reminders
        self._attempts = attempts

    async def open(self, interaction: discord.Interaction[Any]) -> None:
        """Put what is due to a member. Raises MessageGone, Undelivered, MemoryUnavailable."""
        await defer(interaction, private=True)
        page = await self._next(interaction, new=False)
        if await self._reminders.stopped(interaction.user.id):
            page = replace(page, above=(UNTOLD, *page.above))
        await respond(interaction, page)

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press. Raises as `open`."""
        verb, owner, *rest = parts if len(parts) > 1 else ("", "")
        put, what = _read(owner, rest), rest[-1] if rest else ""
        if owner.isdecimal() and int(owner) != interaction.user.id:
            await say(interaction, NOT_YOURS)
        elif verb == _NEW and owner.isdecimal():
            await defer_update(interaction)
            await _change(interaction, await self._next(interaction, new=True))
        elif verb == OPEN and owner.isdecimal():
            await self.open(interaction)
        elif verb == QUIET and owner.isdecimal():
            await defer_update(interaction)
            await self._reminders.end(interaction.user.id)
            await _change(interaction, notice("No reminders any more. `/review` is always there."))
        elif verb == _PICK and put is not None:
            await self._answer(interaction, put, what)
        elif verb == _GRADE and put is not None and what in _GRADES:
            await self._grade(interaction, put, _GRADES[what])
        else:
            await say(interaction, EXPIRED)

    async def _answer(self, interaction: discord.Interaction[Any], put: _Put, chosen: str) -> None:
        await defer_update(interaction)
        found = await self._book.find(put.owner, interaction.guild_id, put.question, put.seen)
        if found is None:
            await say(interaction, GONE_ON)
            return
        ask, seconds = found
        options = shuffled(ask.question, str(ask.seen))
        offered = {str(n): option for n, option in enumerate(options)}
        if chosen not in offered and chosen != _SHOW:
            await say(interaction, EXPIRED)
            return
        picked = offered.get(chosen)
        page = judged_page(ask.question, ask.passage, options, picked)
        wrong = picked not in (None, ask.question.answer)
        grades = (Grade.AGAIN,) if wrong else tuple(Grade)
        page = replace(page, above=(f"### {sanitise(ask.question.text)}", *page.above))
        await _change(interaction, _with_grades(page, put, {one: seconds[one] for one in grades}))
        if picked is not None:
            place = Place(interaction.channel_id or 0, interaction.guild_id)
            sitting = Sitting(f"review-{put.seen}", put.owner, place, "review")
            await self._attempts.note(sitting, ask.question, picked)

    async def _grade(self, interaction: discord.Interaction[Any], put: _Put, grade: Grade) -> None:
        place = Place(interaction.channel_id or 0, interaction.guild_id)
        await defer_update(interaction)
        card = await self._book.grade(put.owner, place, put.question, put.seen, grade)
        if card is None:
            await say(interaction, GONE_ON)
            return
        page = await self._next(interaction, new=put.new)
        noted = f"-# {grade.name.capitalize()}: that one comes again <t:{card.due}:R>."
        await _change(interaction, replace(page, above=(noted, *page.above)))

    async def _next(self, interaction: discord.Interaction[Any], *, new: bool) -> Page:
        owner = interaction.user.id
        found = await self._book.next(owner, interaction.guild_id, new=new)
        if isinstance(found, Rest):
            return rest_page(found, owner)
        return ask_page(found, _Put(owner, new, found.question.id, found.seen))


async def _change(interaction: discord.Interaction[Any], page: Page) -> None:
    """Change the message in which a press was made, once that is acknowledged."""
    await InteractionSurface(interaction, private=True).show(0, page)


def ask_page(ask: Ask, put: _Put) -> Page:
    """Return a question that is put, with a button for each option."""
    options = shuffled(ask.question, str(ask.seen))
    kind = "🔁 **Review**" if ask.seen else "🌱 **New**"
    count = f"{ask.left} due" if ask.seen else f"{ask.left} to go today"
    above = (f"{kind} · {count}", f"### {sanitise(ask.question.text)}", option_lines(options))
    buttons = option_buttons(options, lambda n: put.custom_id(_PICK, n))
    if not options:
        below = ("-# Answer it for yourself, then look.",)
        show = Button("Show the answer", put.custom_id(_PICK, _SHOW), Style.PRIMARY)
        return Page(above, below=below, buttons=(show,))
    return Page(above, buttons=buttons)


def rest_page(rest: Rest, owner: int) -> Page:
    """Return what a member sees when nothing is due."""
    lines = []
    if rest.next is None:
        lines.append(
            "🔁 **Review**\nA question that you answer here becomes a card of yours: it comes back "
            "when you are about to forget it, and later each time that you know it."
        )
    else:
        lines.append(f"✅ **Nothing is due now.** The next card is due <t:{rest.next}:R>.")
        days = [f"- {day:%A, %-d %B}: {count}" for day, count in rest.days[:_DAYS]]
        later = sum(count for _, count in rest.days[_DAYS:])
        lines.append("\n".join([*days, *([f"- later: {later}"] if later else [])]))
    buttons: tuple[Button, ...] = ()
    if rest.new:
        named = "a new question" if rest.new == 1 else f"up to {rest.new} new questions"
        buttons = (Button(f"Begin {named}", f"{FAMILY}:{_NEW}:{owner}", Style.PRIMARY),)
    elif rest.unseen:
        lines.append(f"-# {NEW_A_DAY} new questions a day are enough. More tomorrow.")
    elif rest.next is not None:
        lines.append("-# You have a card of every question in the lessons.")
    else:
        lines = ["The lessons here ask no questions yet."]
    lines.append("-# `/review reminders:on` lets me write to you when cards are due.")
    return Page(tuple(lines), buttons=buttons)


def _with_grades(page: Page, put: _Put, seconds: dict[Grade, int]) -> Page:
    """Return what came of an answer, with a button for each grade that says when it comes again."""
    buttons = tuple(
        Button(
            f"{grade.name.capitalize()} · {_span(after)}",
            put.custom_id(_GRADE, int(grade)),
            Style.PRIMARY if grade is Grade.GOOD else Style.SECONDARY,
        )
        for grade, after in seconds.items()
    )
    below = "How well did you know it?" if len(seconds) > 1 else "It comes again until you know it."
    return replace(page, below=(*page.below, below), buttons=buttons)


def _span(seconds: float) -> str:
    """Say how long it is until something, as a button has room for it."""
    for unit, name, most in ((_MINUTE, "min", _HOUR), (_HOUR, "h", _DAY)):
        if seconds < most:
            return f"{max(1, round(seconds / unit))} {name}"
    count, name = round(seconds / _DAY), "day"
    if seconds >= 2 * _MONTH:
        count, name = round(seconds / _MONTH), "month"
    return f"{count} {name}{'' if count == 1 else 's'}"


_GRADES = {str(int(grade)): grade for grade in Grade}


def _read(owner: str, rest: list[str]) -> _Put | None:
    """Read from a custom_id what was put; None where it is none of ours."""
    new, question, seen, *_ = (*rest, "", "", "")
    if not (owner.isdecimal() and seen.isdecimal()):
        return None
    return _Put(int(owner), new == "1", question, int(seen))
