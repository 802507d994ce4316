"""Finding passages: candidates from vectors and words, ranked by what bears on the question.

Four signals are read for each candidate, all between 0 and 1 or near it:

- late interaction (MaxSim, Khattab & Zaharia 2020): for each token of the
  question its best cosine among the passage's tokens, averaged;
- the best cosine between the question and one sentence of the passage;
- the best cosine between the question and one question the passage answers;
- BM25, as a share of what a document with every word of the question could reach.

A logistic function of them is the score: the probability, on the labelled
questions of bench/labels, that the passage states what was asked. Another one
over the best dense signals says whether the lessons cover the question at all.
`python -m bench fit` prints the weights anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from knowledge.door import Door
from knowledge.embedding import Embedder, TextVectors
from knowledge.generation import Generation, View
from knowledge.index import Index, Unsound
from knowledge.lexical import Scores, leans
from knowledge.passages import Found, Hit, Passage, Quote, SearchUnavailable
from knowledge.store import StoreBroken, Stores, StoreUnreachable
from knowledge.terms import Terms

CANDIDATE_UNITS = 120
CANDIDATES = 40

RELEVANCE = ((3.56, 0.15, 0.75, 1.59), -3.59)
"""Weights of late interaction, sentence, ask and words, and the constant."""

COVERAGE = ((5.28, 3.03, 5.11), -5.61)
"""Weights of the best late interaction, sentence and ask, and the constant."""

OTHER_MODEL = (
    "The index was made anew with another embedding model than this program loaded. "
    "Start this program again."
)
NO_INDEX = "There is no index of the lessons yet. This builds it: python -m bot index"

NO_SERVER = "The Chroma server does not answer, so the lessons cannot be searched now."

Signals = tuple[float, float, float, float]
"""Late interaction, sentence, ask, words: the order of RELEVANCE."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question as it was read in one view, and each candidate's signals by its place there."""

    generation: Generation
    view: View
    read: TextVectors
    signals: dict[int, Signals]
    legible: bool

    def passage(self, place: int) -> Passage:
        """Return the passage at `place`."""
        return self.generation.passage(*self.view.at(place))


class Search:
    """Searches the serving generation, and takes up a new one as soon as it is published."""

    def __init__(self, index: Index, embedder: Embedder, door: Door) -> None:
        self._index = index
        self._embedder = embedder
        self._door = door
        self._terms = Terms.load()
        self._opened: Generation | None = None
        self._stores: Stores | None = None
        # For products this small a second core costs more than it gives: it waits by spinning.
        threadpool_limits(1, user_api="blas")

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
        server: int | None = None,
    ) -> Found:
        """Find passages; see `knowledge.passages.PassageSearch`.

        Raises SearchUnavailable, and Unsound when the index is damaged.
        """
        return await self._door.through(self.find, question, previous, lesson, limit, server)

    def find(
        self,
        question: str,
        previous: str | None,
        lesson: str | None,
        limit: int,
        server: int | None = None,
    ) -> Found:
        """Do what `search` does, in this thread."""
        serving = self._index.current()
        try:
            return self._find(question, previous, lesson, limit, server)
        except StoreUnreachable as error:
            raise SearchUnavailable(NO_SERVER) from error
        except (Unsound, StoreBroken, OSError, ValueError) as error:
            if self._index.current() == serving:
                raise Unsound("it cannot be searched") from error
        # The generation was followed by the next while it was read.
        return self._find(question, previous, lesson, limit, server)

    def open(self) -> None:
        """Open the generation that serves, and let go of the one before.

        Raises SearchUnavailable when there is none, Unsound when it cannot be trusted.
        """
        try:
            self._serving().view(None, self._embedder.words)
        except StoreUnreachable as error:
            raise SearchUnavailable(NO_SERVER) from error

    def close(self) -> None:
        """Close all that was opened."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        if self._stores is not None:
            self._stores.close()
            self._stores = None

    def _find(
        self,
        question: str,
        previous: str | None,
        lesson: str | None,
        limit: int,
        server: int | None,
    ) -> Found:
        weighed = self.weigh(question, previous, lesson, limit, server)
        signals = weighed.signals
        ranked = sorted(signals, key=lambda place: -_logistic(RELEVANCE, signals[place]))
        hits = tuple(_hit(weighed, place) for place in ranked[:limit])
        if any(hit.passage.server not in (None, server) for hit in hits):
            raise Unsound("it shows one server's passages to another")
        best = [max((s[n] for s in signals.values()), default=0.0) for n in range(3)]
        return Found(hits, _logistic(COVERAGE, best), weighed.legible)

    def weigh(
        self,
        question: str,
        previous: str | None,
        lesson: str | None,
        limit: int,
        server: int | None = None,
    ) -> Weighed:
        """Return what `server` may see, the question as it was read, each candidate's signals."""
        generation = self._serving()
        view = generation.view(server, self._embedder.words)
        mended = view.speller.mend(question)
        asked = f"{previous} {mended}" if previous and leans(question) else mended
        legible = view.speller.reads(mended)
        if not legible:  # the field's words in English beside a question in another language
            asked = " ".join((*self._terms.english(asked), asked))
        read = self._embedder.read([asked])[0]
        words = view.lexicon.shares(asked)
        signals = {
            place: _signals(generation, view, place, read, float(words[place]))
            for place in _candidates(view, read, words, lesson, limit)
        }
        return Weighed(generation, view, read, signals, legible)

    def _serving(self) -> Generation:
        name = self._index.current()
        if self._opened is not None and self._opened.name == name:
            return self._opened
        manifest = self._index.manifest()
        if name is None or manifest is None:
            raise SearchUnavailable(NO_INDEX)
        if manifest.made_with != self._embedder.makes:
            raise SearchUnavailable(OTHER_MODEL)
        if self._stores is None:
            self._stores = Stores(self._index.chroma, self._index.mark())
        generation = Generation(self._index, name, manifest, self._stores, self._opened)
        if self._opened is not None:
            self._opened.close()
        self._opened = generation
        return generation


