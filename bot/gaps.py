"""Gaps: what members asked and the lessons left open, alike questions together.

The questions are embedded as passages are, and joined by average linkage while they are near
enough (scikit-learn's agglomerative clustering), so that a frequent question counts once and much.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from bot.asking import Asking, Question
from bot.events import Finished, SourcesFound
from bot.memory import Gap, Gaps
from bot.sheet import as_sheet
from knowledge.passages import Hit, Passage, SearchUnavailable, SentenceEncoder, Vectors

MOST = 400
"""Newest gaps of a server that are looked at."""
APART = 0.45
"""Cosine distance from which two groups stay two: paraphrases are nearer, neighbours farther."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alike gaps, newest first. `head` is the one that is nearest to all of them."""

    head: Gap
    gaps: tuple[Gap, ...]

    @property
    def waits(self) -> bool:
        """Whether an answer waits for approval."""
        return any(gap.answer for gap in self.gaps)


class GapBook:
    """Groups the gaps of a server, and remembers the last grouping while they stay the same.

    `quoting` answers without a model.
    """

    def __init__(self, gaps: Gaps, encoder: SentenceEncoder, quoting: Asking) -> None:
        self._gaps = gaps
        self._encoder = encoder
        self._quoting = quoting
        self._known: tuple[tuple[Gap, ...], tuple[Group, ...]] = ((), ())

    async def groups(self, server: int) -> tuple[Group, ...]:
        """Return the groups, the most frequent first. Raises MemoryUnavailable."""
        gaps = await self._gaps.newest(server, MOST)
        if gaps != self._known[0]:
            self._known = gaps, await self._grouped(gaps)
        return self._known[1]

    async def servers(self) -> tuple[int, ...]:
        """Return the servers that have gaps. Raises MemoryUnavailable."""
        return await self._gaps.servers()

    async def answered(self, server: int, groups: Sequence[Group]) -> dict[str, Passage]:
        """Return, by the id of a declined head, the passage that answers it by now.

        Only another passage than the nearest one of then: that one did not answer it.
        """
        found: dict[str, Passage] = {}
        for head in (group.head for group in groups if group.head.kind == "declined"):
            asked = Question(head.question, "gaps", server=server)
            hits: tuple[Hit, ...] = ()
            async with aclosing(self._quoting.ask(asked)) as events:
                async for event in events:
                    if isinstance(event, SourcesFound):
                        hits = event.hits
                    elif isinstance(event, Finished) and hits[0].passage.id != head.nearest:
                        found[head.request_id] = hits[0].passage
        return found

    async def group_of(self, server: int, request_id: str) -> Group | None:
        """Return the group that holds this gap. Raises MemoryUnavailable."""
        groups = await self.groups(server)
        held = (group for group in groups if any(g.request_id == request_id for g in group.gaps))
        return next(held, None)

    async def _grouped(self, gaps: Sequence[Gap]) -> tuple[Group, ...]:
        try:
            vectors = await self._encoder.encode([gap.question for gap in gaps]) if gaps else None
        except SearchUnavailable:
            vectors = None  # then only the same words are the same question
        return await asyncio.to_thread(_joined, gaps, vectors)


def _joined(gaps: Sequence[Gap], vectors: Vectors | None) -> tuple[Group, ...]:
    """Join alike gaps into groups."""
    together: defaultdict[object, list[int]] = defaultdict(list)
    for place, label in enumerate(_labels(gaps, vectors)):
        together[label].append(place)
    groups = []
    for places in together.values():
        head = places[0]
        if vectors is not None:
            near = vectors[places] @ vectors[places].sum(axis=0)
            head = places[int(np.argmax(near))]
        groups.append(Group(gaps[head], tuple(gaps[place] for place in places)))
    return tuple(sorted(groups, key=lambda group: (-len(group.gaps), -group.gaps[0].at)))


def _labels(gaps: Sequence[Gap], vectors: Vectors | None) -> Sequence[object]:
    if vectors is None or len(gaps) < 2:  # noqa: PLR2004  two can be alike
        return [" ".join(gap.question.casefold().split()) for gap in gaps]
    from sklearn.cluster import (  # type: ignore[import-untyped]  # noqa: PLC0415  ships none
        AgglomerativeClustering,
    )

    method = AgglomerativeClustering(
        n_clusters=None, distance_threshold=APART, metric="cosine", linkage="average"
    )
    return list(method.fit_predict(vectors))


def as_csv(groups: Sequence[Group], answered: Mapping[str, Passage]) -> bytes:
    """Return the gaps as CSV, one a line, without who asked; no cell is read as a formula.

    `answer` is the document that waits for approval, `now` the passage of `GapBook.answered`.
    """
    rows = []
    for number, group in enumerate(groups, 1):
        now = answered.get(group.head.request_id)
        for gap in group.gaps:
            asked = dt.datetime.fromtimestamp(gap.at, dt.UTC).isoformat(timespec="minutes")
            told = (number, len(group.gaps), asked, gap.kind, gap.question)
            rows.append((*told, gap.nearest, gap.answer, now.id if now else None))
    head = ("group", "times", "asked", "kind", "question", "nearest", "answer", "now")
    return as_sheet(head, rows)
