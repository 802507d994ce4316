"""The ranking of votes: how strong each candidate is, and how sure that is.

Bradley and Terry's model (Biometrika 39, 1952): the odds that i is preferred to j are
exp(strength_i - strength_j). Fitted as the public arenas do, as a logistic regression without an
intercept on rows of +1 and -1 (Chiang et al., "Chatbot Arena", ICML 2024), with intervals from a
bootstrap over votes. Votes of one demo are taken as independent, so the intervals are rather too
narrow than too wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LEAST_VOTES = 10
"""Votes below which an interval would say more than is known."""
ROUNDS = 300
"""Samples of the bootstrap; 95 of 100 of them lie in an interval."""
_RIDGE = 2.0
"""scikit-learn's C: how little strengths are drawn to 0, which keeps them finite."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote: every one of `ahead` is preferred to every one of `behind`.

    Those named beside each other in `ahead` are equal.
    """

    ahead: tuple[str, ...]
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate. The chances are those to be preferred to an average opponent, 0 to 1.

    `low` and `high` bound 95 of 100 samples; `strength` is in log-odds around 0.
    """

    name: str
    strength: float
    chance: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The standings, best first; none where the votes are too few to tell."""

    votes: int
    standings: tuple[Standing, ...] = ()


def rank(ballots: Sequence[Ballot], *, seed: int, rounds: int = ROUNDS) -> Ranking:
    """Rank what was voted on; the same votes and `seed` give the same ranking.

    Blocks for some tenths of a second, and at first longer: call it through a door. A ballot that
    sets nothing against anything else is not counted.
    """
    import numpy as np  # noqa: PLC0415  with scikit-learn it takes a second

    names = sorted({name for ballot in ballots for name in (*ballot.ahead, *ballot.behind)})
    pairs = list(combinations(range(len(names)), 2))
    won = np.array([_won(ballot, names, pairs) for ballot in ballots])
    won = won[won.any(axis=1)] if pairs and len(ballots) else won[:0]
    votes = len(won)
    if votes < LEAST_VOTES:
        return Ranking(votes)
    design = np.zeros((len(pairs), len(names)))
    for row, (one, other) in enumerate(pairs):
        design[row, one], design[row, other] = 1.0, -1.0
    strengths = _fit(design, won.sum(axis=0))
    draws = np.random.default_rng(seed).multinomial(votes, [1 / votes] * votes, size=rounds)
    sampled = np.array([_fit(design, draw @ won) for draw in draws])
    low, high = np.percentile(sampled, (2.5, 97.5), axis=0)
    standings = [
        Standing(name, float(strengths[at]), *map(_chance, (strengths[at], low[at], high[at])))
        for at, name in enumerate(names)
    ]
    return Ranking(votes, tuple(sorted(standings, key=lambda one: -one.strength)))


def _won(ballot: Ballot, names: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[float]:
    """Return how often the first of each pair won, then how often the second did."""
    ahead, behind = ballot.ahead, ballot.behind

    def wins(one: str, other: str) -> float:
        if one in ahead and other in ahead:
            return ahead.count(one) * ahead.count(other) / 2
        return float(ahead.count(one) * behind.count(other))

    first = [wins(names[one], names[other]) for one, other in pairs]
    return [*first, *(wins(names[other], names[one]) for one, other in pairs)]


def _fit(design: np.ndarray[Any, Any], won: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the strengths, around 0; `won` weighs each row of `design` as won, then as lost."""
    import numpy as np  # noqa: PLC0415  as above
    from sklearn.linear_model import (  # type: ignore[import-untyped]  # noqa: PLC0415  ships none
        LogisticRegression,
    )

    rows = np.vstack([design, design])
    outcomes = np.repeat([1, 0], len(design))
    model = LogisticRegression(C=_RIDGE, fit_intercept=False, solver="newton-cholesky")
    model.fit(rows, outcomes, sample_weight=won)
    strengths: np.ndarray[Any, Any] = model.coef_[0] - model.coef_[0].mean()
    return strengths


def _chance(strength: float) -> float:
    return 1 / (1 + exp(-strength))
