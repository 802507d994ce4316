"""Fitting: the weights of `knowledge.search`, from the tuning half of the labels.

RELEVANCE orders the passages of one question, so it is fitted on pairs: of a
passage that states a fact asked for and one that states none, the first should
weigh more (each question counts once, however many pairs it has). A second
fit of one slope and one constant then turns the weight into a probability.
COVERAGE is fitted on what the lessons answer against what they do not. Both see
every question twice: with the lessons' own questions (`asks`) and without, because
an organiser's lessons may have none. Questions in other languages are left out of
COVERAGE: the default model reads English, and its cosines say little there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # ships none
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]  # as above

from bench.labels import (
    Question,
    hit_at,
    load_foreign,
    load_questions,
    reciprocal_rank,
    states,
)
from bench.retrieval import NOT_PLAIN
from bench.stacks import HITS, load_packaged, our_search, previous_turn, shipped
from bench.tables import Cell, Table, show
from knowledge.search import COVERAGE, RELEVANCE, Search

Weights = tuple[tuple[float, ...], float]

PAIRS = 50.0
"""What one question's pairs weigh together, against the penalty of C = 1."""

LOOSE = 10.0
"""C of COVERAGE. With 1 the penalty presses all questions into a narrow band of scores."""

THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(2, 15))
FOREIGN = ("far", "near", "harmful")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was ranked: its signals, its text for the judge, what it states."""

    signals: tuple[float, ...]
    text: str
    states_some: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its candidates; `asks` tells whether lessons listed questions."""

    question: Question
    candidates: tuple[Candidate, ...]
    asks: bool

    @property
    def best(self) -> tuple[float, ...]:
        """The best of each dense signal: what COVERAGE looks at."""
        return tuple(max(c.signals[n] for c in self.candidates) for n in range(3))


def read_cases(search: Search, questions: Iterable[Question], *, asks: bool) -> list[Case]:
    """Weigh the candidates of each question and judge them."""
    cases = []
    for question in questions:
        weighed = search.weigh(question.question, previous_turn(question), None, HITS)
        candidates = []
        for name, found in weighed.signals.items():
            passage = weighed.passage(name)
            text = f"{passage.heading}\n{passage.text}"
            some = any(states(fact, text) for fact in question.facts)
            candidates.append(Candidate(tuple(found), text, some))
        cases.append(Case(question, tuple(candidates), asks))
    return cases


def fit_relevance(cases: Sequence[Case]) -> Weights:
    """Fit the order of passages on pairs, then its scale on the hits that a member sees."""
    rows: list[NDArray[np.float64]] = []
    shares: list[float] = []
    for case in cases:
        good = [c.signals for c in case.candidates if c.states_some]
        others = [c.signals for c in case.candidates if not c.states_some]
        for first in good:
            rows.extend(np.subtract(first, second) for second in others)
        shares.extend([PAIRS / max(1, len(good) * len(others))] * (len(good) * len(others)))
    pairs = np.array(rows)
    order = LogisticRegression(C=1.0, fit_intercept=False, max_iter=1000).fit(
        np.concatenate([pairs, -pairs]),
        np.repeat([1, 0], len(pairs)),
        sample_weight=np.tile(shares, 2),
    )
    factors = order.coef_[0]
    seen = [
        pair
        for case in cases
        if case.question.facts
        for pair in sorted(
            ((float(np.dot(c.signals, factors)), c.states_some) for c in case.candidates),
            reverse=True,
        )[:HITS]
    ]
    scale = LogisticRegression(C=1.0).fit([[weight] for weight, _ in seen], [so for _, so in seen])
    slope = float(scale.coef_[0][0])
    return tuple(round(slope * float(f), 2) for f in factors), round(float(scale.intercept_[0]), 2)


def fit_coverage(cases: Sequence[Case]) -> Weights:
    """Fit whether the lessons answer a question on its best dense signals."""
    chosen = [case for case in cases if case.question.kind != "other_language"]
    fitted = LogisticRegression(C=LOOSE, max_iter=1000).fit(
        [case.best for case in chosen], [bool(case.question.facts) for case in chosen]
    )
    factors = tuple(round(float(f), 2) for f in fitted.coef_[0])
    return factors, round(float(fitted.intercept_[0]), 2)