def _candidates(
    view: View, read: TextVectors, words: Scores, lesson: str | None, limit: int
) -> list[int]:
    """Return the places of passages worth ranking: near in meaning, or sharing words."""
    count = max(CANDIDATES, limit)
    if lesson is None:
        allowed: Sequence[int] = range(len(view))
        near = view.nearest(read.whole, CANDIDATE_UNITS)[:count]
        sharing = _highest(words, count)
    else:
        allowed = view.places(lesson)
        near = view.nearest_of(allowed, read.whole, count)
        sharing = [allowed[at] for at in _highest(words[allowed], count)]
    found = list(dict.fromkeys([*near, *sharing]))
    # A small store is ranked whole, and a member always sees enough to choose from.
    if len(found) >= limit:
        return found
    return list(dict.fromkeys([*found, *allowed[:count]]))[:count]


def _highest(scores: Scores, count: int) -> list[int]:
    """Return the places of the `count` highest of `scores` above 0, highest first."""
    if len(scores) > count:
        some = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    else:
        some = np.arange(len(scores))
    some = some[np.argsort(-scores[some], kind="stable")][:count]
    return [int(place) for place in some if scores[place] > 0]


def _signals(
    generation: Generation, view: View, place: int, read: TextVectors, words: float
) -> Signals:
    vectors = generation.vectors(*view.at(place))
    found = (read.tokens @ vectors.tokens.T).max(axis=1)
    late = float(found.mean()) if len(found) else 0.0  # a question of nothing but white space
    sentence = float((vectors.sentences @ read.whole).max())
    # A passage without questions is taken to answer what its best sentence says.
    ask = float((vectors.asks @ read.whole).max()) if len(vectors.asks) else sentence
    return late, sentence, ask, words


def _hit(weighed: Weighed, place: int) -> Hit:
    where = weighed.view.at(place)
    generation, read = weighed.generation, weighed.read
    rows = generation.vectors(*where).sentences
    quotes = tuple(
        Quote(text, max(0.0, float(cosine)))
        for text, cosine in zip(generation.sentences(*where), rows @ read.whole, strict=True)
    )
    score = _logistic(RELEVANCE, weighed.signals[place])
    return Hit(weighed.passage(place), score, quotes, rows)


def _logistic(weights: tuple[tuple[float, ...], float], signals: Sequence[float]) -> float:
    factors, constant = weights
    total = constant + sum(f * s for f, s in zip(factors, signals, strict=False))
    return 1 / (1 + math.exp(-total))
