"""What is shown of a question that goes to the mentors: what will be posted, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.asking import Question
from bot.present.answer import one_line
from bot.present.answer_controls import MENTOR
from bot.present.cards import long_page
from bot.present.components import Button, Page, Style
from bot.present.sanitise import sanitise
from bot.present.split import PAGE
from knowledge.passages import Passage

LONGEST_ANSWER = 3000
"""Characters of a mentor's answer."""
_QUESTION, _ANSWER, _TURN = 1200, 1000, 150  # characters
_TURNS, _SOURCES = 4, 5
_CONTAINER = 17


def context(question: Question, answer: str, sources: Sequence[tuple[int, Passage]]) -> str:
    """Return what mentors read: what led there, the question, the bot's answer, its sources."""
    before = [
        f"{'Member' if turn.role == 'user' else 'Bot'}: {one_line(turn.content, _TURN)}"
        for turn in question.history[-_TURNS:]
    ]
    parts = ["**Before that**", *before, ""] if before else []
    parts += ["**Question**", sanitise(_cut(question.text, _QUESTION)), ""]
    said = sanitise(_cut(answer, _ANSWER)) if answer else "The lessons do not cover this."
    rests = [
        f"-# [{n}] {one_line(f'{passage.lesson_title} › {passage.heading}', _TURN)}"
        for n, passage in (sources[:_SOURCES] if answer else ())
    ]
    return "\n".join([*parts, "**What the bot said**", said, *rests])[:PAGE]


def confirm_page(
    request_id: str, message: int, role: int, shown: str, *, private: bool, silent: bool
) -> Page:
    """Return the page that asks a member whether this is to be posted."""
    lines = [f"Shall I post this here, for everybody in this channel, and call <@&{role}>?"]
    if private:
        lines.append("⚠️ Until now only you could see it.")
    if silent:
        lines.append(
            "-# I may not ping this role, so they must see it by themselves. An organiser can "
            "allow anyone to mention it, in the role's settings."
        )
    buttons = (
        Button("Hand on", f"{MENTOR}:send:{request_id}:{message}", Style.PRIMARY),
        Button("Leave it", f"{MENTOR}:leave"),
    )
    return Page((f"**{lines[0]}**", *lines[1:]), shown, buttons=buttons)


def card(request_id: str, member: int, role: int, shown: str) -> Page:
    """Return the message that calls the mentors: the one place where a role is pinged."""
    line = f"🙋 <@&{role}> – <@{member}> asks you:"
    button = Button("Answer", f"{MENTOR}:answer:{request_id}", Style.PRIMARY)
    return Page((line,), shown, ("-# Mentors answer with the button.",), (button,), ping=role)


def answered_card(member: int, by: int, shown: str) -> Page:
    """Return the same message once it is answered."""
    return Page((f"🙋 <@{member}> asked the mentors:",), shown, (f"✅ Answered by <@{by}>.",))


def answer_page(head: str, answer: str) -> Page:
    """Return a mentor's answer, the rest of a long one as a file."""
    return long_page(head, sanitise(answer), answer, "answer.md")


def shown_in(message: Any) -> str:
    """Return what stood in the container of one of these messages, as Discord has it."""
    boxes = [part for part in message.components if part.type.value == _CONTAINER]
    return "".join(getattr(inside, "content", "") for box in boxes for inside in box.children)


def _cut(text: str, most: int) -> str:
    text = text.strip()
    return text if len(text) <= most else text[:most].rstrip() + " …"
