"""Calibration: is a score of 0.7 right in seven cases of ten?

Two scores are looked at, on the half of the labels that nothing was tuned on. The score of a
hit, which members see, says how likely the passage states what was asked; the coverage of a
question says how likely the lessons answer it. Expected calibration error (ECE): the mean
distance between score and share, weighted by how many lie in each bin (Naeini et al. 2015).
Other languages are left out, as in `bench fit`: the default model reads English.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bench.fit import Case, probability, read_cases
from bench.labels import load_foreign, load_questions
from bench.stacks import HITS, load_packaged, our_search, shipped
from bench.tables import Cell, Table, show
from knowledge.search import COVERAGE, RELEVANCE

BINS = 5

Judged = tuple[float, bool]
"""A score, and whether what it promised was so."""


def judged_hits(cases: Sequence[Case]) -> list[Judged]:
    """Return the score of each hit a member would see, and whether it states a fact asked for."""
    found: list[Judged] = []
    for case in cases:
        scored = [(probability(c.signals, RELEVANCE), c.states_some) for c in case.candidates]
        found += sorted(scored, reverse=True)[:HITS]
    return found


def judged_questions(cases: Sequence[Case]) -> list[Judged]:
    """Return the coverage of each question, and whether the lessons answer it."""
    return [(probability(case.best, COVERAGE), bool(case.question.facts)) for case in cases]


def binned(judged: Sequence[Judged]) -> list[tuple[int, float, float]]:
    """Return number, mean score and share of each bin that is not empty."""
    bins: list[list[Judged]] = [[] for _ in range(BINS)]
    for score, right in judged:
        bins[min(BINS - 1, int(score * BINS))].append((score, right))
    return [
        (len(b), sum(s for s, _ in b) / len(b), sum(right for _, right in b) / len(b))
        for b in bins
        if b
    ]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Return the expected calibration error of `judged`, between 0 and 1."""
    return sum(n * abs(score - share) for n, score, share in binned(judged)) / len(judged)


def calibration_table(sets: Sequence[tuple[str, Sequence[Judged]]]) -> Table:
    """Score against share in each bin."""
    rows: list[tuple[Cell, ...]] = [
        (name, n, score, share) for name, judged in sets for n, score, share in binned(judged)
    ]
    columns = ("score", "n", "mean score", "share that was so")
    return Table("calibration", "Score against what was so", columns, tuple(rows))


def draw(sets: Sequence[tuple[str, Sequence[Judged]]], path: Path) -> None:
    """Write the reliability plot as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes a second
    from matplotlib.figure import Figure  # noqa: PLC0415  as above

    figure = Figure(figsize=(5, 5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="a perfect score")
    for name, judged in sets:
        points = binned(judged)
        axes.plot([p[1] for p in points], [p[2] for p in points], marker="o", label=name)
    axes.set(xlabel="score", ylabel="share that was so", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.savefig(path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write the reliability plot here.")
def command(as_json: bool, plot: Path | None) -> None:  # noqa: FBT001  click passes options by name
    """Compare the scores with what was so."""
    questions = [
        question
        for question in (*load_questions("report"), *load_foreign("report"))
        if question.kind != "other_language"
    ]
    with our_search(load_packaged(), shipped()) as search:
        cases = read_cases(search, questions, asks=True)
    answerable = [case for case in cases if case.question.facts]
    sets = (
        ("a hit states what was asked", judged_hits(answerable)),
        ("the lessons answer the question", judged_questions(cases)),
    )
    if plot is not None:
        draw(sets, plot)
    notes = [f"Expected calibration error, {name}: {calibration_error(j):.3f}" for name, j in sets]
    show((calibration_table(sets),), as_json=as_json, notes=notes)
