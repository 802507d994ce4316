"""Sections: a Markdown text cut at its headings, comments apart, code kept to the character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
# What means something in a lesson's Markdown; whichever begins first wins, so that a code
# block holds neither headings nor comments, and a comment holds neither of the others.
_MARK = re.compile(
    r"(?P<code>^[ \t]*(?P<fence>`{3,}+|~{3,}+)[^`\n]*\n(?:.*?\n)??[ \t]*(?P=fence)[`~]*[ \t]*$"
    r"|`[^`\n]+`)"
    r"|(?P<open_code>^[ \t]*(?:`{3,}|~{3,})[^`\n]*$)"
    r"|(?P<comment>\n*<!--.*?-->)"
    r"|(?P<open_comment><!--)"
    r"|(?P<heading>^(?P<level>\#{1,4})[ \t]+(?P<title>[^\n]*?)[ \t]*\#*[ \t]*$)",
    re.DOTALL | re.MULTILINE,
)
_OPEN = {
    "open_code": "a code block is opened and never closed",
    "open_comment": "a comment is opened and never closed with '-->'",
}


@dataclass(slots=True)
class Section:
    """A heading with those above it, its level, and what stands below it until the next."""

    level: int
    headings: tuple[str, ...]
    text: str = ""
    comments: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add plain text; more than one blank line in a row says nothing."""
        text = re.sub(r"\n{3,}", "\n\n", text)
        self.text += text.lstrip("\n") if self.text.endswith("\n\n") else text


def trimmed(text: str) -> str:
    """Drop blank lines around `text`; the first line keeps its indentation."""
    return _BLANK_LINES.sub("", text).rstrip()


def cut_sections(body: str, faults: list[str]) -> list[Section]:
    """Cut `body` at its headings, in order; add what is wrong to `faults`."""
    sections = [Section(0, ())]
    end = 0
    for mark in _MARK.finditer(body):
        section = sections[-1]
        section.add(body[end : mark.start()])
        end = mark.end()
        if mark["heading"]:
            sections.append(_under(sections, len(mark["level"]), mark["title"]))
        elif mark["comment"]:
            section.comments.append(mark["comment"].strip())
            section.add("\n\n" if mark["comment"].startswith("\n\n") else "")
        else:
            section.text += mark.group()
            if fault := _OPEN.get(mark.lastgroup or ""):
                under = f"under '{section.headings[-1]}': " if section.headings else ""
                faults.append(under + fault)
    sections[-1].add(body[end:])
    return sections


def _under(sections: Sequence[Section], level: int, title: str) -> Section:
    """Open a section below the nearest heading above `title` that outranks it."""
    above = next(s for s in reversed(sections) if s.level < level)
    return Section(level, (*above.headings, title))