def relevance_table(cases: Sequence[Case], sets: Sequence[tuple[str, Weights]]) -> Table:
    """Hits and ranks on the report half for each set of weights."""
    rows: list[tuple[Cell, ...]] = []
    for name, weights in sets:
        for asks in (True, False):
            for group, plain in (("English single turns", True), ("others", False)):
                chosen = [
                    case
                    for case in cases
                    if case.question.facts
                    and case.asks == asks
                    and (case.question.kind not in NOT_PLAIN) == plain
                ]
                if chosen:
                    rows.append((name, "yes" if asks else "no", group, *found_in(chosen, weights)))
    columns = ("weights", "asks", "questions", "hit@1", "hit@4", "MRR")
    return Table("relevance", "RELEVANCE on the report half", columns, tuple(rows))


def gate_table(cases: Sequence[Case], weights: Weights, thresholds: Sequence[float]) -> Table:
    """Shares declined at each threshold: first of what the lessons answer, then of the others."""
    groups: list[tuple[str, list[float]]] = []
    for asks in (True, False):
        mine = [case for case in cases if case.asks == asks]
        good = [case for case in mine if case.question.facts]
        english = [case for case in good if case.question.kind != "other_language"]
        sets = [
            *((split, [c for c in english if c.question.split == split]) for split in _SPLITS),
            ("other lang.", [c for c in good if c not in english]),
            *((kind, [c for c in mine if c.question.kind == kind]) for kind in FOREIGN),
        ]
        mark = "" if asks else "no asks: "
        groups += [(mark + name, [_sure(c, weights) for c in chosen]) for name, chosen in sets]
    groups = [(name, found) for name, found in groups if found]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (t, *(sum(covered < t for covered in found) / len(found) for _, found in groups))
        for t in thresholds
    )
    title = "Declined at each gate: English answerable by split, other languages, foreign kinds"
    return Table("gate", title, ("gate", *(name for name, _ in groups)), rows)


def area(cases: Sequence[Case], weights: Weights) -> float:
    """Return the area under the curve of COVERAGE, other languages left out."""
    chosen = [case for case in cases if case.question.kind != "other_language"]
    truth = [bool(case.question.facts) for case in chosen]
    return float(roc_auc_score(truth, [_sure(case, weights) for case in chosen]))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:  # noqa: FBT001  click passes options by name
    """Fit the weights of the search anew and print them as they stand in the code."""
    embedder = load_packaged()
    cases: list[Case] = []
    for asks in (True, False):
        with our_search(embedder, shipped(asks=asks)) as search:
            cases += read_cases(search, (*load_questions(), *load_foreign()), asks=asks)
    tune = [case for case in cases if case.question.split == "tune"]
    report = [case for case in cases if case.question.split == "report"]
    relevance, coverage = fit_relevance(tune), fit_coverage(tune)
    notes = [f"RELEVANCE = {relevance}", f"COVERAGE = {coverage}"]
    for name, weights in (("in the code", COVERAGE), ("fitted", coverage)):
        areas = [area([c for c in report if c.asks == asks], weights) for asks in (True, False)]
        notes.append(f"Coverage {name}: AUROC {areas[0]:.3f} with asks, {areas[1]:.3f} without.")
    show(
        (
            relevance_table(report, (("in the code", RELEVANCE), ("fitted", relevance))),
            gate_table(cases, coverage, THRESHOLDS),
        ),
        as_json=as_json,
        notes=notes,
    )


_SPLITS = ("tune", "report")


def _sure(case: Case, weights: Weights) -> float:
    return probability(case.best, weights)


def found_in(cases: Sequence[Case], weights: Weights) -> tuple[float, float, float]:
    """Return the means of hit@1, hit@4 and reciprocal rank, ranked by `weights`."""
    totals = np.zeros(3)
    for case in cases:
        ranked = sorted(case.candidates, key=lambda c: -probability(c.signals, weights))
        texts = [candidate.text for candidate in ranked[:HITS]]
        question = case.question
        hits = (hit_at(question, texts, 1), hit_at(question, texts, 4))
        totals += (*hits, reciprocal_rank(question, texts))
    first, fourth, rank = (totals / len(cases)).tolist()
    return first, fourth, rank


def probability(signals: Sequence[float], weights: Weights) -> float:
    """Return the logistic function of the weighed signals."""
    factors, constant = weights
    return 1 / (1 + math.exp(-constant - sum(f * s for f, s in zip(factors, signals, strict=True))))
