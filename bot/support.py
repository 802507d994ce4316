"""Does a passage say what a sentence says? Measured without another language model.

Features of a claim against a passage: how near they are in meaning (cosine), how
much of the claim's wording the passage covers, and what speaks against support:
numbers or names the passage lacks, names paired differently, a negation, an
opposite, a comparison or a subject turned round, another passage that is nearer.
A logistic combination of them decides. Its weights come from
`python -m bench.support fit` (ridge-penalised logistic regression, Newton's method,
on the tuning half of bench/labels/support.jsonl); `python -m bench support` prints
what they reach on the other half. Change a feature or the lexicon, and fit again.

It cannot reason: a fact turned round in other words than the passage's, or a made-up
claim in the passage's own words, may pass; a free summary may be refuted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from bot import lexicon
from bot.conflicts import CONFLICTS, conflicts
from bot.evidence import Evidence, nearness
from bot.wording import Wording, analyse, stem
from knowledge.passages import Vectors

WEIGHTS = {
    "near": 1.17,
    "margin": -3.67,
    "coverage": 3.76,
    "numbers": -5.54,
    "names": -1.29,
    "foreign": -2.24,
    "foreign_near": 7.56,
    "pair": -5.43,
    "order": -6.23,
    "flips": -5.42,
    "opposites": -6.74,
    "other_subject": -3.61,
    "absent_subject": -4.23,
    "object": -4.51,
    "local": 1.93,
}
BIAS = -3.68
THRESHOLD = -0.25
"""Log-odds from which a claim counts as supported: where about as many true citations
are kept as false ones are refuted."""

UNCERTAIN = (-1.25, 0.25)
"""Log-odds without any nearness in meaning between which that nearness may decide. Of the
labelled pairs 75 to 88 % lie outside, and there it changed one verdict of 680."""

FOREIGN_COVERAGE = 0.8
"""What stands for the wording where the claim is not English and words cannot be compared."""
AKIN_LETTERS = 4
AKIN_SHARE = 0.6
"""Words that begin alike for so many letters and so much of the longer one are akin."""

_WORDS = re.compile(r"\w+")
_NOT_WORDS = re.compile(r"\W+")
_EMPTY = frozenset(map(stem, "source reference citation see answer based".split()))


def says_nothing(claim: str) -> bool:
    """Tell whether `claim` holds nothing that could be checked, like "Sources:"."""
    wording = analyse(claim)
    return not wording.numbers and wording.meanings <= _EMPTY


def supports(claim: str, vector: Vectors, cited: Evidence, others: Iterable[Evidence]) -> bool:
    """Tell whether `cited` bears `claim` out; `others` are the other retrieved passages."""
    return score(features(claim, vector, cited, others)) >= THRESHOLD


def plainly(claim: str, cited: Evidence, others: Iterable[Evidence]) -> bool | None:
    """Tell what the words alone make certain; None where the meaning has to be compared.

    Embedding a claim costs more than all the rest together, and where the words speak this
    clearly it changes no verdict (`python -m bench support`).
    """
    if not analyse(claim).english:
        return None
    found = score(features(claim, np.zeros(cited.vectors.shape[1], np.float32), cited, others))
    return None if UNCERTAIN[0] < found < UNCERTAIN[1] else found >= THRESHOLD


def score(found: dict[str, float]) -> float:
    """Return the log-odds that a claim with these features is supported."""
    return BIAS + sum(weight * found[name] for name, weight in WEIGHTS.items())


def features(
    claim: str, vector: Vectors, cited: Evidence, others: Iterable[Evidence]
) -> dict[str, float]:
    """Measure `claim` (its unit `vector`, shape (dimension,)) against `cited`."""
    wording = analyse(claim)
    near = nearness(vector, cited)
    rest = tuple(others)
    best_other = max((nearness(vector, other) for other in rest), default=0.0)
    found = {
        "near": near,
        "margin": max(0.0, best_other - near),
        "coverage": _coverage(wording, cited.whole),
        "numbers": float(not wording.numbers <= cited.whole.numbers),
        "names": float(len(_unknown_names(claim, cited.whole, rest))),
        "foreign": float(not wording.english),
        "foreign_near": 0.0 if wording.english else near,
    } | conflicts(claim, vector, cited)
    if not wording.english:
        found |= {"coverage": FOREIGN_COVERAGE, "local": FOREIGN_COVERAGE}
        found |= dict.fromkeys(("names", "pair", "flips", "opposites"), 0.0)
    if _squeezed(claim) in _squeezed(cited.text):
        found |= dict.fromkeys(CONFLICTS, 0.0)
    return found


def _squeezed(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.lower()).strip()


def _coverage(claim: Wording, whole: Wording) -> float:
    stems = {word.stem for word in whole.words}
    covered = [
        word.meaning in whole.meanings or word.stem in stems or _akin(word.text, whole)
        for word in claim.words
    ]
    return sum(covered) / len(covered) if covered else 1.0


def _akin(text: str, whole: Wording) -> bool:
    """Tell whether a word of the passage begins like `text`: "finance" and "financial"."""
    for word in whole.words:
        longest = max(len(text), len(word.text))
        shared = next(
            (n for n, (a, b) in enumerate(zip(text, word.text, strict=False)) if a != b),
            min(len(text), len(word.text)),
        )
        if shared >= AKIN_LETTERS and shared >= AKIN_SHARE * longest:
            return True
    return False


def _unknown_names(claim: str, whole: Wording, others: Iterable[Evidence]) -> set[str]:
    """Return the claim's names that the passage lacks.

    The claim's first word is one if another passage writes it like a name.
    """
    here = analyse(claim).names
    known = {text for word in whole.words for text in (word.text, word.stem)} | whole.names
    first = {word.lower() for word in _WORDS.findall(claim)[:1]} - here - known - lexicon.STOP
    # Only a first word nobody knows yet is worth reading the other passages for.
    here |= first & {name for other in others if first for name in other.whole.names}
    return {n for n in here - lexicon.ACRONYMS if n not in known and stem(n) not in known}
