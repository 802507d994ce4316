"""PDF: the text of each page, with pypdf. Text that is drawn invisibly is left out and told."""

from __future__ import annotations

import codecs
import importlib
import io
import logging
import re
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, TextStringObject

from knowledge.parsing.draft import Draft
from knowledge.parsing.terms import PAGES, Hidden, Reason, Refused

# What pypdf and Python would import while they read: by then nothing can be opened any more.
for _module in (
    *("filters", "xmp", "_codecs.core_font_metrics", "_codecs.adobe_glyphs"),
    *("generic._image_inline", "generic._image_xobject", "_text_extraction"),
):
    importlib.import_module(f"pypdf.{_module}")
for _codec in (
    *("utf-8", "utf-16", "utf-16-be", "utf-16-le", "latin-1", "ascii", "mac_roman", "charmap"),
    *("cp1250", "cp1252", "cp1254", "cp1257", "cp932", "cp950", "gb18030", "gb2312", "gbk"),
    *("iso8859_15", "big5", "shift_jis", "euc_jp", "euc_kr"),
):
    codecs.lookup(_codec)

_UNSEEN = (3, 7)
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""
_PARAGRAPH = 700
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=[^\Wa-z_])")
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")


class _Unseen:
    """Blanks what is shown in an invisible mode before pypdf reads it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._mode = 0
        self._saved: list[int] = []

    def before(self, operator: bytes, operands: Any, *_: object) -> None:
        """Look at an operation of the page's content."""
        match operator:
            case b"Tr" if operands and isinstance(operands[0], int):
                self._mode = int(operands[0])
            case b"q":
                self._saved.append(self._mode)
            case b"Q" if self._saved:
                self._mode = self._saved.pop()
            case b"Tj" | b"'" | b'"' if self._mode in _UNSEEN and operands:
                self._note(operands[-1:])
                operands[-1] = TextStringObject("")
            case b"TJ" if self._mode in _UNSEEN and operands:
                self._note(operands[0] if isinstance(operands[0], list) else [])
                operands[0] = ArrayObject()
            case _:
                pass

    def _note(self, shown: list[Any]) -> None:
        parts = [p.decode("latin-1") if isinstance(p, bytes) else p for p in shown]
        words = "".join(part for part in parts if isinstance(part, str))
        # Where the font has codes of its own, the words cannot be told, only that there are some.
        self._draft.found.add(Hidden.INVISIBLE, words if words.isprintable() else "")


def read(data: bytes, draft: Draft) -> None:
    """Read a PDF into `draft`. Raises Refused."""
    logging.disable()  # pypdf tells much of what is broken; nobody reads it here
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        _check(reader)
        draft.entitle(str((reader.metadata and reader.metadata.title) or ""))
        for number, page in enumerate(reader.pages, 1):
            text = page.extract_text(visitor_operand_before=_Unseen(draft).before)
            if text.strip():
                draft.heading(2, f"Page {number}")
                for paragraph in _paragraphs(text):
                    draft.paragraph(paragraph)
    except (Refused, MemoryError, RecursionError):
        raise
    except Exception as error:  # a broken file breaks pypdf in many ways
        raise Refused(Reason.BROKEN) from error


def _check(reader: PdfReader) -> None:
    """Refuse what is locked, or has too many pages, first by what it says of itself."""
    if reader.is_encrypted:
        raise Refused(Reason.LOCKED)
    pages: Any = reader.root_object.get("/Pages")
    told: Any = pages.get_object().get("/Count") if pages is not None else 0
    if (isinstance(told, int) and told > PAGES) or len(reader.pages) > PAGES:
        raise Refused(Reason.TOO_MANY_PAGES)


def _paragraphs(text: str) -> list[str]:
    """Join the lines of a page, and cut them into paragraphs after sentences."""
    joined = _HYPHENATED.sub("", text.strip())
    made: list[str] = []
    for block in re.split(r"\n[ \t]*\n", joined):
        current = ""
        for sentence in _SENTENCE_END.split(" ".join(block.split())):
            if current and len(current) + len(sentence) > _PARAGRAPH:
                made.append(current)
                current = ""
            current = f"{current} {sentence}".strip()
        made.append(current)
    return made
