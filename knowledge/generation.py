"""A generation: the segments that serve together, opened as they are asked for.

Everybody's segments are opened at once, a server's own at its first question. Who asks sees
a view of both and of nothing else: candidates, words and spelling come from there alone.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np

from knowledge.index import Index
from knowledge.lexical import Lexicon, Speller
from knowledge.manifest import Manifest, Part
from knowledge.passages import Passage, Vectors
from knowledge.proof import prove
from knowledge.segment import PassageVectors, Segment
from knowledge.sentences import split_sentences
from knowledge.store import Stores

CACHED = 256
"""Passages whose vectors stay in memory once they were read: about 70 MB of single floats."""

VIEWS = 32
"""Servers whose segments stay open."""


class View:
    """What the members of one server may find: everybody's segments and the server's own.

    A passage's place is its number among all of them, in their order.
    """

    def __init__(self, segments: Sequence[Segment], ordinary: frozenset[str]) -> None:
        self.segments = tuple(segments)
        self._starts = [0, *accumulate(len(segment) for segment in segments)]
        words = [segment.words for segment in segments]
        self.lexicon = Lexicon(words)
        self.speller = Speller(words, ordinary)

    def __len__(self) -> int:
        return self._starts[-1]

    def at(self, place: int) -> tuple[Segment, int]:
        """Return the segment that holds the passage at `place`, and its number there."""
        which = int(np.searchsorted(self._starts, place, side="right")) - 1
        return self.segments[which], place - self._starts[which]

    def nearest(self, vector: Vectors, count: int) -> list[int]:
        """Return the places of the passages of the `count` nearest units, nearest first.

        Raises StoreBroken, StoreUnreachable.
        """
        found = (
            (distance, start + number)
            for segment, start in zip(self.segments, self._starts, strict=False)
            for distance, number in segment.store.nearest(vector, count)
        )
        nearest = heapq.nsmallest(count, found)
        return list(dict.fromkeys(place for _, place in nearest))

    def places(self, lesson: str) -> list[int]:
        """Return the places of a lesson's passages."""
        return [
            start + number
            for segment, start in zip(self.segments, self._starts, strict=False)
            for number in segment.lessons.get(lesson, ())
        ]

    def nearest_of(self, places: Sequence[int], vector: Vectors, count: int) -> list[int]:
        """Return those of `places` that are nearest, found exactly, nearest first."""
        best: list[tuple[float, int]] = []
        for place in places:
            segment, number = self.at(place)
            best.append((-float((segment.heads(number) @ vector).max()), place))
        return [place for _, place in heapq.nsmallest(count, best)]


class Generation:
    """An open generation of an index; its segments are taken over from the one `before` it.

    Raises Unsound, StoreUnreachable.
    """

    def __init__(
        self,
        index: Index,
        name: str,
        manifest: Manifest,
        stores: Stores,
        before: Generation | None = None,
    ) -> None:
        self.name = name
        self.manifest = manifest
        self._index = index
        self._stores = stores
        self._open: dict[str, Segment] = {}
        self._views: OrderedDict[int | None, View] = OrderedDict()
        self.vectors = lru_cache(CACHED)(_read_vectors)
        self.passage = lru_cache(CACHED)(_read_passage)
        self.sentences = lru_cache(CACHED)(_read_sentences)
        if before is not None:
            names = {part.name for part in manifest.parts} & before._open.keys()
            self._open = {name: before._open.pop(name) for name in names}

    def view(self, server: int | None, ordinary: frozenset[str]) -> View:
        """Return what `server` may see, opening its segments where they are not open yet."""
        if all(part.server != server for part in self.manifest.parts):
            server = None  # it has nothing of its own
        if server not in self._views:
            parts = self.manifest.seen_by(server)
            self._views[server] = View([self._segment(p) for p in parts], ordinary)
        self._views.move_to_end(server)
        while len(self._views) > VIEWS:
            self._let_go(next(found for found in self._views if found is not None))
        return self._views[server]

    def close(self) -> None:
        """Close its files; it cannot be searched any more."""
        for segment in self._open.values():
            segment.close()
        self._open = {}

    def _segment(self, part: Part) -> Segment:
        if part.name not in self._open:
            made_with = self.manifest.made_with
            self._open[part.name] = prove(self._index, part, made_with, self._stores)
        return self._open[part.name]

    def _let_go(self, server: int | None) -> None:
        """Close the segments that only `server` may see."""
        for segment in self._views.pop(server).segments:
            if segment.server is not None:
                self._open.pop(segment.name).close()


def _read_vectors(segment: Segment, number: int) -> PassageVectors:
    return segment.vectors(number)


def _read_passage(segment: Segment, number: int) -> Passage:
    return segment.passage(number)


def _read_sentences(segment: Segment, number: int) -> tuple[str, ...]:
    """Return the sentences of a passage, one for each row of its vectors."""
    return split_sentences(segment.passage(number).text)
