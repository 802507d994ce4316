"""Quiz questions: how many there are, and how well the check tells sound ones from unsound ones.

`bench/labels/quiz.jsonl` holds questions on shipped passages, written as a small model writes
them and before the check was made: good ones (a key to the letter, in other words, in free text)
and broken ones (a false key, a false number, a key that was put in another's place, an answer of
another passage, an option that is right as well or says the same, a question that tells its
answer).

Thresholds were chosen on the split "tune"; one (`SAME_MEANING`) was lowered once more after a
look at the only error of "report". The split "blind" was written after that, and nothing was
changed by it: its figures count.

"made" questions are broken by rule from the written ones: each wrong option in the key's place,
and each question on each other passage of its lesson. The latter may now and then say the same.
Kept means that no fault was found; the model's own second look (`bot.questions`) is not part.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import click

from bench.labels import LabelsInvalid
from bench.stacks import load_packaged
from bench.tables import Cell, Table, show
from bot.evidence import Evidence, evidence_of
from bot.soundness import claims_of, faults
from knowledge.curriculum import curriculum
from knowledge.embedding import Embedder
from knowledge.lesson import SHIPPED, Lesson
from knowledge.passages import Passage
from knowledge.question import Draft, Question
from knowledge.sentences import split_sentences

LABELS = Path(__file__).parent / "labels" / "quiz.jsonl"
SPLITS = ("tune", "report", "blind")
OF_KEY = ("the passage ", "the answer ", "the question tells")
"""What a fault of the key begins with; the others are of the options."""


@dataclass(frozen=True, slots=True)
class Label:
    """A question, and whether it is good; `kind` tells in which way it is or is not."""

    split: str
    kind: str
    good: bool
    question: Question


def load_labels(passages: dict[str, Passage]) -> tuple[Label, ...]:
    """Read the labelled questions on `passages`. Raises LabelsInvalid."""
    found = []
    for number, line in enumerate(LABELS.read_text(encoding="utf-8").splitlines(), 1):
        told = json.loads(line)
        draft = Draft(told["text"], [told["key"]], told["wrong"])
        if told["passage"] not in passages or told["split"] not in SPLITS:
            raise LabelsInvalid(f"quiz.jsonl: line {number} has another passage or split")
        if reasons := list(draft.faults()):
            raise LabelsInvalid(f"quiz.jsonl: line {number} {reasons[0]}")
        question = draft.on(passages[told["passage"]])
        found.append(Label(told["split"], told["kind"], told["good"], question))
    return tuple(found)


class Check:
    """Judges questions on passages, each of which is made ready once."""

    def __init__(self, embedder: Embedder, passages: dict[str, Passage]) -> None:
        self._encode = embedder.encode_now
        self._passages = passages
        self._evidence = cache(self._ready)

    def _ready(self, name: str) -> Evidence:
        passage = self._passages[name]
        sentences = split_sentences(passage.text)
        return evidence_of(passage, sentences, self._encode(sentences))

    def faults(self, question: Question) -> tuple[str, ...]:
        """Return what speaks against `question` on the passage that it names."""
        claims = claims_of(question)
        rows = self._encode((*claims, *question.options))
        evidence = self._evidence(question.passage)
        return tuple(faults(question, rows[: len(claims)], rows[len(claims) :], evidence))


def counts(lessons: Sequence[Lesson]) -> Table:
    """Count the questions of each lesson; those of the roster are generated from its rows."""
    rows: list[tuple[Cell, ...]] = []
    for lesson in lessons:
        choices = sum(bool(question.options) for question in lesson.questions)
        asked = len({question.passage for question in lesson.questions})
        free = len(lesson.questions) - choices
        rows.append((lesson.slug, choices, free, asked, len(lesson.passages)))
    rows.append(("all", *(sum(int(str(row[n])) for row in rows) for n in range(1, 5))))
    columns = ("lesson", "choices", "free text", "passages asked of", "passages")
    return Table("questions", "Questions by lesson", columns, tuple(rows))


def labelled(check: Check, labels: Sequence[Label]) -> tuple[Table, Table]:
    """By split and kind: the share judged rightly; and how many good ones are among those kept."""
    seen = [(label, not check.faults(label.question)) for label in labels]
    rows: list[tuple[Cell, ...]] = []
    kept: list[tuple[Cell, ...]] = []
    for split in SPLITS:
        here = [one for one in seen if one[0].split == split]
        for good, name in ((True, "good"), (False, "broken")):
            chosen = [one for one in here if one[0].good == good]
            rows.extend(
                _judged(split, kind, [one for one in chosen if one[0].kind == kind])
                for kind in sorted({label.kind for label, _ in chosen})
            )
            rows.append(_judged(split, f"all {name}", chosen))
        good_ones = [label.good for label, passes in here if passes]
        kept.append((split, len(here), len(good_ones), sum(good_ones) / max(1, len(good_ones))))
    return (
        Table(
            "labelled",
            "Labelled questions judged rightly",
            ("split", "kind", "wanted", "n", "share"),
            tuple(rows),
        ),
        Table(
            "kept",
            "Labelled questions that are kept",
            ("split", "n", "kept", "good among them"),
            tuple(kept),
        ),
    )


def _judged(split: str, kind: str, seen: Sequence[tuple[Label, bool]]) -> tuple[Cell, ...]:
    right = [kept == label.good for label, kept in seen]
    wanted = "keep" if seen[0][0].good else "catch"
    return (split, kind, wanted, len(right), sum(right) / len(right))


def written(check: Check, lessons: Iterable[Lesson]) -> tuple[Table, Table]:
    """Judge the written questions as they are, and as they are broken by rule."""
    every = [lesson for lesson in lessons if lesson.slug != "roster"]
    questions = [question for lesson in every for question in lesson.questions]
    told = {question.id: check.faults(question) for question in questions}
    sound = [not faults for faults in told.values()]
    keys = [not any(fault.startswith(OF_KEY) for fault in faults) for faults in told.values()]
    turned = [bool(check.faults(question)) for question in _turned(questions)]
    moved = [bool(check.faults(question)) for question in _moved(every)]
    rows: list[tuple[Cell, ...]] = [
        ("written: the key is seen to be supported", len(keys), sum(keys) / len(keys)),
        ("written: kept by the whole check", len(sound), sum(sound) / len(sound)),
        ("made: another option as the key, caught", len(turned), sum(turned) / len(turned)),
        ("made: on another passage, caught", len(moved), sum(moved) / len(moved)),
    ]
    reasons = Counter(fault.rpartition("'")[2].strip() for each in told.values() for fault in each)
    return (
        Table("written", "Written questions", ("questions", "n", "share"), tuple(rows)),
        Table(
            "reasons",
            "What the check has against written questions",
            ("reason", "n"),
            tuple(reasons.most_common()),
        ),
    )


def _turned(questions: Iterable[Question]) -> Iterator[Question]:
    for question in questions:
        for wrong in question.options[1:]:
            rest = (option for option in question.options if option != wrong)
            yield replace(question, options=(wrong, *rest), answer=wrong)


def _moved(lessons: Iterable[Lesson]) -> Iterator[Question]:
    for lesson in lessons:
        for question in lesson.questions:
            for passage in lesson.passages:
                if passage.id != question.passage:
                    yield replace(question, passage=passage.id)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:  # noqa: FBT001  click passes options by name
    """Count quiz questions, and tell how well unsound ones are caught."""
    lessons = curriculum([SHIPPED]).lessons
    passages = {passage.id: passage for lesson in lessons for passage in lesson.passages}
    check = Check(load_packaged(), passages)
    tables = (
        counts(lessons),
        *labelled(check, load_labels(passages)),
        *written(check, lessons),
    )
    note = "Those of the roster are made from its rows: their keys and options need no check."
    show(tables, as_json=as_json, notes=(note,))
