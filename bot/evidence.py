"""A passage made ready to be held against claims: its sentences' wording and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.wording import Wording, analyse, speaks_back
from knowledge.passages import Passage, Vectors


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage made ready for claims. `vectors`: its sentences, neighbours joined, all joined."""

    text: str
    sentences: tuple[str, ...]
    wordings: tuple[Wording, ...]
    subjects: tuple[tuple[tuple[str, str], ...], ...]
    whole: Wording
    vectors: Vectors

    def coverage(self, meanings: frozenset[str]) -> list[float]:
        """Return for each sentence the share of `meanings` in it, rare words weighing more."""
        rarity = {m: 1 / max(1, sum(m in w.meanings for w in self.wordings)) for m in meanings}
        total = sum(rarity.values())
        return [
            sum(rarity[m] for m in meanings & wording.meanings) / total if total else 1.0
            for wording in self.wordings
        ]


def evidence_of(passage: Passage, sentences: Sequence[str], vectors: Vectors) -> Evidence:
    """Make `passage` ready; `vectors` are the rows of its `sentences`, at least one."""
    text = ". ".join((*passage.path, passage.heading, passage.text))
    wordings = tuple(map(analyse, sentences))
    last = analyse(". ".join((*passage.path, passage.heading))).subjects
    subjects = []
    for sentence, wording in zip(sentences, wordings, strict=True):
        back = speaks_back(sentence)
        if back is None or not wording.subjects:
            last = (*last, *wording.subjects)
        else:
            last = (*wording.subjects, *last) if back else wording.subjects
        subjects.append(last)
    # The mean of two unit vectors stands for the two sentences read together.
    pairs = _unit(vectors[:-1] + vectors[1:])
    return Evidence(
        text,
        tuple(sentences),
        wordings,
        tuple(subjects),
        analyse(text),
        np.concatenate([vectors, pairs, _mean(vectors)]),
    )


def _mean(vectors: Vectors) -> Vectors:
    return _unit(vectors.sum(axis=0, keepdims=True))


def _unit(rows: Vectors) -> Vectors:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows / lengths, np.float32)


def joined(evidence: Sequence[Evidence]) -> Evidence:
    """Read several passages as one: what they say together."""
    text = "\n".join(item.text for item in evidence)
    # Sentence vectors must come first, in the order of the wordings.
    first = [item.vectors[: len(item.wordings)] for item in evidence]
    pairs = [item.vectors[len(item.wordings) :] for item in evidence]
    return Evidence(
        text,
        tuple(sentence for item in evidence for sentence in item.sentences),
        tuple(wording for item in evidence for wording in item.wordings),
        tuple(subjects for item in evidence for subjects in item.subjects),
        analyse(text),
        np.concatenate([*first, *pairs]),
    )


def nearness(vector: Vectors, evidence: Evidence) -> float:
    """Return the best cosine of the claim to a sentence or two neighbours of the passage."""
    return float((evidence.vectors @ vector).max())
