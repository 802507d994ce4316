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

from threadpoolctl import threadpool_limits

from knowledge.door import Door
from knowledge.embedding import Embedder, TextVectors
from knowledge.generation import Generation, lexical_text
from knowledge.index import Index, Unsound
from knowledge.lexical import Speller, leans
from knowledge.passages import Found, Hit, Quote, SearchUnavailable
from knowledge.proof import prove
from knowledge.store import StoreBroken
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

Signals = tuple[float, float, float, float]
"""Late interaction, sentence, ask, words: the order of RELEVANCE."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question as it was read in one generation, and each candidate's signals by passage id."""

    generation: Generation
    read: TextVectors
    signals: dict[str, Signals]
    legible: bool


class Search:
    """Searches the serving generation, and takes up a new one as soon as it is published."""

    def __init__(self, index: Index, embedder: Embedder, door: Door) -> None:
        self._index = index
        self._embedder = embedder
        self._door = door
        self._terms = Terms.load()
        self._opened: tuple[str, Generation, Speller] | None = None
        # For products this small a second core costs more than it gives: it waits by spinning.
        threadpool_limits(1, user_api="blas")

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
    ) -> Found:
        """Find passages; see `knowledge.passages.PassageSearch`.

        Raises SearchUnavailable, and Unsound when the index is damaged.
        """
        return await self._door.through(self.find, question, previous, lesson, limit)

    def find(self, question: str, previous: str | None, lesson: str | None, limit: int) -> Found:
        """Do what `search` does, in this thread."""
        serving = self._index.current()
        try:
            return self._find(question, previous, lesson, limit)
        except (Unsound, StoreBroken, OSError) as error:
            if self._index.current() == serving:
                raise Unsound("it cannot be searched") from error
        # The generation was followed by the next while it was read.
        return self._find(question, previous, lesson, limit)

    def open(self) -> None:
        """Open the generation that serves, and let go of the one before.

        Raises SearchUnavailable when there is none, Unsound when it cannot be trusted.
        """
        self._serving()

    def _find(self, question: str, previous: str | None, lesson: str | None, limit: int) -> Found:
        weighed = self.weigh(question, previous, lesson, limit)
        generation, read, signals = weighed.generation, weighed.read, weighed.signals
        ranked = sorted(signals, key=lambda id_: -_logistic(RELEVANCE, signals[id_]))[:limit]
        hits = tuple(_hit(generation, id_, read, signals[id_]) for id_ in ranked)
        best = [max((s[n] for s in signals.values()), default=0.0) for n in range(3)]
        return Found(hits, _logistic(COVERAGE, best), weighed.legible)

    def weigh(self, question: str, previous: str | None, lesson: str | None, limit: int) -> Weighed:
        """Return the serving generation, the question as it was read, each candidate's signals."""
        generation, speller = self._serving()
        mended = speller.mend(question)
        asked = f"{previous} {mended}" if previous and leans(question) else mended
        legible = speller.reads(mended)
        if not legible:  # the field's words in English beside a question in another language
            asked = " ".join((*self._terms.english(asked), asked))
        read = self._embedder.read([asked])[0]
        words = generation.lexicon.shares(asked)
        candidates = self._candidates(generation, read, words, lesson, limit)
        signals = {c: _signals(generation, c, read, words[c]) for c in candidates}
        return Weighed(generation, read, signals, legible)

    def _serving(self) -> tuple[Generation, Speller]:
        name, manifest = self._index.current(), self._index.manifest()
        if self._opened is not None and self._opened[0] == name:
            return self._opened[1:]
        if name is None or manifest is None:
            raise SearchUnavailable(NO_INDEX)
        if manifest.made_with != self._embedder.makes:
            raise SearchUnavailable(OTHER_MODEL)
        generation = prove(self._index.folder / name)
        self.close()
        passages = generation.passages.values()
        speller = Speller(
            [passage.text for passage in passages],
            [lexical_text(passage) for passage in passages],
            self._embedder.words,
        )
        self._opened = (name, generation, speller)
        return generation, speller

    def close(self) -> None:
        """Close the files of the generation that was read."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def _candidates(
        self,
        generation: Generation,
        read: TextVectors,
        words: dict[str, float],
        lesson: str | None,
        limit: int,
    ) -> list[str]:
        """Return the ids of passages worth ranking: near in meaning, or sharing words."""
        near = generation.store.nearest(read.whole.tolist(), CANDIDATE_UNITS, lesson)
        allowed = [
            id_ for id_, p in generation.passages.items() if lesson is None or p.lesson == lesson
        ]
        sharing = sorted((id_ for id_ in allowed if words[id_]), key=lambda id_: -words[id_])
        count = max(CANDIDATES, limit)
        found = list(dict.fromkeys([*near[:count], *sharing[:count]]))
        # A small store is ranked whole, and a member always sees enough to choose from.
        return found if len(found) >= limit else list(dict.fromkeys([*found, *allowed]))[:count]


def _signals(generation: Generation, id_: str, read: TextVectors, words: float) -> Signals:
    vectors = generation.vectors(id_)
    found = (read.tokens @ vectors.tokens.T).max(axis=1)
    late = float(found.mean()) if len(found) else 0.0  # a question of nothing but white space
    sentence = float((vectors.sentences @ read.whole).max())
    # A passage without questions is taken to answer what its best sentence says.
    ask = float((vectors.asks @ read.whole).max()) if len(vectors.asks) else sentence
    return late, sentence, ask, words


def _hit(generation: Generation, id_: str, read: TextVectors, signals: Signals) -> Hit:
    passage = generation.passages[id_]
    rows = generation.vectors(id_).sentences
    quotes = tuple(
        Quote(text, max(0.0, float(cosine)))
        for text, cosine in zip(generation.sentences(id_), rows @ read.whole, strict=True)
    )
    return Hit(passage, _logistic(RELEVANCE, signals), quotes, rows)


def _logistic(weights: tuple[tuple[float, ...], float], signals: Sequence[float]) -> float:
    factors, constant = weights
    total = constant + sum(f * s for f, s in zip(factors, signals, strict=False))
    return 1 / (1 + math.exp(-total))
