"""Which characters may reach a reader: none that hides, reorders or covers what is read."""

from __future__ import annotations

import json
import re
import unicodedata

# Unicode 15.1: bidirectional controls, zero-width and other invisible characters, fillers,
# tags and the supplementary variation selectors. FE0E and FE0F stay: emoji need them.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DROPPED = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_INVISIBLE}]+")
_HARMFUL = re.compile(rf"[\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]+")
_NEWLINE = re.compile("\r\n?|[\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
# A zero-width joiner may stand only where it joins two emoji into one.
_LOOSE_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
# Marks that stand on the letter before them. No script puts more than six on one; hundreds, as in
# "zalgo", grow over the lines around.
_MARKS = "".join(
    chr(n)
    for n in (*range(0x300, 0x2100), *range(0xFE20, 0xFE30))
    if unicodedata.category(chr(n)) in ("Mn", "Me")
)
_STORM = re.compile(f"([{_MARKS}]{{6}})[{_MARKS}]+")
_MENTION = re.compile(r"<@!?\d+>")


def plain_characters(text: str) -> str:
    """Return `text` with plain newlines and without invisible or control characters.

    Lone surrogates, which Discord refuses, become U+FFFD.
    """
    text = _DROPPED.sub("", _NEWLINE.sub("\n", text))
    text = _STORM.sub(r"\1", _LOOSE_JOINER.sub("", text))
    return _SURROGATE.sub("\ufffd", text)


def json_line(value: object) -> str:
    """Return `value` as one line of JSON; what could steer or deceive a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _HARMFUL.sub(lambda found: json.dumps(found.group())[1:-1], text)


def unnamed(text: str) -> str:
    """Return `text` with every mention of a member as a word.

    An id is of no use to a model; and what one member wrote, with the ids of others in it, is not
    erased when one of those others wishes to be forgotten.
    """
    return _MENTION.sub("@member", text)
