"""Words: the lexical index (BM25) and a speller that knows the lessons' own words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import bm25s
import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STEMMER_LANGUAGE = "english"
_SHORTEST_MENDED = 4
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
    return [stemmer.stemWord(word) for word in words(text) if word not in STOPWORDS]


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


class Lexicon:
    """BM25 over documents given as texts (Robertson & Zaragoza 2009, by the library bm25s)."""

    def __init__(self, index: bm25s.BM25, names: Sequence[str]) -> None:
        self._index = index
        self._names = tuple(names)

    @classmethod
    def build(cls, texts: Mapping[str, str]) -> Lexicon:
        """Index `texts`, given by name."""
        index = bm25s.BM25()
        # A document without words keeps its place: a name's position is its document's.
        index.index([terms(text) or [""] for text in texts.values()], show_progress=False)
        return cls(index, tuple(texts))

    @classmethod
    def load(cls, folder: Path, names: Sequence[str]) -> Lexicon:
        """Read what `save` wrote, for the names it was built with, in that order."""
        return cls(bm25s.BM25.load(str(folder), mmap=True), names)

    @property
    def documents(self) -> int:
        """How many documents are indexed."""
        return int(self._index.scores["num_docs"])

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        self._index.save(str(folder), show_progress=False)

    def shares(self, question: str) -> dict[str, float]:
        """Return each document's BM25 score as a share (0 to 1) of the highest one attainable.

        A word that stands in no document counts as attainable, so that a question
        mostly about other things scores low everywhere.
        """
        asked = terms(question)
        known = [term for term in asked if term in self._index.vocab_dict]
        if not known:
            return dict.fromkeys(self._names, 0.0)
        attainable = sum(self._weight(term) for term in asked)
        scores = self._index.get_scores(known) / attainable
        return dict(zip(self._names, scores.tolist(), strict=True))

    def _weight(self, term: str) -> float:
        """Inverse document frequency as BM25 has it in Lucene: ln(1 + (N - n + ½) / (n + ½))."""
        starts = self._index.scores["indptr"]
        place = self._index.vocab_dict.get(term)
        n = 0 if place is None else int(starts[place + 1] - starts[place])
        return math.log(1 + (len(self._names) - n + 0.5) / (n + 0.5))


class Speller:
    """Mends misspelt words towards the lessons' words, then towards ordinary ones.

    Words the lessons or the embedding model's tokenizer know are left alone, and
    so is everything too far from both: a name, another language.
    """

    def __init__(
        self, texts: Iterable[str], known: Iterable[str], ordinary: frozenset[str]
    ) -> None:
        """Take the texts to mend towards, texts whose words are left alone, and ordinary words."""
        counts = Counter(word for text in texts for word in words(text))
        self._own = [word for word, _ in counts.most_common() if len(word) >= _SHORTEST_MENDED]
        self._known = ordinary | STOPWORDS | {word for text in known for word in words(text)}
        self._familiar = ordinary.union(counts)
        self._ordinary = [word for word in sorted(ordinary) if len(word) >= _SHORTEST_MENDED]

    def reads(self, question: str) -> bool:
        """Say whether `question` is in a language the model's tokenizer knows the words of.

        It is with one plainly English word, or when no longer word of it is unknown.
        """
        letters = [c for c in question if c.isalpha()]
        if sum(c.isascii() for c in letters) * 2 < len(letters):
            return False
        said = words(question)
        return any(word in STOPWORDS and word not in _ALSO_FOREIGN for word in said) or all(
            len(word) < _SHORTEST_MENDED or word in self._familiar for word in said
        )

    def mend(self, question: str) -> str:
        """Return `question` with the words mended that need it."""
        return _WORD.sub(lambda found: self._word(found.group()), question)

    def _word(self, word: str) -> str:
        low = word.lower()
        if len(low) < _SHORTEST_MENDED or low in self._known or not low.isascii():
            return word
        allowed = 1 if len(low) < 7 else 2  # noqa: PLR2004  a longer word has room for two slips
        for candidates in (self._own, self._ordinary):
            near = [c for c in candidates if c[0] == low[0]]
            found = process.extractOne(low, near, scorer=OSA.distance, score_cutoff=allowed)
            if found is not None:
                return str(found[0])
        return word
