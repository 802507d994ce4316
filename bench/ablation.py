"""Ablation: what each signal of the search is worth, fitted anew without the others.

Weights are fitted on the tuning half for each set of signals and read on the report half. What
was tried and dropped stands in the README: choosing passages for what the earlier ones leave
open, and splitting a question at "and".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from bench.fit import Case, Weights, fit_relevance, found_in, read_cases
from bench.labels import load_questions
from bench.retrieval import NOT_PLAIN
from bench.stacks import load_packaged, our_search, shipped
from bench.tables import Cell, Table, show

NAMES = ("late interaction", "sentence", "question lines", "words")

SETS: tuple[tuple[int, ...], ...] = (
    (3,),
    (1,),
    (0,),
    (0, 3),
    (0, 1, 3),
    (1, 2, 3),
    (0, 1, 2),
    (0, 1, 2, 3),
)
"""Which signals are read, by their place in `knowledge.search.Signals`."""


def restricted(cases: Iterable[Case], kept: Sequence[int]) -> list[Case]:
    """Return `cases` with the signals at `kept` alone."""
    return [
        replace(
            case,
            candidates=tuple(
                replace(c, signals=tuple(c.signals[n] for n in kept)) for c in case.candidates
            ),
        )
        for case in cases
    ]


def ablation_table(tune: Sequence[Case], report: Sequence[Case]) -> Table:
    """Hits and ranks for each set of signals."""
    rows: list[tuple[Cell, ...]] = []
    for kept in SETS:
        weights: Weights = fit_relevance(restricted(tune, kept))
        name = " + ".join(NAMES[n] for n in kept)
        for group, plain in (("English single turns", True), ("others", False)):
            chosen = [c for c in report if (c.question.kind not in NOT_PLAIN) == plain]
            if chosen:
                scores = found_in(restricted(chosen, kept), weights)
                rows.append((name, group, len(chosen), *scores))
    columns = ("signals", "questions", "n", "hit@1", "hit@4", "MRR")
    return Table("ablation", "Each set of signals, fitted by itself", columns, tuple(rows))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:  # noqa: FBT001  click passes options by name
    """Fit and read the search with some of its signals."""
    with our_search(load_packaged(), shipped()) as search:
        cases = read_cases(search, load_questions(), asks=True)
    tune = [case for case in cases if case.question.split == "tune"]
    report = [case for case in cases if case.question.split == "report"]
    show((ablation_table(tune, report),), as_json=as_json)
