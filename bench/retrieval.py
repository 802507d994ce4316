"""Retrieval: our search beside the plain dense baseline, on the labelled questions.

`bench.labels` defines hit@k and the reciprocal rank, counted within 6,000 characters.
Wrongly declined: the lessons answer the question, and the gate says they do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import click

from bench.labels import (
    Question,
    Split,
    hit_at,
    load_foreign,
    load_questions,
    reciprocal_rank,
)
from bench.stacks import (
    HITS,
    load_packaged,
    other_lessons,
    our_search,
    plain_baseline,
    previous_turn,
    shipped,
    texts,
)
from bench.tables import Cell, Table, quantile, show
from bot.grounding import may_answer
from knowledge.search import Search

NOT_PLAIN = ("follow_up", "other_language")
"""Kinds that are not English single turns."""

DEPTHS = (1, 3, 4, 8)


@dataclass(frozen=True, slots=True)
class Result:
    """What a search found for a question; `seconds` is the whole query, embedding included."""

    question: Question
    texts: tuple[str, ...]
    seconds: float
    declined: bool = False


def ask_ours(search: Search, questions: Iterable[Question]) -> list[Result]:
    """Search each question, a follow-up with the turn before it."""
    results = []
    for question in questions:
        begun = time.perf_counter()
        found = search.find(question.question, previous_turn(question), None, HITS)
        seconds = time.perf_counter() - begun
        results.append(Result(question, texts(found), seconds, not may_answer(found)))
    return results


def ask_plain(
    find: Callable[[str], tuple[str, ...]], questions: Iterable[Question]
) -> list[Result]:
    """Search each question as it stands: the plain baseline knows no turns."""
    results = []
    for question in questions:
        begun = time.perf_counter()
        found = find(question.question)
        results.append(Result(question, found, time.perf_counter() - begun))
    return results


def quality_table(ours: Sequence[Result], plain: Sequence[Result]) -> Table:
    """Hits and reciprocal ranks by subject and kind; the English single turns together, and all."""
    kinds = sorted({result.question.kind for result in ours})
    single = tuple(kind for kind in kinds if kind not in NOT_PLAIN)
    groups: list[tuple[str, tuple[str, ...]]] = [(kind, (kind,)) for kind in kinds]
    groups += [("English single turns", single), ("all", tuple(kinds))]
    rows: list[tuple[Cell, ...]] = []
    for about in sorted({result.question.about for result in ours}, reverse=True):
        for name, members in groups:
            chosen = [
                [r for r in side if r.question.kind in members and r.question.about == about]
                for side in (ours, plain)
            ]
            if chosen[0]:
                scores = (*_scores(chosen[0]), *_scores(chosen[1]))
                rows.append((about, name, len(chosen[0]), *scores))
    heads = (*(f"hit@{k}" for k in DEPTHS), "MRR")
    columns = ("about", "kind", "n", *heads, *(f"plain {head}" for head in heads))
    return Table("quality", "Facts found within 6,000 characters", columns, tuple(rows))


def declined_table(ours: Sequence[Result], foreign: Sequence[Result]) -> Table:
    """Shares declined: of what the lessons answer (wrongly), and of each kind they do not."""
    rows: list[tuple[Cell, ...]] = []
    for about in sorted({result.question.about for result in ours}, reverse=True):
        mine = [result for result in ours if result.question.about == about]
        rows.append((f"answerable, {about} (wrongly)", len(mine), _declined(mine)))
    for kind in sorted({result.question.kind for result in foreign}):
        chosen = [result for result in foreign if result.question.kind == kind]
        rows.append((kind, len(chosen), _declined(chosen)))
    return Table("declined", "Declined by the gate", ("questions", "n", "share"), tuple(rows))


def latency_table(ours: Sequence[Result], plain: Sequence[Result], alone: Sequence[float]) -> Table:
    """Milliseconds of a query; `alone` are seconds of embedding the question and nothing else."""
    sides = (
        ("our search", [result.seconds for result in ours]),
        ("of it, embedding the question", alone),
        ("plain baseline", [result.seconds for result in plain]),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, 1000 * quantile(found, 0.5), 1000 * quantile(found, 0.95)) for name, found in sides
    )
    return Table("latency", "Milliseconds a query", ("query", "p50", "p95"), rows)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--split", type=click.Choice(["report", "tune"]), default="report", show_default=True)
@click.option("--without-asks", is_flag=True, help="As if no lesson listed questions it answers.")
@click.option("--crowded", is_flag=True, help="Among twelve lessons on other subjects.")
def command(
    as_json: bool,  # noqa: FBT001  click passes options by name
    split: Split,
    without_asks: bool,  # noqa: FBT001  as above
    crowded: bool,  # noqa: FBT001  as above
) -> None:
    """Measure our search beside the plain dense baseline."""
    embedder = load_packaged()
    lessons = (*shipped(asks=not without_asks), *(other_lessons() if crowded else ()))
    questions, foreign = load_questions(split), load_foreign(split)
    baseline = plain_baseline(embedder, lessons)
    baseline.find(questions[0].question)  # warm
    with our_search(embedder, lessons) as search:
        ours, far = ask_ours(search, questions), ask_ours(search, foreign)
    plain = ask_plain(baseline.find, questions)
    alone = []
    for question in questions:
        begun = time.perf_counter()
        embedder.read([question.question])
        alone.append(time.perf_counter() - begun)
    passages = sum(len(lesson.passages) for lesson in lessons)
    show(
        (
            quality_table(ours, plain),
            declined_table(ours, far),
            latency_table(ours[1:], plain, alone),  # the first opens the index
        ),
        as_json=as_json,
        notes=(f"Split {split}; {passages} passages, {len(baseline.chunks)} plain chunks.",),
    )


def _scores(results: Sequence[Result]) -> list[float]:
    hits = [
        sum(hit_at(result.question, result.texts, k) for result in results) / len(results)
        for k in DEPTHS
    ]
    ranks = sum(reciprocal_rank(result.question, result.texts) for result in results)
    return [*hits, ranks / len(results)]


def _declined(results: Sequence[Result]) -> float:
    return sum(result.declined for result in results) / len(results)
