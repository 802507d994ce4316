"""HTML: headings, paragraphs, lists, tables and code of a page."""

from __future__ import annotations

import re

from knowledge.parsing.draft import Draft
from knowledge.parsing.tags import BLOCKS, TagReader
from knowledge.parsing.types import text_of

_HEADING = re.compile(r"h[1-6]")
_ENDS_A_BLOCK = BLOCKS | {"p", "li", "dt", "dd", "tr"}


class _Page(TagReader):
    """Fills a draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft.found)
        self._draft = draft
        self._text: list[str] = []
        self._code = 0

    def shown(self, text: str) -> None:
        """Add text to the block that is open."""
        self._text.append(text if self._code else re.sub(r"\s+", " ", text))

    def unread(self, tag: str, text: str) -> None:
        """Take the title; leave the rest."""
        super().unread(tag, text)
        if tag == "title":
            self._draft.entitle(text)

    def began(self, tag: str) -> None:
        """Begin a block, a cell or a line."""
        if tag in _ENDS_A_BLOCK:
            self.flush()
        if tag == "pre":
            self._code += 1
        elif tag == "li":
            self._text.append("- ")
        elif tag in ("td", "th"):
            self._text.append(" | " if "".join(self._text).strip() else "")
        elif tag == "br":
            self._text.append("\n")

    def ended(self, tag: str) -> None:
        """End a block."""
        if _HEADING.fullmatch(tag):
            self._draft.heading(int(tag[1]), self._taken())
        elif tag == "pre" and self._code:
            self._code -= 1
            self._draft.code(self._taken())
        elif tag in _ENDS_A_BLOCK:
            self.flush()

    def flush(self) -> None:
        """Make a paragraph of what was read."""
        lines = (line.strip() for line in self._taken().split("\n"))
        text = "\n".join(filter(None, lines))
        if text and text != "-":
            self._draft.paragraph(text)

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        return text


def read(data: bytes, draft: Draft) -> None:
    """Read a page into `draft`. Raises Refused."""
    page = _Page(draft)
    page.feed(text_of(data))
    page.close()
    page.flush()
