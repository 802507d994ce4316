"""Questions as Discord shows them: options under letters, and what came of an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.present.components import Button, Page, Style
from bot.present.demo_cards import passage_page
from bot.present.sanitise import sanitise
from bot.quiz.choosing import LETTERS
from knowledge.passages import Passage
from knowledge.question import Question


def option_lines(options: Sequence[str]) -> str:
    """Return options in lines, each with its letter."""
    lettered = zip(LETTERS, options, strict=False)
    return "\n".join(f"**{letter}** {sanitise(text)}" for letter, text in lettered)


def option_buttons(options: Sequence[str], custom_id: Callable[[int], str]) -> tuple[Button, ...]:
    """Return a button for each option; `custom_id` says what a press on option `n` means."""
    return tuple(Button(LETTERS[n], custom_id(n), Style.PRIMARY) for n in range(len(options)))


def judged_page(
    question: Question, passage: Passage, options: Sequence[str], chosen: str | None
) -> Page:
    """Return what a member sees after an answer: right or not, why, and the passage.

    `options` stand as they were shown; `chosen` is None where the answer was only looked at.
    """
    page = passage_page(passage)
    key = sanitise(question.answer)
    if question.answer in options:
        key = f"**{LETTERS[options.index(question.answer)]}** {key}"
    if chosen is None:
        said = f"💡 {key}" if key else ""
    else:
        said = f"✅ Right: {key}" if chosen == question.answer else f"❌ Not this one. It is {key}"
    told = [line for line in (said, sanitise(question.why)) if line]
    return replace(page, above=(*told, *page.above))
