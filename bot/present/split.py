"""A long answer as a few messages: nothing lost, no mark left open across a cut.

`split` works on sanitised text (every mark in it is closed). It cuts at paragraphs and fences
where it can, else at lines, else at words, else anywhere; what a cut leaves open is closed before
it and opened again after it, a fence with its language.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from bot.present.marks import Mark, marks_of

PAGE = 3400
"""Characters of model text in one message; the rest of Discord's 4,000 is for our own lines."""
PAGES = 3
_RESERVE = 16  # room for what closes the marks that a cut leaves open
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text (`body`) and the marks added around it."""

    before: str
    body: str
    after: str

    @property
    def text(self) -> str:
        """What is shown; closing marks stand before trailing space, where they count."""
        if self.after.endswith("```"):
            line = "" if self.body.endswith("\n") else "\n"
            return self.before + self.body + line + "```"
        kept = len(self.body.rstrip())
        return self.before + self.body[:kept] + self.after + self.body[kept:]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a text is shown: its pages, and how many characters stand only in the file."""

    pages: tuple[str, ...]
    left_out: int = 0


def shown(text: str, page: int = PAGE, pages: int = PAGES) -> Shown:
    """Return what to show: the whole, or all pages but one of the beginning and one of the end."""
    if len(text) <= page:
        return Shown((text,))
    cutter = _Cutter(text, page)
    parts: list[Part] = []
    at = 0
    while at < len(text) and len(parts) < pages:
        end = cutter.cut(at)
        parts.append(cutter.part(at, end))
        at = end
    if at == len(text):
        return Shown(tuple(part.text for part in parts))
    head = parts[:-1]
    read = sum(len(part.body) for part in head)
    tail = max(cutter.tail(), read)
    return Shown((*(part.text for part in head), cutter.part(tail, len(text)).text), tail - read)


def split(text: str, page: int = PAGE) -> tuple[Part, ...]:
    """Cut the whole of `text` into parts of at most `page` characters; their bodies make it up."""
    cutter, parts, at = _Cutter(text, page), [], 0
    while at < len(text):
        end = cutter.cut(at)
        parts.append(cutter.part(at, end))
        at = end
    return tuple(parts)


class _Cutter:
    """Finds the places of one text where it may be cut, best ones first."""

    def __init__(self, text: str, page: int) -> None:
        self._text = text
        self._page = page
        self._marks = marks_of(text)
        # How far the first n marks reach: behind that, none of them needs a look.
        self._reach = list(accumulate((mark.end for mark in self._marks), max, initial=0))
        fences = [mark for mark in self._marks if mark.fence]
        self._fences = sorted({p for mark in fences for p in (mark.start, mark.end)})
        self._paragraphs = [
            found.end()
            for found in _PARAGRAPH.finditer(text)
            if not any(
                mark.start < found.end() < mark.end for mark in self._near(found.end(), fences)
            )
        ]

    @staticmethod
    def _near(at: int, fences: list[Mark]) -> list[Mark]:
        """Find the one fence that may hold `at`: fences are in order and do not overlap."""
        i = bisect_right(fences, at, key=lambda mark: mark.start)
        return fences[max(i - 1, 0) : i]

    def cut(self, at: int) -> int:
        """Where the part that begins at `at` ends."""
        room = self._page - _RESERVE - len(self._before(at))
        most = at + room
        if len(self._text) <= most:
            return len(self._text)
        least = at + room * 2 // 5
        for places in (self._paragraphs, self._fences):
            i = bisect_right(places, most)
            if i and places[i - 1] > least:
                return places[i - 1]
        for separator in ("\n", " "):
            place = self._text.rfind(separator, least, most) + 1
            if place and self._free(place) == place:
                return place
        free = self._free(most)
        return free if free > at else most

    def tail(self) -> int:
        """Where the last page begins when the text is shown with a gap."""
        least = len(self._text) - (self._page - 4 * _RESERVE)
        half = len(self._text) - self._page // 2
        i = bisect_left(self._paragraphs, least)
        if i < len(self._paragraphs) and self._paragraphs[i] < half:
            return self._paragraphs[i]
        for separator in ("\n", " "):
            place = self._text.find(separator, least, half) + 1
            if place and self._free(place) == place:
                return place
        return next((p for p in range(least, half) if self._free(p) == p), least)

    def part(self, start: int, end: int) -> Part:
        """Return the stretch with the marks that its cuts make necessary."""
        after = "".join(mark.closer for mark in reversed(self._open(end)))
        return Part(self._before(start), self._text[start:end], after)

    def _before(self, at: int) -> str:
        return "".join(mark.opener for mark in self._open(at))

    def _open(self, at: int) -> list[Mark]:
        """Find the marks that a cut at `at` would leave open, outermost first."""
        return [mark for mark in self._over(at) if mark.opener]

    def _free(self, at: int) -> int:
        """`at`, or the nearest place before it that does not tear anything apart."""
        while torn := next((m for m in self._over(at) if not m.inside(at)), None):
            at = torn.inner_end if at > torn.inner_end >= torn.inner else torn.start
        return at

    def _over(self, at: int) -> list[Mark]:
        """Find the marks that hold `at` strictly inside, outermost first."""
        i = bisect_left(self._marks, at, key=lambda mark: mark.start)
        if self._reach[i] <= at:
            return []
        # Marks nest a few deep at most, and none but a fence is longer than a paragraph.
        return [mark for mark in self._marks[:i] if at < mark.end]
