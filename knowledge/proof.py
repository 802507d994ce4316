"""Proof: opening a generation only when it is what was written and answers what it should.

Chroma can lie: with its vector index lost it counts all units and returns wrong ones without
an error (measured). So some passages are asked for by their own vectors.
"""

from __future__ import annotations

from pathlib import Path

from knowledge.generation import Generation
from knowledge.index import Unsound
from knowledge.manifest import Manifest
from knowledge.seal import broken
from knowledge.store import StoreBroken

CANARIES = 12
"""Passages that must find themselves, spread evenly."""

_NEAREST = 5
_SAME = 1e-3
"""Two units nearer than this by cosine stand for each other: a lesson may repeat a sentence."""


def prove(folder: Path) -> Generation:
    """Open the generation in `folder`. Raises Unsound, in words, when it cannot be trusted."""
    manifest = Manifest.read(folder)
    if manifest is None:
        raise Unsound("what it was made of cannot be read")
    found = broken(folder)
    if found:
        raise Unsound(found)
    try:
        generation = Generation(folder, manifest)
    except (StoreBroken, OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise Unsound("it cannot be opened") from error
    try:
        fault = _counts(generation) or _canaries(generation)
    except (StoreBroken, OSError, ValueError, KeyError, IndexError) as error:
        generation.close()
        raise Unsound("it cannot be searched") from error
    if fault:
        generation.close()
        raise Unsound(fault)
    return generation


def _counts(generation: Generation) -> str | None:
    rows = generation.manifest.rows.values()
    vectors = max((r.end for r in rows), default=0)
    if generation.shape != (vectors, generation.manifest.dimension):
        return "the vectors do not fit the passages"
    if generation.store.count() != sum(r.windows + r.sentences + r.asks for r in rows):
        return "the vector store does not hold what was put into it"
    if generation.lexicon.documents != len(generation.passages):
        return "the index of words does not fit the passages"
    return None


def _canaries(generation: Generation) -> str | None:
    names = list(generation.passages)
    for name in names[:: max(1, len(names) // CANARIES)]:
        vector = generation.vectors(name).windows[0]
        near = generation.store.nearest(vector.tolist(), _NEAREST, None)
        twins = (generation.vectors(other).windows @ vector for other in near)
        if name not in near and not any(float(t.max()) > 1 - _SAME for t in twins):
            return "the vector store does not find what was put into it"
    return None
