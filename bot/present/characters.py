"""Which characters may reach a reader: none that hides, reorders or splits what is read."""

from __future__ import annotations

import re

# Unicode 15.1: bidirectional controls, zero-width and other invisible characters, fillers,
# tags and the supplementary variation selectors. FE0E and FE0F stay: emoji need them.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DROPPED = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_INVISIBLE}]+")
_NEWLINE = re.compile("\r\n?|[\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
# A zero-width joiner may stand only where it joins two emoji into one.
_LOOSE_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")


def plain_characters(text: str) -> str:
    """Return `text` with plain newlines and without invisible or control characters.

    Lone surrogates, which Discord refuses, become U+FFFD.
    """
    text = _DROPPED.sub("", _NEWLINE.sub("\n", text))
    return _SURROGATE.sub("\ufffd", _LOOSE_JOINER.sub("", text))
