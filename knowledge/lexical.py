"""Words: the lexical index (BM25) and a speller that knows the lessons' own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STEMMER_LANGUAGE = "english"
_SHORTEST_MENDED = 4

STOPWORDS = frozenset(
    (
        "a about am an and any are as at be been being but by can could did do does doing for "
        "from get got had has have having he her his how i if in into is isn't it it's its "
        "just let like me more most my no nor not of on one or our out own please she should "
        "so some such tell than that the their them then there these they this those to too u "
        "up us very was we were what what's when where which while who whom whose why will "
        "with would you your im ive dont doesnt whats"
    ).split(" ")  # noqa: SIM905  a list of quoted words is harder to read
)
"""Words that say nothing about which passage is meant."""


def words(text: str) -> list[str]:
    """Return the lower-case words of `text`, in order."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def terms(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    stemmer = Stemmer.Stemmer(_STEMMER_LANGUAGE)
    return [stemmer.stemWord(word) for word in words(text) if word not in STOPWORDS]


class Lexicon:
    """BM25 over documents given as texts (Robertson & Zaragoza 2009, by the library bm25s)."""

    def __init__(self, index: bm25s.BM25, size: int) -> None:
        self._index = index
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> Lexicon:
        """Index `texts`; a document is later named by its position."""
        index = bm25s.BM25()
        # An empty document keeps its place, so that positions stay those of `texts`.
        index.index([terms(text) or [""] for text in texts], show_progress=False)
        return cls(index, len(texts))

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read what `save` wrote."""
        index = bm25s.BM25.load(str(folder), mmap=True)
        return cls(index, int(index.scores["num_docs"]))

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        self._index.save(str(folder), show_progress=False)

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return the BM25 score of each document, shape (documents,); 0 where no word is shared."""
        known = [term for term in terms(question) if term in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)


class Speller:
    """Mends misspelt words towards the lessons' words, then towards ordinary ones.

    Words the lessons or the embedding model's tokenizer know are left alone, and
    so is everything too far from both: a name, another language.
    """

    def __init__(self, texts: Iterable[str], ordinary: frozenset[str]) -> None:
        counts = Counter(word for text in texts for word in words(text))
        self._own = [word for word, _ in counts.most_common() if len(word) >= _SHORTEST_MENDED]
        self._known = ordinary | counts.keys() | STOPWORDS
        self._ordinary = [word for word in sorted(ordinary) if len(word) >= _SHORTEST_MENDED]

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
