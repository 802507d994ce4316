"""Where the marks of a sanitised text are: fences, inline code, links, emphasis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.present.sanitise import FENCE, PAIRED

_HEADER = re.compile(r"```(?:([\w+.#-]{0,20})\n)?\n*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_TICKS = re.compile(r"`+")
_TOKEN = re.compile(
    r"(?P<atom>\\[\\`*_~|]|<https?://[^\s<>]+>)"
    r"|(?P<ticks>(?P<tick>`{1,2})(?!`).*?(?<!`)(?P=tick)(?!`))"
    r"|(?P<run>\*+|_+|~+|\|+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that a cut may not tear: [start, end) of the text.

    Between `inner` and `inner_end` it may be cut when `opener` and `closer` are put around
    the cut; without an opener it may not be cut at all.
    """

    start: int
    end: int
    inner: int
    inner_end: int
    opener: str = ""
    closer: str = ""
    fence: bool = False

    def inside(self, at: int) -> bool:
        """May the mark be cut at `at`?"""
        return bool(self.opener) and self.inner <= at <= self.inner_end


def marks_of(text: str) -> list[Mark]:
    """Find the marks of a sanitised `text`, by where they start."""
    marks: list[Mark] = []
    at = 0
    while (opened := text.find(FENCE, at)) >= 0:
        _prose(text, at, opened, marks)
        header = _HEADER.match(text, opened)
        closed = text.find(FENCE, opened + len(FENCE))
        if header is None or closed < 0:
            at = opened + len(FENCE)
            break
        at = closed + len(FENCE)
        language = header[1] or ""
        inner = min(header.end() + 1, closed)
        marks.append(
            Mark(
                opened, at, inner, max(closed - 1, inner), f"{FENCE}{language}\n", FENCE, fence=True
            )
        )
    _prose(text, at, len(text), marks)
    return sorted(marks, key=lambda mark: (mark.start, -mark.end))


def _prose(text: str, start: int, end: int, marks: list[Mark]) -> None:
    """Add the marks of text[start:end], paragraph by paragraph: no pair spans two."""
    while start < end:
        gap = _BLANK_LINE.search(text, start, end)
        stop = gap.start() if gap else end
        _paragraph(text, start, stop, marks)
        start = gap.end() if gap else end


def _paragraph(text: str, start: int, end: int, marks: list[Mark]) -> None:
    opened: dict[str, tuple[int, int]] = {}
    for token in _TOKEN.finditer(text, start, end):
        at, past = token.span()
        if ticks := token["tick"]:
            inner, inner_end = at + len(ticks), past - len(ticks)
            first = inner + len(text[inner:inner_end]) - len(text[inner:inner_end].lstrip())
            marks.append(Mark(at, past, first + 1, inner_end - 1, ticks, ticks))
            # A closing mark put beside a backtick of the code would run together with it.
            marks.extend(
                Mark(run.start() - 1, run.end() + 1, run.start(), run.start() - 1)
                for run in _TICKS.finditer(text, inner, inner_end)
            )
            continue
        marks.append(Mark(at, past, at, at))
        delimiter = token["run"]
        if delimiter not in PAIRED:
            continue
        if delimiter in opened and not text[at - 1 : at].isspace():
            first, inner = opened[delimiter]
            marks.append(Mark(first, past, inner + 1, at - 1, delimiter, delimiter))
            # Marks opened within this pair and still open are text.
            opened = {r: o for r, o in opened.items() if o[0] < first}
        elif delimiter not in opened and text[past : past + 1] and not text[past].isspace():
            opened[delimiter] = (at, past)
