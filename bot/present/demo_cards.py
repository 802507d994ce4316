"""Cards of a demo: what its buttons show, to who pressed them alone."""

from __future__ import annotations

from collections.abc import Callable

from bot.board import Pane
from bot.present.answer import one_line
from bot.present.cards import long_page
from bot.present.components import Attached, Page
from bot.present.demo import Show
from bot.present.sanitise import sanitise
from bot.report import as_markdown
from knowledge.passages import Passage


def saw_page(show: Show) -> Page:
    """Return what each contender was given, word for word, with the marks of its template."""

    def given(pane: Pane) -> str:
        prompted = pane.prompted
        if prompted is None:
            return "Nothing was sent, or it ended before it could be learnt."
        return f"{one_line(prompted.how, 200)}:\n{_code(prompted.text)}"

    return _of_all("What it saw", show, given)


def thinking_page(show: Show) -> Page:
    """Return what each contender thought."""
    return _of_all("Thinking", show, lambda pane: sanitise(pane.thinking) or "It did not think.")


def texts_page(show: Show) -> Page:
    """Return the whole text of each contender."""
    return _of_all("Whole texts", show, lambda pane: sanitise(pane.text) or "It wrote nothing.")


def passage_page(passage: Passage) -> Page:
    """Return the passage that explains a demo."""
    where = " › ".join((passage.lesson_title, *passage.path, passage.heading))
    return long_page(one_line(where, 200), sanitise(passage.text), passage.text, "passage.md")


def export_page(show: Show) -> Page:
    """Return the run card as JSON and as a page to read."""
    card = show.recorder.card()
    if card is None:
        return Page(("There is nothing to export.",))
    name = f"demo-{show.request_id}"
    made = (
        Attached(f"{name}.json", card.model_dump_json(indent=1).encode("utf-8", "replace")),
        Attached(f"{name}.md", as_markdown(show.board).encode("utf-8", "replace")),
    )
    told = "The run card: everything that a rerun needs, and every text. "
    again = "`/demo replay:` plays the JSON again, as does `python -m bot demo --replay`."
    return Page((told + again,), files=made)


def _of_all(title: str, show: Show, text: Callable[[Pane], str]) -> Page:
    parts = []
    for letter, pane in show.panes:
        contender = pane.seat.contender
        name = f"**{one_line(contender.name, 40)} · {one_line(contender.tag, 80)}**"
        parts.append(f"{f'**{letter}**' if show.hidden else name}\n{text(pane)}")
    told = "\n\n".join(parts)
    whole = told if show.hidden else as_markdown(show.board)
    return long_page(title, told, whole, f"demo-{show.request_id}.md")


def _code(text: str) -> str:
    """Return text in a fence that nothing in it closes."""
    return sanitise(f"```\n{text.replace('```', 'ˋˋˋ')}\n```")
