"""Characters that a reader does not see: taken out, and told."""

from __future__ import annotations

import re

from knowledge.parsing.terms import Findings, Hidden

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Tags spell ASCII that nobody sees; the supplementary variation selectors carry bytes.
_TAGS = re.compile("[\U000e0000-\U000e0fff]+")
# A joiner between two characters that need it (emoji, Persian, the scripts of India) is no trick.
_ZERO_WIDTH = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0]"
    "|(?<![^\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f])"
)
_SILENT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\ue000-\uf8ff\ud800-\udfff]"
)
_NEWLINE = re.compile("\r\n?|[\x85\u2028\u2029]")
_CONTEXT = 30


def visible(text: str, found: Findings) -> str:
    """Return `text` as a reader sees it: no control, bidirectional or invisible character."""
    text = _SILENT.sub("", _NEWLINE.sub("\n", text.removeprefix("\ufeff")))
    if text.isascii():
        return text
    for kind, pattern in (
        (Hidden.TAGS, _TAGS),
        (Hidden.BIDI, _BIDI),
        (Hidden.ZERO_WIDTH, _ZERO_WIDTH),
    ):
        first = pattern.search(text)
        if first is None:
            continue
        around = text[max(0, first.start() - _CONTEXT) : first.end() + _CONTEXT]
        told = _spelt(first.group()) if kind is Hidden.TAGS else pattern.sub("·", around)
        text, count = pattern.subn("", text)
        found.add(kind, told, count)
    return text


def _spelt(tags: str) -> str:
    """Return what tag characters spell."""
    codes = (ord(char) - 0xE0000 for char in tags)
    return "".join(chr(code) for code in codes if 0x20 <= code < 0x7F)  # noqa: PLR2004  ASCII
