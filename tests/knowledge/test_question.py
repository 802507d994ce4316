"""Questions of the lesson files: what is read, and how every fault is told to the author."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.lesson import Lesson, LessonFaults, read_lesson
from knowledge.passages import Passage
from knowledge.question import LONGEST, plainly, read_questions

FRONT = """---
title: The fox
order: 3
summary: What a fox is.
tags: [fox]
sources:
  - title: A book of foxes
checked: 2026-01-31
---
"""
CHOICE = "Where does it sleep?\n+ in a den\n- in a nest\n- in a web\nwhy: It digs one.\n"
FREE = "What is a den good for?\n+ It keeps the young dry.\n"


def lesson_of(folder: Path, body: str) -> Lesson:
    """Read a lesson with `body`. Raises LessonFaults."""
    path = folder / "07-fox.md"
    path.write_text(FRONT + body, "utf-8")
    return read_lesson(path)


def section(heading: str, quiz: str, text: str = "A fox digs a den.") -> str:
    return f"## {heading}\n\n<!-- quiz:\n{quiz}-->\n\n{text}\n\n"


def faults_of(folder: Path, body: str) -> list[str]:
    with pytest.raises(LessonFaults) as found:
        lesson_of(folder, body)
    return [fault.removeprefix("07-fox.md: ") for fault in found.value.faults]


def test_choices_and_free_text_are_read_with_the_passage_they_rest_on(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, section("The den", f"{CHOICE}\n{FREE}"))
    choice, free = lesson.questions
    assert (choice.lesson, choice.passage) == ("fox", "fox#the-den")
    assert choice.text == "Where does it sleep?"
    assert choice.options == ("in a den", "in a nest", "in a web")
    assert (choice.answer, choice.why) == ("in a den", "It digs one.")
    assert (free.options, free.answer, free.why) == ((), "It keeps the young dry.", "")
    assert choice.id != free.id


def test_a_quiz_is_no_text_and_changes_nothing_that_is_indexed(tmp_path: Path) -> None:
    plain = lesson_of(tmp_path, "## The den\n\nA fox digs a den.\n")
    asked = lesson_of(tmp_path, section("The den", CHOICE))
    assert (asked.passages, asked.digest) == (plain.passages, plain.digest)


def test_an_id_stays_while_lesson_heading_and_text_do(tmp_path: Path) -> None:
    """Another place, other options, another reason and a longer passage do not change it."""
    (before,) = lesson_of(tmp_path, section("The den", CHOICE)).questions
    changed = CHOICE.replace("nest", "tree").replace("It digs one", "So it is")
    after = lesson_of(
        tmp_path,
        section("New", FREE) + section("The den", changed, "A fox. " * 300 + "\n\nIt has a den."),
    ).questions[1]
    assert before.id == after.id
    assert lesson_of(tmp_path, section("A den", CHOICE)).questions[0].id != before.id


def test_a_question_under_a_long_section_rests_on_the_part_that_answers_it(tmp_path: Path) -> None:
    text = "A fox hunts at night. " * 80 + "\n\nIt does sleep in a den.\n\n" + "Owls. " * 300
    lesson = lesson_of(tmp_path, section("The den", CHOICE, text))
    (part,) = (p for p in lesson.passages if p.id == lesson.questions[0].passage)
    assert len(lesson.passages) > 2
    assert "sleep in a den" in part.text


@pytest.mark.parametrize(
    ("quiz", "fault"),
    [
        ("+ in a den\n", "under 'A': '+ in a den' stands before any question"),
        ("Where?\n", "the question 'Where?' needs one line '+ …' with the right answer, and has n"),
        ("Where?\n+ a\n+ b\n", "needs one line '+ …' with the right answer, and has 2"),
        ("Where?\n+ a\n- b\n", "needs 2 or 3 wrong options, and has 1"),
        ("Where?\n+ a\n- b\n- c\n- d\n- e\n", "needs 2 or 3 wrong options, and has 4"),
        ("Where?\n+ a den\n- A  den.\n- c\n", "has two options that say the same"),
        ("Where?\n+ a\n-\n- c\n", "has a line with nothing behind its mark"),
        ("Where?\n+ a\nwhy: b\nwhy: c\n", "has more than one line 'why: …'"),
        ("W" * 251 + "\n+ a\n", "has more than 250 characters"),
        ("Where?\n+ " + "a" * 301 + "\n", "has more than 300 characters"),
        ("Where?\n+ a\n- b\n- " + "c" * 101 + "\n", "has more than 100 characters"),
        ("Where?\n+ a\nwhy: " + "c" * 251 + "\n", "has more than 250 characters"),
        (f"{FREE}\n{FREE}", "the question 'What is a den good for?' stands twice"),
    ],
)
def test_a_fault_is_told_in_an_authors_words(tmp_path: Path, quiz: str, fault: str) -> None:
    told = faults_of(tmp_path, section("A", quiz))
    assert len(told) == 1
    assert fault in told[0]


def test_all_faults_of_all_questions_are_told_together_with_the_lessons_others(
    tmp_path: Path,
) -> None:
    told = faults_of(
        tmp_path,
        section("A", "Where?\n- a\n\nWhen?\n+ b\n- B\n") + section("B", FREE, "") + "## C\n\n```\n",
    )
    for fault in ("'Where?' needs one", "'When?' needs 2 or 3", "'When?' has two", "under 'C'"):
        assert any(fault in line for line in told), fault
    assert "under 'B': there is a quiz but no text" in told


words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
lines = st.lists(words, min_size=1, max_size=4).map(" ".join)
unmarked = lines.filter(lambda line: line.split()[0] not in ("+", "-", "why:"))


@given(st.lists(st.tuples(unmarked, lines, st.lists(lines, max_size=3), lines | st.none())))
def test_what_is_written_in_a_quiz_is_what_is_read(
    written: list[tuple[str, str, list[str], str | None]],
) -> None:
    """Whatever characters it is made of; what cannot be used is told, and nothing else."""
    blocks = []
    for text, key, wrong, why in written:
        marked = [text, f"+ {key}", *(f"- {option}" for option in wrong)]
        blocks.append("\n".join([*marked, *([f"why: {why}"] if why else [])]))
    faults: list[str] = []
    passage = Passage("fox#a", "fox", "The fox", "A", (), "a", "A fox digs.")
    found = read_questions("A", ["<!-- quiz:\n" + "\n\n".join(blocks) + "\n-->"], [passage], faults)
    sound = all(
        len(wrong) != 1
        and len({plainly(option) for option in (key, *wrong)}) == len(wrong) + 1
        and max(map(len, (key, *wrong))) <= LONGEST["option"]
        for _, key, wrong, _ in written
    )
    assert sound == (not faults)
    if sound:
        assert [(q.text, q.answer, list(q.options[1:]), q.why or None) for q in found] == written
