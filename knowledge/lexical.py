"""Words: the lexical index (BM25) and a speller that knows the lessons' own words.

Each segment of the index keeps the counts of its words. Scores are made of them when a
question is asked, with the statistics of all that may be seen, so that a passage scores the
same in whichever segment it lies. (The library bm25s scores while it indexes, which would
mean indexing all anew for each lesson.)
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
import Stemmer
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STEMMER_LANGUAGE = "english"
_SHORTEST_MENDED = 4
_K1, _B = 1.5, 0.75
"""How soon a word said again adds nothing, and how much a long document is marked down."""
_FEW_TERMS = 2
_OPENINGS = frozenset({"and", "but", "or", "so", "then", "why", "also"})
_POINTING = frozenset(
    (
        "it its it's they them their theirs that those these this there one ones other others "
        "some same such else both former latter he she his her either neither any each which"
    ).split(" ")
)

STOPWORDS = frozenset(
    (
        "a about am an and any are as at be been being but by can could did do does doing for "
        "from get got had has have having he her his how i if in into is isn't it it's its "
        "just let like me more most my no nor not of on one or our out own please she should "
        "so some such tell than that the their them then there these they this those to too u "
        "up us very was we were what what's when where which while who whom whose why will "
        "with would you your im ive dont doesnt whats"
    ).split(" ")
)
"""Words that say nothing about which passage is meant."""

_ALSO_FOREIGN = frozenset(
    "a am an are as at do has her his i im in is me no on or so u up us was we will".split(" ")
)
"""English words that other languages have too: no sign of English."""


def words(text: str) -> list[str]:
    """Return the lower-case words of `text`, in order."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def terms(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    stemmer = Stemmer.Stemmer(_STEMMER_LANGUAGE)
    return list(stemmer.stemWords([word for word in words(text) if word not in STOPWORDS]))


def leans(question: str) -> bool:
    """Say whether `question` leans on what was said before it.

    True for a question with a pronoun or an opening like "and", for one of very
    few words, and for one in another language than English, where these rules
    cannot tell.
    """
    said = words(question)
    if not said or said[0] in _OPENINGS or len(terms(question)) < _FEW_TERMS:
        return True
    english = any(word in STOPWORDS for word in said)
    return not english or any(word in _POINTING for word in said)


Scores = NDArray[np.float32]
"""Shape (documents,)."""


class Words:
    """The words of some documents: how often each term stands in which, and how they are spelt.

    `starts[place]` to `starts[place + 1]` are a term's entries in `documents` and `counts`;
    `lengths` has each document's number of terms. `own` counts the words that a speller may
    mend towards; `known` are all that it leaves alone.
    """

    def __init__(
        self,
        terms_: Sequence[str],
        arrays: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
        own: dict[str, int],
        known: Iterable[str],
    ) -> None:
        self.places = {term: place for place, term in enumerate(terms_)}
        self.starts, self.documents, self.counts, self.lengths = arrays
        self.own = own
        self.known = frozenset(known)

    def __len__(self) -> int:
        return len(self.lengths)

    @classmethod
    def build(cls, texts: Iterable[tuple[str, str]]) -> Words:
        """Take documents, each as the text a speller mends towards and the words to find it by."""
        places: dict[str, int] = {}
        own: Counter[str] = Counter()
        known: set[str] = set()
        entries: list[tuple[int, int, int]] = []
        lengths: list[int] = []
        for number, (text, lexical) in enumerate(texts):
            own.update(words(text))
            known.update(words(lexical))
            counts = Counter(terms(lexical))
            lengths.append(max(1, counts.total()))
            for term, count in counts.items():
                entries.append((places.setdefault(term, len(places)), number, count))
        table = np.array(entries, np.int32).reshape(-1, 3)
        table = table[np.argsort(table[:, 0], kind="stable")]
        starts = np.searchsorted(table[:, 0], np.arange(len(places) + 1))
        arrays = (starts, table[:, 1].copy(), table[:, 2].copy(), np.array(lengths, np.int32))
        return cls(tuple(places), arrays, dict(own), known)

    @classmethod
    def load(cls, file: Path) -> Words:
        """Read what `save` wrote. Raises OSError, ValueError, KeyError."""
        with np.load(file, allow_pickle=False) as found:
            spelt, own, known = (
                found[name].tobytes().decode().split("\n") if found[name].size else []
                for name in ("terms", "own", "known")
            )
            arrays = (found["starts"], found["documents"], found["counts"], found["lengths"])
            times = found["times"].tolist()
        return cls(spelt, arrays, dict(zip(own, times, strict=True)), known)

    def save(self, file: Path) -> None:
        """Write the words into `file`."""
        listed = {"terms": self.places, "own": self.own, "known": sorted(self.known)}
        spelt = {
            name: np.frombuffer("\n".join(found).encode(), np.uint8)
            for name, found in listed.items()
        }
        np.savez(
            file,
            starts=self.starts,
            documents=self.documents,
            counts=self.counts,
            lengths=self.lengths,
            times=np.array(list(self.own.values()), np.int64),
            terms=spelt["terms"],
            own=spelt["own"],
            known=spelt["known"],
        )

    def entries(self, term: str) -> slice:
        """Return where the entries of `term` lie."""
        place = self.places.get(term)
        return slice(0) if place is None else slice(*self.starts[place : place + 2].tolist())


