"""Answering without a model: the sentences of the passages that bear on the question, quoted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.events import Citation
from knowledge.passages import Hit, Quote

PASSAGES = 3
"""Passages quoted at most; more would bury the first."""

NEAR_BEST = 0.73
"""A passage is quoted when its score is at least this share of the best one's."""

NEAR_SENTENCE = 0.75
"""A sentence is quoted when it is at least this near, as a share of the nearest one (of the best
passage: of its own nearest)."""

SENTENCES = 3
"""Sentences quoted from one passage at most; the items of a list count as one."""


def quote(hits: Sequence[Hit]) -> tuple[str, tuple[Citation, ...]]:
    """Return an answer made of quotations with `[n]`, and its citations.

    `n` is the hit's place in `hits`, from 1. Every quoted sentence stands in its passage.
    """
    if not hits:
        return "", ()
    chosen = [
        (n, hit)
        for n, hit in enumerate(hits[:PASSAGES], start=1)
        if hit.score >= NEAR_BEST * hits[0].score
    ]
    best = max((q.score for q in hits[0].quotes), default=0.0)
    nearest = max((q.score for _, hit in chosen for q in hit.quotes), default=0.0)
    paragraphs: list[str] = []
    citations: list[Citation] = []
    for n, hit in chosen:
        # The best passage is best by more than its sentences, so it is never passed over.
        sentences = _bearing(hit.quotes, (best if n == 1 else nearest) * NEAR_SENTENCE)
        if sentences:
            paragraphs.append(f"“{' '.join(sentences)}” [{n}]")
            citations.append(Citation(n, hit.passage, supported=True))
    return "\n\n".join(paragraphs), tuple(citations)


def _bearing(quotes: Sequence[Quote], least: float) -> list[str]:
    """Return the nearest sentences in the order of the text, a list with its opening line."""
    best = sorted(range(len(quotes)), key=lambda i: -quotes[i].score)[:SENTENCES]
    kept = {i for i in best if quotes[i].score >= least}
    for i in sorted(kept):
        if quotes[i].text.endswith(":"):
            kept.update(range(i + 1, min(i + 4, len(quotes))))
    sentences: list[str] = []
    for before, i in zip([-1, *sorted(kept)], sorted(kept), strict=False):
        if sentences and i > before + 1:
            sentences.append("…")
        sentences.append(quotes[i].text)
    return sentences
