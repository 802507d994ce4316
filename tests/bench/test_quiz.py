"""The bench of quiz questions: its labels hold together, and it counts what it says it counts."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.quiz import Check, counts, labelled, load_labels, written
from knowledge.embedding import Embedder
from knowledge.lesson import Lesson
from knowledge.passages import Passage

GOOD = {"free", "literal", "paraphrase"}


@pytest.fixture
def passages(shipped: tuple[Lesson, ...]) -> dict[str, Passage]:
    return {passage.id: passage for lesson in shipped for passage in lesson.passages}


def test_the_labels_are_many_of_both_kinds_in_each_split_and_stand_there_once(
    passages: dict[str, Passage],
) -> None:
    labels = load_labels(passages)
    sides = Counter((label.split, label.good) for label in labels)
    assert len(labels) >= 100
    assert len(sides) == 6
    assert min(sides.values()) >= 25
    assert all((label.kind in GOOD) == label.good for label in labels)
    asked = [
        (label.question.passage, label.question.text, label.question.answer) for label in labels
    ]
    assert len(set(asked)) == len(asked)


def test_every_question_of_every_lesson_is_counted(shipped: tuple[Lesson, ...]) -> None:
    rows = counts(shipped).records()
    assert [row["lesson"] for row in rows] == [*(lesson.slug for lesson in shipped), "all"]
    total = sum(len(lesson.questions) for lesson in shipped)
    assert int(str(rows[-1]["choices"])) + int(str(rows[-1]["free text"])) == total


def test_what_is_kept_and_caught_is_told_by_split(
    embedder: Embedder, passages: dict[str, Passage]
) -> None:
    labels = load_labels(passages)
    few = list({(label.split, label.kind): label for label in labels}.values())
    judged, kept = labelled(Check(embedder, passages), few)
    rows = judged.records()
    totals = [row["n"] for row in rows if str(row["kind"]).startswith("all")]
    assert sum(map(int, map(str, totals))) == len(few)
    assert [row["split"] for row in kept.records()] == ["tune", "report", "blind"]
    assert all(0 <= float(str(row["share"])) <= 1 for row in rows)


def test_questions_broken_by_rule_are_nearly_all_caught(
    embedder: Embedder, shipped: tuple[Lesson, ...], passages: dict[str, Passage]
) -> None:
    """On one lesson; `bench quiz` tells it of all."""
    (lesson,) = (lesson for lesson in shipped if lesson.slug == "quantization")
    table, reasons = written(Check(embedder, passages), [lesson])
    of = {str(row["questions"]).partition(",")[0]: row for row in table.records()}
    turned = of["made: another option as the key"]
    moved = of["made: on another passage"]
    wrong = sum(len(question.options[1:]) for question in lesson.questions)
    others = len(lesson.questions) * (len(lesson.passages) - 1)
    assert (turned["n"], moved["n"]) == (wrong, others)
    assert float(str(turned["share"])) > 0.9
    assert float(str(moved["share"])) > 0.9
    assert reasons.records()