class Lexicon:
    """BM25 over the documents of some segments (Robertson & Zaragoza 2009, as Lucene has it)."""

    def __init__(self, parts: Sequence[Words]) -> None:
        self._parts = tuple(parts)
        self._offsets = [0, *accumulate(len(part) for part in parts)]
        self.documents = self._offsets[-1]
        total = sum(int(part.lengths.sum()) for part in parts)
        self._mean = total / self.documents if self.documents else 1.0

    def shares(self, question: str) -> Scores:
        """Return each document's BM25 score as a share (0 to 1) of the highest one attainable.

        Documents come in the order of the segments. A word that stands in no document counts
        as attainable, so that a question mostly about other things scores low everywhere.
        """
        scores = np.zeros(self.documents, np.float32)
        attainable = 0.0
        for term, times in Counter(terms(question)).items():
            found = [(part, part.entries(term)) for part in self._parts]
            weight = times * self._weight(sum(at.stop - (at.start or 0) for _, at in found))
            attainable += weight
            for (part, at), offset in zip(found, self._offsets, strict=False):
                documents, counts = part.documents[at], part.counts[at]
                longer = 1 - _B + _B * part.lengths[documents] / self._mean
                scores[offset + documents] += weight * counts / (counts + _K1 * longer)
        return scores / attainable if attainable else scores

    def _weight(self, holding: int) -> float:
        """Inverse document frequency: ln(1 + (N - n + ½) / (n + ½))."""
        return math.log(1 + (self.documents - holding + 0.5) / (holding + 0.5))


class Speller:
    """Mends misspelt words towards the lessons' words, then towards ordinary ones.

    Words the lessons or the embedding model's tokenizer know are left alone, and
    so is everything too far from both: a name, another language.
    """

    def __init__(self, parts: Sequence[Words], ordinary: frozenset[str]) -> None:
        """Take the lessons' words and ordinary ones."""
        self._parts = tuple(parts)
        self._ordinary = ordinary

    def reads(self, question: str) -> bool:
        """Say whether `question` is in a language the model's tokenizer knows the words of.

        It is with one plainly English word, or when no longer word of it is unknown.
        """
        letters = [c for c in question if c.isalpha()]
        if sum(c.isascii() for c in letters) * 2 < len(letters):
            return False
        said = words(question)
        return any(word in STOPWORDS and word not in _ALSO_FOREIGN for word in said) or all(
            len(word) < _SHORTEST_MENDED
            or word in self._ordinary
            or any(word in part.own for part in self._parts)
            for word in said
        )

    def mend(self, question: str) -> str:
        """Return `question` with the words mended that need it."""
        return _WORD.sub(lambda found: self._word(found.group()), question)

    def _word(self, word: str) -> str:
        low = word.lower()
        if len(low) < _SHORTEST_MENDED or not low.isascii() or self._knows(low):
            return word
        allowed = 1 if len(low) < 7 else 2  # noqa: PLR2004  a longer word has room for two slips
        for candidates in self._candidates:
            near = candidates.get(low[0], [])
            found = process.extractOne(low, near, scorer=OSA.distance, score_cutoff=allowed)
            if found is not None:
                return str(found[0])
        return word

    def _knows(self, word: str) -> bool:
        ordinary = word in self._ordinary or word in STOPWORDS
        return ordinary or any(word in part.known for part in self._parts)

    @cached_property
    def _candidates(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The lessons' words, the most frequent first, and ordinary ones, by first letter."""
        counts: Counter[str] = Counter()
        for part in self._parts:
            counts.update(part.own)
        own = sorted(counts, key=lambda word: -counts[word])
        return _by_letter(own), _by_letter(sorted(self._ordinary))


def _by_letter(found: Iterable[str]) -> dict[str, list[str]]:
    by_letter: dict[str, list[str]] = {}
    for word in found:
        if len(word) >= _SHORTEST_MENDED:
            by_letter.setdefault(word[0], []).append(word)
    return by_letter
