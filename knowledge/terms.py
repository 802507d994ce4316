"""Terms: the field's words in other languages, for a question the embedding model cannot read."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "terms.toml"

LONGEST = 600
"""Characters of a question in which terms are looked for."""

_BARE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d"})
_SPACED = re.compile(r"[a-zа-я]")


@dataclass(frozen=True, slots=True)
class _Sign:
    """One beginning of a word, and the English term it stands for."""

    text: str
    pattern: re.Pattern[str]
    term: str


class Terms:
    """Finds what a question in another language names, and says it in English."""

    def __init__(self, signs: Mapping[str, Sequence[str]]) -> None:
        """Take for each English term the beginnings that stand for it; see terms.toml."""
        self.names = tuple(signs)
        self._signs = [_sign(sign, term) for term, found in signs.items() for sign in found]

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Terms:
        """Read a file like terms.toml."""
        with path.open("rb") as file:
            return cls(tomllib.load(file))

    def english(self, question: str) -> tuple[str, ...]:
        """Return the English terms that `question` names, each once, in the order it names them."""
        text = _plain(question[:LONGEST])
        found = [
            (match.start(), match.end(), sign.term)
            for sign in self._signs
            if sign.text in text
            for match in sign.pattern.finditer(text)
        ]
        kept: list[tuple[int, int, str]] = []
        for start, end, term in sorted(found, key=lambda f: f[0] - f[1]):
            if not any(start < other[1] and other[0] < end for other in kept):
                kept.append((start, end, term))
        return tuple(dict.fromkeys(term for _, _, term in sorted(kept)))


def _sign(written: str, term: str) -> _Sign:
    """Read one entry: words begin with its words, or stand anywhere in writing without spaces."""
    plain = _plain(written)
    words = [re.escape(word) for word in plain.split()]
    if not _SPACED.search(plain):
        return _Sign(plain, re.compile(re.escape(plain)), term)
    last = r"(?!\w)" if plain.endswith(" ") else ""
    pattern = r"(?<!\w)" + r"\w*\s+".join(words) + last
    return _Sign(plain.split()[0], re.compile(pattern), term)


def _plain(text: str) -> str:
    """Return `text` in small letters and without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c)).translate(_BARE)
