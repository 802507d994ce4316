"""Citations in a text that is still being written: who says what, resting on which passage.

A claim is a sentence with its markers `[n]`, also `[1][2]`, `[1, 2]`, or a marker
after the full stop. Fenced blocks and inline code are no claims and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.sentences import MARKER, SentenceStream, Unit, split_units

# Inline code first, so that a marker inside it is never seen as one. White space is looked at once,
# from where it begins.
_RUN = re.compile(
    rf"(?P<code>`+[^`\n]*`+)|(?P<space>(?<![ \t])[ \t]*)(?P<run>{MARKER}(?:[ \t]*{MARKER})*)"
)
_MARKER = re.compile(MARKER)
_DIGITS = re.compile(r"\d+")
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]{2,}")

LEAST_WORDS = 4
"""Words a stretch between two markers must have to be judged by itself."""


@dataclass(frozen=True, slots=True)
class Cited:
    """Markers that stand together, and the part of the sentence they answer for."""

    numbers: tuple[int, ...]
    part: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A complete sentence without its markers (white space collapsed), and its citations."""

    sentence: str
    cited: tuple[Cited, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every passage number the sentence names, once each, in the order of mention."""
        return tuple(dict.fromkeys(n for cited in self.cited for n in cited.numbers))


@dataclass(frozen=True, slots=True)
class Checked:
    """One citation of one sentence was judged: does passage `n` bear it out?"""

    n: int
    supported: bool
    sentence: str


class ClaimStream:
    """Finds claims in a text that arrives piece by piece; the pieces' edges do not matter."""

    def __init__(self) -> None:
        self._sentences = SentenceStream()

    def feed(self, text: str) -> list[Claim]:
        """Add `text`; return the claims that are complete now."""
        return _claims(self._sentences.feed(text))

    def end(self) -> list[Claim]:
        """Return what remains: the text is over."""
        return _claims(self._sentences.end())


def strip_refuted(text: str, refuted: Iterable[Checked]) -> str:
    """Return `text` without the refuted markers of the refuted sentences, else unchanged.

    `text` is the model's own: strip first, sanitise afterwards. Entries of
    `refuted` that are supported are passed over.
    """
    wrong: dict[str, set[int]] = {}
    for checked in refuted:
        if not checked.supported:
            wrong.setdefault(checked.sentence, set()).add(checked.n)
    pieces: list[str] = []
    position = 0
    for unit in split_units(text):
        claim = _claim(unit)
        drop = wrong.get(claim.sentence, set()) if claim else set()
        pieces += [text[position : unit.start], _without(unit.text, drop) if drop else unit.text]
        position = unit.end
    return "".join([*pieces, text[position:]])


def _claims(units: list[Unit]) -> list[Claim]:
    return [claim for unit in units if (claim := _claim(unit)) is not None]


def _claim(unit: Unit) -> Claim | None:
    runs = [] if unit.code else [run for run in _RUN.finditer(unit.text) if run["run"]]
    if not runs:
        return None
    sentence = _plain(unit.text)
    cited: list[Cited] = []
    for nth, run in enumerate(runs):
        begin = runs[nth - 1].end() if nth else 0
        end = len(unit.text) if nth == len(runs) - 1 else run.start()
        part = _plain(unit.text[begin:end]).lstrip(",;:. ")
        alone = len(runs) > 1 and len(_WORD.findall(part)) >= LEAST_WORDS
        numbers = tuple(dict.fromkeys(map(int, _DIGITS.findall(run["run"]))))
        cited.append(Cited(numbers, part if alone else sentence))
    return Claim(sentence, tuple(cited))


def _plain(text: str) -> str:
    bare = _RUN.sub(lambda found: found["code"] or "", text)
    return _SPACES.sub(" ", bare).strip()


def _without(text: str, drop: set[int]) -> str:
    def kept(found: re.Match[str]) -> str:
        if not found["run"]:
            return found.group()
        markers = [marker.group() for marker in _MARKER.finditer(found["run"])]
        left = [_reduced(marker, drop) for marker in markers]
        if left == markers:
            return found.group()
        rest = "".join(left)
        return found["space"] + rest if rest else ""

    stripped = _RUN.sub(kept, text)
    return stripped if text[:1].isspace() else stripped.lstrip(" \t")


def _reduced(marker: str, drop: set[int]) -> str:
    numbers = _DIGITS.findall(marker)
    left = [number for number in numbers if int(number) not in drop]
    if left == numbers:
        return marker
    return f"[{', '.join(left)}]" if left else ""
