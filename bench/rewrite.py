"""Rewriting: which questions would be rewritten for retrieval, were there a model.

A question is rewritten when the search is too unsure that the lessons cover it
(`bot.asking.REWRITE_BELOW` against `Found.covered`). Rewriting costs a call of the
model before the answer begins: questions that stand alone in English should seldom
need it, misspelt ones, other languages and leaning follow-ups mostly. The last
columns say whether that falls where it pays: the share of questions whose facts
are not in the first four hits, and how many of those would be rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from bench.labels import Question, Split, hit_at, load_foreign, load_questions
from bench.stacks import HITS, load_packaged, our_search, previous_turn, shipped, texts
from bench.tables import Cell, Table, show
from bot.asking import REWRITE_BELOW
from knowledge.search import Search

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
DEPTH = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """How sure a search was of a question, and whether it missed a fact (None: it has none)."""

    kind: str
    covered: float
    missed: bool | None


def look(search: Search, questions: Iterable[Question]) -> list[Seen]:
    """Search each question as it was asked."""
    seen = []
    for question in questions:
        found = search.find(question.question, previous_turn(question), None, HITS)
        missed = not hit_at(question, texts(found), DEPTH) if question.facts else None
        seen.append(Seen(question.kind, found.covered if found.legible else 0.0, missed))
    return seen


def rewrite_table(seen: Sequence[Seen], thresholds: Sequence[float]) -> Table:
    """By kind: the share rewritten at each threshold, and of those missed at REWRITE_BELOW."""
    rows: list[tuple[Cell, ...]] = []
    for kind in dict.fromkeys(one.kind for one in seen):
        chosen = [one for one in seen if one.kind == kind]
        missed = [one for one in chosen if one.missed]
        rows.append(
            (
                kind,
                len(chosen),
                *(_below(chosen, threshold) for threshold in thresholds),
                None if chosen[0].missed is None else len(missed) / len(chosen),
                _below(missed, REWRITE_BELOW) if missed else None,
            )
        )
    columns = (
        "kind",
        "n",
        *(f"< {threshold:g}" for threshold in thresholds),
        "missed at 4",
        f"of them < {REWRITE_BELOW:g}",
    )
    return Table("rewritten", "Share of questions rewritten, by threshold", columns, tuple(rows))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--split", type=click.Choice(["report", "tune"]), default="report", show_default=True)
@click.option("--without-asks", is_flag=True, help="As if no lesson listed questions it answers.")
def command(
    as_json: bool,  # noqa: FBT001  click passes options by name
    split: Split,
    without_asks: bool,  # noqa: FBT001  as above
) -> None:
    """Tell which kinds of question would be rewritten for retrieval."""
    with our_search(load_packaged(), shipped(asks=not without_asks)) as search:
        seen = look(search, (*load_questions(split), *load_foreign(split)))
    note = f"Split {split}. In the code: rewritten below {REWRITE_BELOW:g}."
    show((rewrite_table(seen, THRESHOLDS),), as_json=as_json, notes=(note,))


def _below(seen: Sequence[Seen], threshold: float) -> float:
    return sum(one.covered < threshold for one in seen) / len(seen)
