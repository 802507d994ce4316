"""The shipped lessons: all can be used, and together they state every labelled fact."""

from __future__ import annotations

from bench.labels import load_facts, states
from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED, survey
from knowledge.question import plainly


def test_every_shipped_lesson_is_valid() -> None:
    """The failure names every fault of every file."""
    found = survey([SHIPPED])
    assert not found.faults, "\n".join(found.faults)
    assert len(found.lessons) == len(list(SHIPPED.glob("*.md")))


def test_the_shipped_lessons_have_an_order_of_their_own_each() -> None:
    orders = [lesson.order for lesson in survey([SHIPPED]).lessons]
    assert sorted(set(orders)) == orders


def test_every_labelled_fact_is_stated_by_some_passage() -> None:
    """The failure names every fact that no single passage states."""
    passages = [
        f"{passage.heading}\n{passage.text}"
        for lesson in curriculum([SHIPPED]).lessons
        for passage in lesson.passages
    ]
    missing = [
        fact.statement
        for fact in load_facts().values()
        if not any(states(fact, text) for text in passages)
    ]
    assert not missing, "\n".join(missing)


def test_every_shipped_lesson_asks_choices_and_free_text_on_several_passages() -> None:
    thin = []
    for lesson in survey([SHIPPED]).lessons:
        choices = [question for question in lesson.questions if question.options]
        passages = {question.passage for question in lesson.questions}
        if len(choices) < 3 or len(choices) == len(lesson.questions) or len(passages) < 3:
            thin.append(lesson.slug)
    assert not thin


def test_no_shipped_question_gives_its_answer_away() -> None:
    """Neither by its own words, nor by the length of its key beside the other options."""
    questions = [q for lesson in survey([SHIPPED]).lessons for q in lesson.questions]
    told = [q.text for q in questions if f" {plainly(q.answer)} " in f" {plainly(q.text)} "]
    assert not told
    choices = [list(map(len, question.options)) for question in questions if question.options]
    longest = sum(key > max(wrong) for key, *wrong in choices)
    shortest = sum(key < min(wrong) for key, *wrong in choices)
    assert longest < len(choices) / 3
    assert shortest < len(choices) / 3
