"""A passage made ready to be held against claims: its sentences' wording and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bot.wording import Wording, analyse, speaks_back
from knowledge.passages import Passage, Vectors


@dataclass(frozen=True, eq=False)
class Evidence:
    """A passage made ready for claims; what is read of its words is read when it is asked for.

    `vectors`: a row for each of its `sentences`, then rows for neighbours joined, and for all
    joined. `heads`: what the passage stands under.
    """

    text: str
    heads: str
    sentences: tuple[str, ...]
    vectors: Vectors

    @cached_property
    def wordings(self) -> tuple[Wording, ...]:
        """The words of each sentence."""
        return tuple(map(analyse, self.sentences))

    @cached_property
    def whole(self) -> Wording:
        """The words of headings and text together."""
        return analyse(self.text)

    @cached_property
    def subjects(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """What each sentence speaks of, by name or by a pronoun that leads back."""
        last = analyse(self.heads).subjects
        found = []
        for sentence, wording in zip(self.sentences, self.wordings, strict=True):
            back = speaks_back(sentence)
            if back is None or not wording.subjects:
                last = (*last, *wording.subjects)
            else:
                last = (*wording.subjects, *last) if back else wording.subjects
            found.append(last)
        return tuple(found)

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
    heads = ". ".join((*passage.path, passage.heading))
    # The mean of two unit vectors stands for the two sentences read together.
    pairs = _unit(vectors[:-1] + vectors[1:])
    rows = np.concatenate([vectors, pairs, _mean(vectors)])
    return Evidence(f"{heads}. {passage.text}", heads, tuple(sentences), rows)


def _mean(vectors: Vectors) -> Vectors:
    return _unit(vectors.sum(axis=0, keepdims=True))


def _unit(rows: Vectors) -> Vectors:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows / lengths, np.float32)


def joined(parts: Sequence[Evidence]) -> Evidence:
    """Read several passages as one: what they say together."""
    # Sentence vectors must come first, in the order of the sentences.
    rows = [part.vectors[: len(part.sentences)] for part in parts]
    rows += [part.vectors[len(part.sentences) :] for part in parts]
    return _Joined(
        "\n".join(part.text for part in parts),
        "",
        tuple(sentence for part in parts for sentence in part.sentences),
        np.concatenate(rows),
        tuple(parts),
    )


@dataclass(frozen=True, eq=False)
class _Joined(Evidence):
    parts: tuple[Evidence, ...]

    @cached_property
    def wordings(self) -> tuple[Wording, ...]:
        return tuple(wording for part in self.parts for wording in part.wordings)

    @cached_property
    def subjects(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        return tuple(subjects for part in self.parts for subjects in part.subjects)


def nearness(vector: Vectors, evidence: Evidence) -> float:
    """Return the best cosine of the claim to a sentence or two neighbours of the passage."""
    return float((evidence.vectors @ vector).max())
