"""A draft: headings, paragraphs and code in their order, cut into passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.parsing.characters import visible
from knowledge.parsing.terms import (
    ASKS,
    BLOCKS,
    CHARACTERS,
    LONGEST_ASK,
    LONGEST_HEADING,
    LONGEST_PASSAGE,
    PASSAGES,
    Findings,
    Reason,
    Refused,
)

_FENCE = "```"
# Where a paragraph that is too long is cut: after a sentence, at a line's end, between words.
_CUTS = (re.compile(r"[.!?。！？]\s"), re.compile(r"\n"), re.compile(r"\s"))


@dataclass(slots=True)
class _Section:
    level: int
    headings: tuple[str, ...]
    blocks: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


class Draft:
    """What a reader of one kind of document fills; all of it is made visible here."""

    def __init__(self) -> None:
        self.found = Findings()
        self.title = ""
        self._sections = [_Section(0, ())]
        self._outline: list[tuple[int, str]] = []
        self._size = self._count = 0

    def heading(self, level: int, text: str) -> None:
        """Open a section. An empty heading is none."""
        words = self._one_line(text)
        if words:
            self._count += 1
            while self._outline and self._outline[-1][0] >= level:
                self._outline.pop()
            self._outline.append((level, words))
            self._sections.append(_Section(level, tuple(told for _, told in self._outline)))

    def paragraph(self, text: str) -> None:
        """Add text, lines as they are."""
        # What looks like a comment would be one for whoever reads the passage as Markdown.
        self._add(self._seen(text).strip("\n").replace("<!--", "<\\!--"))

    def code(self, text: str, language: str = "") -> None:
        """Add a block of code."""
        code = self._seen(text).strip("\n").replace(_FENCE, "'''")
        name = re.sub(r"[^\w+#-]", "", language)[:20]
        for part in _cut(code, LONGEST_PASSAGE - len(name) - 10, _CUTS[1:]):
            self._add(f"{_FENCE}{name}\n{part}\n{_FENCE}")

    def ask(self, question: str) -> None:
        """Add a question that the section answers."""
        asks = self._sections[-1].asks
        words = self._one_line(question)[:LONGEST_ASK]
        if words and len(asks) < ASKS:
            asks.append(words)

    def entitle(self, title: str) -> None:
        """Give the document its title, unless it has one."""
        self.title = self.title or self._one_line(title)

    def passages(self) -> list[dict[str, object]]:
        """Return the passages. Raises Refused where there are none, or too many."""
        if not self.title:
            outermost = [s for s in self._sections if s.level == 1]
            self.title = outermost[0].headings[-1] if len(outermost) == 1 else ""
        made: list[dict[str, object]] = []
        for section in self._sections:
            path = [h for h in section.headings[:-1] if h != self.title][-4:]
            heading = section.headings[-1] if section.headings else ""
            for n, text in enumerate(_packed(section.blocks)):
                asks = [] if n else section.asks
                made.append({"heading": heading, "path": path, "text": text, "asks": asks})
                if len(made) > PASSAGES:
                    raise Refused(Reason.TOO_LONG)
        if not any(any(c.isalnum() for c in str(one["text"])) for one in made):
            raise Refused(Reason.ONLY_HIDDEN if self.found.any else Reason.NO_TEXT)
        return made

    def _add(self, block: str) -> None:
        if block.strip():
            self._count += 1
            self._sections[-1].blocks.append(block)

    def _seen(self, text: str) -> str:
        self._size += len(text)
        if self._size > CHARACTERS or self._count > BLOCKS:
            raise Refused(Reason.TOO_LONG)
        return visible(text, self.found)

    def _one_line(self, text: str) -> str:
        return " ".join(self._seen(text).split())[:LONGEST_HEADING]


def _packed(blocks: list[str]) -> list[str]:
    """Join blocks as far as they fit a passage; one that is longer is cut."""
    packed: list[str] = []
    size = LONGEST_PASSAGE + 1
    for block in blocks:
        for part in _cut(block, LONGEST_PASSAGE):
            if size + len(part) + 2 > LONGEST_PASSAGE:
                packed.append(part)
                size = len(part)
            else:
                packed[-1] += f"\n\n{part}"
                size += len(part) + 2
    return packed


def _cut(text: str, longest: int, cuts: Sequence[re.Pattern[str]] = _CUTS) -> list[str]:
    """Cut a text where it hurts least, in time that grows with its length."""
    parts: list[str] = []
    start = 0
    while len(text) - start > longest:
        end = start + longest
        half = start + longest // 2
        for pattern in cuts:
            places = [found.end() for found in pattern.finditer(text, half, end)]
            if places:
                end = places[-1]
                break
        parts.append(text[start:end].rstrip())
        start = end
    parts.append(text[start:].rstrip())
    return [part.strip("\n") for part in parts if part.strip()]
