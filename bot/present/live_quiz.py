"""A live quiz as a channel sees it: the invitation, each question, its result, the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.present.answer import one_line
from bot.present.components import Button, Page
from bot.present.demo_cards import passage_page
from bot.present.lessons import ABOUT
from bot.present.questions import option_buttons, option_lines
from bot.present.sanitise import sanitise
from bot.quiz.choosing import LETTERS
from bot.quiz.live import ANSWER_SECONDS, START_SECONDS, LiveQuiz, Over, Reason
from bot.quiz.points import RULE
from bot.quiz.round import Score
from knowledge.passages import Passage

FAMILY = "live"
STOP = "stop"
FIRST_COUNTS = "Your first press counts and cannot be changed."
PAUSED = "⏸️ The bot is being restarted. The quiz goes on when it is back."
_PLACES = 10
"""Members who are named among the scores."""
_WHY: dict[Reason, str] = {
    "all asked": "🏁 **The quiz is over.**",
    "stopped": "🏁 **The quiz was stopped.**",
    "away": "🏁 **The quiz ended while I was away.** Here is how far it came.",
    "changed": "🏁 **The quiz ends here**: the lessons have changed meanwhile.",
}


def invitation(live: LiveQuiz, about: str, starter: int) -> Page:
    """Return what tells a channel that a quiz begins."""
    kept, count = live.kept, len(live.round.questions)
    many = f"{count} question{'' if count == 1 else 's'}"
    lines = (
        f"🎯 **Live quiz** on {one_line(about, 100)}, from <@{starter}>: {many}, "
        f"{ANSWER_SECONDS:.0f} seconds each. It begins <t:{kept.at + START_SECONDS:.0f}:R>.",
        f"-# Press a letter beneath each question. {FIRST_COUNTS} {RULE}",
    )
    return Page(lines)


def question_page(live: LiveQuiz, *, paused: bool = False) -> Page:
    """Return the question that is open, and how many have answered it."""
    kept, options = live.kept, live.round.options(live.number)
    above = (*_head(live), option_lines(options))
    if paused:
        return Page(above, below=(PAUSED,))
    count = len(live.round.answers(live.number))
    many = f"**{count} answer{'' if count == 1 else 's'}** so far."
    below = (f"⏳ It closes <t:{kept.until:.0f}:R>. {many}", f"-# {FIRST_COUNTS}")
    prefix = f"{FAMILY}:{kept.quiz}"
    buttons = option_buttons(options, lambda n: f"{prefix}:{live.number}:{n}")
    return Page(above, below=below, buttons=(*buttons, Button("Stop the quiz", f"{prefix}:{STOP}")))


def result_page(live: LiveQuiz, passage: Passage | None, then: float | None) -> Page:
    """Return a question that is closed: the key, how many chose what, the fastest, the passage."""
    round_, n = live.round, live.number
    question = round_.questions[n]
    chosen = "\n".join(
        f"{'✅' if option == question.answer else '▫️'} {lettered(live, option)} – {count}"
        for option, count in round_.counts(n).items()
    )
    fastest = round_.fastest(n)
    first = "Nobody was right."
    if fastest is not None:
        first = f"⚡ Fastest: <@{fastest.member}>, {fastest.seconds:.1f} s."
    told = (*_head(live), chosen, sanitise(question.why), first)
    page = passage_page(passage) if passage is not None else Page()
    after = (f"-# The next question comes <t:{then:.0f}:R>.",) if then is not None else ()
    about = Button("Ask about this lesson", f"{ABOUT}:{question.lesson}")
    return replace(page, above=(*told, *page.above), below=(*page.below, *after), buttons=(about,))


def lettered(live: LiveQuiz, option: str) -> str:
    """Return an option of the question behind its letter."""
    return f"**{LETTERS[live.round.options(live.number).index(option)]}** {sanitise(option)}"


def over_page(over: Over) -> Page:
    """Return the scores, and why the quiz is over."""
    if not over.scores:
        return Page((_WHY[over.reason], "Nobody answered."))
    return Page((_WHY[over.reason], "\n".join(_places(over.scores))))


def _places(scores: Sequence[Score]) -> list[str]:
    lines = [
        f"{place}. <@{one.member}> – **{one.points} points**, {one.right} of {one.of} right"
        for place, one in enumerate(scores[:_PLACES], 1)
    ]
    more = len(scores) - _PLACES
    return [*lines, f"and {more} more"] if more > 0 else lines


def _head(live: LiveQuiz) -> tuple[str, str]:
    questions = live.round.questions
    head = f"🎯 **Live quiz** · {live.number + 1} of {len(questions)}"
    return head, f"### {sanitise(questions[live.number].text)}"
