"""Follow-ups: questions of the lessons beside what was answered, none asked twice."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.followups import LEAST, MOST, find_follow_up, follow_ups, tongue_of
from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED, Lesson
from knowledge.passages import Passage

LESSONS = curriculum([SHIPPED]).lessons
PASSAGES = [passage for lesson in LESSONS for passage in lesson.passages]
ASKS = {ask for passage in PASSAGES for ask in passage.asks}


def lesson(slug: str, *sections: tuple[str, ...]) -> Lesson:
    """Return a lesson with a passage for each section, which asks these questions."""
    passages = tuple(
        Passage(f"{slug}#{n}", slug, slug, f"Part {n}", (), str(n), "Text.", asks)
        for n, asks in enumerate(sections)
    )
    return Lesson(slug, slug, 1, slug, (), (), dt.date(2026, 1, 1), passages, slug)


DEN = lesson(
    "den",
    ("What is a den made of?", "Woraus ist ein Bau?"),
    ("Why does the fox dig at night?", "Warum gräbt der Fuchs in der Nacht?"),
    ("how long is the tunnel of a fox",),
    ("what about it", "one of those?", "tunnels, in short"),
)
FOOD = lesson("food", ("Which mice does a fox eat?", "Welche Mäuse frisst der Fuchs?"))
SHELF = (DEN, FOOD)


def texts(asked: str, *near: Passage) -> list[str]:
    return [each.text for each in follow_ups([asked], near, SHELF)]


def test_the_next_passage_comes_first_then_the_next_lesson_then_the_rest() -> None:
    found = texts("Where does a fox live?", DEN.passages[0])
    assert found[:2] == ["Why does the fox dig at night?", "Which mice does a fox eat?"]
    assert found[2] == "How long is the tunnel of a fox?"


def test_what_was_cited_together_comes_before_the_next_lesson() -> None:
    found = texts("Where does a fox live?", DEN.passages[0], DEN.passages[2])
    assert found.index("How long is the tunnel of a fox?") == 1


def test_nothing_that_was_asked_is_offered_again() -> None:
    before = ["Which mice does a fox eat?", "so why does the fox dig at night"]
    found = follow_ups(before, DEN.passages[:1], SHELF)
    assert [each.text for each in found] == []  # one alone is no choice
    again = follow_ups(before[1:], DEN.passages[:1], SHELF)
    assert again[0].text == "Which mice does a fox eat?"


def test_questions_of_the_asked_language_are_offered_and_english_fills_up() -> None:
    assert texts("Wo wohnt der Fuchs?", DEN.passages[0]) == [
        "Warum gräbt der Fuchs in der Nacht?",
        "Welche Mäuse frisst der Fuchs?",
    ]
    chinese = texts("狐狸住在哪里？", DEN.passages[0])
    assert len(chinese) == LEAST
    assert all(text.isascii() for text in chinese)


def test_a_question_that_points_at_what_is_not_there_is_not_offered() -> None:
    assert not {"What about it?", "One of those?", "Tunnels, in short"} & set(
        texts("Where does a fox live?", DEN.passages[2])
    )


@given(st.data())
def test_every_passage_of_the_lessons_has_follow_ups_and_each_key_finds_its_question(
    data: st.DataObject,
) -> None:
    """Whatever is asked of it: two or three, all different, each one that the lessons ask."""
    passage = data.draw(st.sampled_from(PASSAGES))
    asked = data.draw(st.sampled_from([*passage.asks, passage.heading]) | st.text(max_size=60))
    found = follow_ups([asked], [passage], LESSONS)
    assert LEAST <= len(found) <= MOST
    assert len({each.text for each in found}) == len(found)
    for each in found:
        assert find_follow_up(each.key, LESSONS) == each.text
        assert each.text.casefold().strip("?") not in asked.casefold() or not asked
        assert any(each.text.casefold().rstrip("?") == a.casefold().rstrip("?") for a in ASKS)


def test_a_key_of_nothing_finds_nothing_and_without_lessons_nothing_is_offered() -> None:
    assert find_follow_up("", LESSONS) is None
    assert find_follow_up("0" * 16, LESSONS) is None
    assert follow_ups(["Why?"], DEN.passages[:1], ()) == ()
    assert follow_ups(["Why?"], (), SHELF) == ()


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("What is a token?", "en"),
        ("Was ist ein Token?", "de"),
        ("¿qué es un token?", "es"),
        ("c'est quoi un token de fin ?", "fr"),
        ("Che cos'è un modello base?", "it"),
        ("O que é um modelo de fronteira?", "pt"),
        ("RLHF nedir?", "tr"),
        ("什么是 token？", "zh"),
        ("トークンとは何ですか？", "ja"),
        ("token", "en"),
    ],
)
def test_the_language_of_a_question_is_told_by_its_writing_or_small_words(
    text: str, tongue: str
) -> None:
    assert tongue_of(text) == tongue
