"""Cuts Markdown into sentences, whole or while it is still being written.

No installed library splits sentences well enough in several languages and as a
stream, so this is a small rule-based splitter. A sentence is a slice of the text
as it stands. List items, headings and table rows begin anew; a heading, a table
row and a fenced block are one unit each. Only white space and layout marks (list
markers, rules, a table's `|---|` line) lie between units.

A boundary is told only when no later character could move it, so any chunking
of a text gives the same sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARKER = r"\[\d{1,3}(?:[ \t]*,[ \t]*\d{1,3})*\](?!\()"
"""A citation marker, `[1]` or `[1, 2]`, and no link text."""

_SPACE = re.compile(r"\s*")
_FENCE = re.compile(r"(`{3,}|~{3,})[^\n]*(?:\n|\Z)")
_LIST = re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]+(?=\S)")
_RULE = re.compile(r"(?:([-*_])(?:[ \t]*\1){2,}|\|[-:| \t]*-[-:| \t]*)[ \t]*(?:\n|\Z)")
_LINE_UNIT = re.compile(r"(?:#{1,6}[ \t]|\|)[^\n]*(?:\n|\Z)")
# What a line may begin with before its kind is known.
_OPEN_LINE = re.compile(
    r"(?:[-*_+•][-*_ \t]*|`{1,2}|~{1,2}|\d{1,3}[.)]?[ \t]*|#{1,6}|\|[-:| \t]*)?\Z"
)
_EVENT = re.compile(r"\n|[.!?…]+|[。！？]+")
_TAIL = re.compile(
    rf"[\"'”’»›)\]*_`」』）]*(?:[ \t]*{MARKER})*[\"'”’»)*_]*",
)
# A citation marker that is not yet known to be one.
_OPEN_MARKER = re.compile(r"[ \t]*(?:\[[\d, \t]*\]?)?\Z")
# Abbreviations that never end a sentence, that do so unless a number follows, and
# that do so unless a small letter follows.
_NEVER_LAST = re.compile(
    r"(?:e\.g|i\.e|vs|cf|approx|ca|dr|mrs?|ms|prof|resp|incl|z\.b|d\.h|u\.a|bzw|vgl|p\.ej|ej|sra?|dra"
    r"|[^\W\d_])\Z"
)
_BEFORE_NUMBER = re.compile(r"(?:nos?|nr|figs?|vol|ch|sec|eq|pp)\Z")
_BEFORE_SMALL = re.compile(r"(?:etc|al|inc|ltd|corp|co|usw|jr)\Z")
_BLANKS = re.compile(r"[ \t]*")
_LONGEST_WORD = 32
"""Characters looked at before a full stop: longer than every abbreviation."""
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘*_]*\Z")


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence, item, row, heading or fenced block, as it stands in the text.

    `start` and `end` are offsets into the whole text; `code` marks a fenced block.
    """

    text: str
    start: int
    end: int
    code: bool = False


def split_sentences(markdown: str) -> tuple[str, ...]:
    """Return the sentences of `markdown`, each exactly as it stands there."""
    return tuple(unit.text for unit in split_units(markdown))


def split_units(markdown: str) -> tuple[Unit, ...]:
    """Return the units of `markdown` with their places, in order."""
    stream = SentenceStream()
    return (*stream.feed(markdown), *stream.end())


class SentenceStream:
    """Takes a text piece by piece and gives each unit as soon as it is complete."""

    def __init__(self) -> None:
        self._text = ""
        self._offset = 0
        self._seen = 0
        self._line_start = True

    def feed(self, text: str) -> list[Unit]:
        """Add `text`; return the units that are now known to be complete."""
        self._text += text
        return self._cut_all(final=False)

    def end(self) -> list[Unit]:
        """Return what remains: the text is over."""
        return self._cut_all(final=True)

    def _cut_all(self, *, final: bool) -> list[Unit]:
        units: list[Unit] = []
        position = 0
        cut = _Cutter(self._text, self._seen, final=final)
        while (found := cut.next(position, line_start=self._line_start)) is not None:
            start, end, code = found
            position = end
            # After a newline the next unit stands at the start of a line.
            self._line_start = end > 0 and self._text[end - 1] == "\n"
            body = self._text[start:end].rstrip()
            if body:
                begin = self._offset + start
                units.append(Unit(body, begin, begin + len(body), code))
        self._text = self._text[position:]
        self._offset += position
        self._seen = max(cut.seen - position, 0)
        return units


