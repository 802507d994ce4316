"""The shipped lessons: all can be used, and together they state every labelled fact."""

from __future__ import annotations

from bench.labels import load_facts, states
from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED, survey


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
