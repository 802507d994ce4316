"""May we answer? before; is each citation true? while it is written.

The checker works beside the stream: `feed` is cheap and synchronous, `check`
embeds a citing sentence (about 16 ms on one core) where its words alone do not
settle it. The vectors of the passages' sentences come with the hits, from the index.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.citations import Checked, Cited, Claim, ClaimStream
from bot.evidence import Evidence, evidence_of, joined, nearness
from bot.support import plainly, says_nothing, supports
from knowledge.passages import Found, Hit, SentenceEncoder
from knowledge.sentences import split_sentences

GATE = 0.4
"""Least coverage with which an answer is tried. Of the labelled English questions the lessons
answer, 1.2 % are declined there; of the far foreign ones 90 % (`bench fit`)."""

LONGEST_CLAIM = 300
"""Characters of a claim that are embedded; a sentence that runs on says its point before."""

CONTRIBUTES = 0.35
"""Least cosine with which one of several passages cited together adds to the claim."""


def may_answer(found: Found) -> bool:
    """Tell whether the lessons cover the question well enough to try an answer.

    A cheap gate for the plain cases; the prompt lets the model decline the rest.
    """
    return found.covered >= GATE or not found.legible


class CitationChecker:
    """Judges the citations of one answer; `[n]` names `hits[n - 1]`."""

    def __init__(self, encoder: SentenceEncoder, hits: Sequence[Hit]) -> None:
        self._encoder = encoder
        self._hits = tuple(hits)
        self._claims = ClaimStream()
        self._evidence: tuple[Evidence, ...] | None = None
        self._preparing = asyncio.Lock()

    def feed(self, text: str) -> list[Claim]:
        """Add newly written text; return the citing sentences that are complete now."""
        return self._claims.feed(text)

    def end(self) -> list[Claim]:
        """Return what remains: the text is over."""
        return self._claims.end()

    async def prepare(self) -> tuple[Evidence, ...]:
        """Make the passages ready, once for all claims."""
        async with self._preparing:
            if self._evidence is None:
                self._evidence = tuple([await self._ready(hit) for hit in self._hits])
            return self._evidence

    async def check(self, claim: Claim) -> tuple[Checked, ...]:
        """Judge every passage number that `claim` names, once each.

        A number that names no passage is refuted without embedding.
        """
        judged = [cited for cited in claim.cited if any(map(self._known, cited.numbers))]
        good: set[int] = set()
        if judged:
            evidence = await self.prepare()
            for cited in judged:
                good |= await self._supporting(cited, evidence)
        return tuple(Checked(n, n in good, claim.sentence) for n in claim.numbers)

    def _known(self, n: int) -> bool:
        return 1 <= n <= len(self._hits)

    async def _supporting(self, cited: Cited, evidence: tuple[Evidence, ...]) -> set[int]:
        """Return the numbers of `cited` that bear its part out, alone or together."""
        known = [n for n in cited.numbers if self._known(n)]
        if says_nothing(cited.part):
            return set(known)
        chosen = [evidence[n - 1] for n in known]
        others = [item for item in evidence if item not in chosen]
        plain = [plainly(cited.part, item, others) for item in chosen]
        if all(plain) or plain == [False]:  # two that fail alone may still hold together
            return set(known) if all(plain) else set()
        (vector,) = await self._encoder.encode([cited.part[:LONGEST_CLAIM]])
        good = {
            n
            for n, item in zip(known, chosen, strict=True)
            if supports(cited.part, vector, item, others)
        }
        if len(chosen) > 1 and supports(cited.part, vector, joined(chosen), others):
            good |= {n for n in known if nearness(vector, evidence[n - 1]) >= CONTRIBUTES}
        return good

    async def _ready(self, hit: Hit) -> Evidence:
        """Make one passage ready; its sentences are embedded only when the hit brings no rows."""
        sentences = tuple(q.text for q in hit.quotes) or split_sentences(hit.passage.text)
        sentences = sentences or (hit.passage.heading,)
        rows = hit.vectors
        if rows is None or len(rows) != len(sentences):
            rows = await self._encoder.encode(sentences)
        return evidence_of(hit.passage, sentences, rows)