class _Cutter:
    """Finds where units of one text begin and end; None where more text is needed.

    No unit ends before `seen`: what has been looked at is not looked at again.
    """

    def __init__(self, text: str, seen: int, *, final: bool) -> None:
        self.text = text
        self.seen = seen
        self.final = final

    def next(self, position: int, *, line_start: bool) -> tuple[int, int, bool] | None:
        """Return (start, end, code) of the unit at `position`; start == end for a layout mark."""
        start = _at(_SPACE, self.text, position)
        if start == len(self.text):
            return None
        line_start = line_start or "\n" in self.text[position:start]
        if not line_start:
            return self._sentence(start)
        return None if self._open(_OPEN_LINE, start) else self._from_line_start(start)

    def _from_line_start(self, start: int) -> tuple[int, int, bool] | None:
        if mark := _RULE.match(self.text, start):
            return (mark.end(), mark.end(), False)
        if fence := _FENCE.match(self.text, start):
            return self._fenced(start, fence.group(1))
        if _LINE_UNIT.match(self.text, start):
            return self._line(start)
        return self._sentence(_at(_LIST, self.text, start))

    def _open(self, pattern: re.Pattern[str], position: int) -> bool:
        return not self.final and pattern.match(self.text, position) is not None

    def _line(self, start: int) -> tuple[int, int, bool] | None:
        newline = self.text.find("\n", start)
        if newline < 0 and not self.final:
            return None
        return (start, len(self.text) if newline < 0 else newline + 1, False)

    def _fenced(self, start: int, fence: str) -> tuple[int, int, bool] | None:
        closing = re.compile(rf"\n[ \t]*{fence[0]}{{{len(fence)},}}[ \t]*(?:\n|\Z)")
        found = closing.search(self.text, max(start, self.seen))
        if found and (self.final or found.group().endswith("\n")):
            return (start, found.end(), True)
        if self.final:
            return (start, len(self.text), True)
        self.seen = max(start, self.text.rfind("\n"))
        return None

    def _sentence(self, start: int) -> tuple[int, int, bool] | None:
        for event in _EVENT.finditer(self.text, max(start, self.seen)):
            if event.group() == "\n":
                ends: int | None = self._newline(event.start())
            else:
                ends = self._terminator(start, event)
            if ends is None:
                self.seen = event.start()
                return None
            if ends:
                return (start, ends, False)
        if self.final:
            return (start, len(self.text), False)
        self.seen = len(self.text)
        return None

    def _newline(self, newline: int) -> int | None:
        """Return the end of the unit if the line break ends it, else 0; None if unknown yet."""
        following = newline + 1
        while following < len(self.text) and self.text[following] in " \t":
            following += 1
        if self._open(_OPEN_LINE, following):
            return None
        blank = self.text[following : following + 1] in {"", "\n"}
        kinds = (_RULE, _FENCE, _LINE_UNIT, _LIST)
        special = any(kind.match(self.text, following) for kind in kinds)
        return newline + 1 if blank or special else 0

    def _terminator(self, start: int, event: re.Match[str]) -> int | None:
        """As `_newline`, for a full stop, a question mark and their kin."""
        if event.end() == len(self.text) and not self.final:
            return None
        end = _at(_TAIL, self.text, event.end())
        if self._open(_OPEN_MARKER, end):
            return None
        if event.group()[-1] in "。！？":
            return end
        next_word = _at(_BLANKS, self.text, end)
        following = self.text[next_word : next_word + 1]
        if following and next_word == end:
            return end if following == "\n" else 0
        continues = self._abbreviates(start, event, following)
        return 0 if continues else end

    def _abbreviates(self, start: int, event: re.Match[str], following: str) -> bool:
        if event.group() != ".":
            return following.islower()
        before = self.text[max(start, event.start() - _LONGEST_WORD) : event.start()]
        found = _WORD_BEFORE.search(before)
        word = (found.group() if found else "").lower()
        return bool(
            before.isdigit()
            or _NEVER_LAST.match(word)
            or (_BEFORE_NUMBER.match(word) and following.isdigit())
            or (_BEFORE_SMALL.match(word) and following.islower())
        )


def _at(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
