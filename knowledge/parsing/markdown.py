"""Markdown, with the HTML that may stand in it, and plain text."""

from __future__ import annotations

import re

from knowledge.parsing.draft import Draft
from knowledge.parsing.tags import KNOWN, Attributes, TagReader
from knowledge.parsing.terms import Findings, Hidden
from knowledge.parsing.types import text_of

_FENCE = re.compile(r"[ \t]{0,12}(`{3,}|~{3,})[ \t]*([^`\s]{0,30})")
_INLINE_CODE = re.compile(r"`[^`\n]{1,2000}`")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINED = re.compile(r"[ ]{0,3}(=+|-{2,})[ \t]*")
_TITLE = re.compile(r"title[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_FRONT = "---"
_ASKS = re.compile(r"\s{0,20}asks[ \t]{0,20}:")
_BLANK = re.compile(r"\n[ \t]*\n")
# What stands in the place of code, and of questions, while HTML is read. A file's own are dropped.
_MARKS = re.compile("[\ue000-\ue002]")
_MARKED = re.compile("\ue000(\\d+)\ue001")
_ASKED = "\ue002"


class _Inline(TagReader):
    """HTML in Markdown: its tags are taken out, what they hide is told, other `<…>` is text."""

    def __init__(self, found: Findings) -> None:
        super().__init__(found)
        self.text: list[str] = []
        self.kept: list[str] = []
        """The code that marks stand for."""

    def as_written(self, text: str) -> str:
        """Put code back."""
        return _restored(text, self.kept)

    def shown(self, text: str) -> None:
        """Keep what is shown."""
        self.text.append(text)

    def began(self, tag: str) -> None:
        """Keep the line breaks."""
        if tag in ("br", "p", "div", "li", "tr"):
            self.text.append("\n")

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Take for a tag only what HTML knows."""
        if tag in KNOWN:
            super().handle_starttag(tag, attrs)
        else:
            self.handle_data(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """As above."""
        if tag in KNOWN:
            super().handle_endtag(tag)
        else:
            self.handle_data(f"</{tag}>")

    def prose(self, text: str) -> str:
        """Return what is shown of some paragraphs; what is open stays open for the next."""
        for block in _BLANK.split(text):
            self.feed(block)
            self.goahead(True)  # noqa: FBT003  what `close` does, without closing
            self.rawdata = ""
            self.text.append("\n\n")
        shown = "".join(self.text)
        self.text.clear()
        return shown


def read(data: bytes, draft: Draft) -> None:
    """Read a Markdown file into `draft`. Raises Refused."""
    lines = text_of(data).replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() == _FRONT and _FRONT in (line.rstrip() for line in lines[1:200]):
        end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _FRONT)
        titles = (_TITLE.match(line) for line in lines[1:end])
        draft.entitle(next((found[1].strip("'\" ") for found in titles if found), ""))
        lines = lines[end + 1 :]
    read_markdown("\n".join(lines), draft)


def read_text(data: bytes, draft: Draft) -> None:
    """Read a plain text into `draft`. Raises Refused."""
    for block in _BLANK.split(text_of(data).replace("\r\n", "\n")):
        draft.paragraph(block)


def read_markdown(text: str, draft: Draft) -> None:
    """Read Markdown into `draft`. Raises Refused."""
    inline = _Inline(draft.found)
    prose: list[str] = []
    code: list[str] = []
    fence = language = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
                draft.code("\n".join(code), language)
                code, fence = [], ""
            else:
                code.append(line)
        elif found:
            _prose(prose, inline, draft)
            fence, language = found[1], found[2]
        else:
            prose.append(line)
    _prose(prose, inline, draft)
    if fence:
        draft.code("\n".join(code), language)


def _prose(lines: list[str], inline: _Inline, draft: Draft) -> None:
    """Read what stands between two blocks of code."""
    text = _MARKS.sub("", "\n".join(lines))
    lines.clear()
    if not text.strip():
        return
    kept = inline.kept = []
    shown = inline.prose(_uncommented(_hide_code(text, kept), kept, draft.found))
    block: list[str] = []

    def flush() -> None:
        if block:
            draft.paragraph("\n".join(block))
            block.clear()

    for raw in shown.split("\n"):
        line = _restored(raw, kept)
        heading = _HEADING.fullmatch(line)
        underlined = _UNDERLINED.fullmatch(line)
        if raw.startswith(_ASKED):
            flush()
            for question in line.split("\n"):
                draft.ask(question.strip().lstrip("-* "))
        elif heading:
            flush()
            draft.heading(len(heading[1]), heading[2].rstrip().rstrip("#"))
        elif underlined and len(block) == 1:
            draft.heading(1 if underlined[1][0] == "=" else 2, block.pop())
        elif line.strip():
            block.append(line)
        else:
            flush()
    flush()


def _hide_code(text: str, kept: list[str]) -> str:
    """Put marks in the place of code in lines: what stands in it is no HTML."""

    def mark(code: re.Match[str]) -> str:
        kept.append(code.group())
        return f"\ue000{len(kept) - 1}\ue001"

    return _INLINE_CODE.sub(mark, text)


def _restored(text: str, kept: list[str]) -> str:
    return _MARKED.sub(lambda mark: kept[int(mark[1])], text).lstrip(_ASKED)


def _uncommented(text: str, kept: list[str], found: Findings) -> str:
    """Take the comments out; questions under `asks:` are kept in their place, behind a mark."""
    pieces: list[str] = []
    start = 0
    while (begin := text.find("<!--", start)) >= 0:
        end = text.find("-->", begin)
        comment = _restored(text[begin + 4 : end if end >= 0 else len(text)], kept)
        pieces.append(text[start:begin])
        if _ASKS.match(comment):
            kept.append(comment.split(":", 1)[1])
            pieces.append(f"\n{_ASKED}\ue000{len(kept) - 1}\ue001\n")
        elif any(char.isalnum() for char in comment):
            found.add(Hidden.COMMENT, comment)
        start = end + 3 if end >= 0 else len(text)
    return "".join([*pieces, text[start:]])
