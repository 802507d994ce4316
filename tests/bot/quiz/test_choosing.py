"""Choosing draws by a seed, of what may be asked, and evenly."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NothingToAsk
from bot.quiz.choosing import choose, lesson_named, shuffled
from tests.bot.quiz.bank import choice, lesson

FOX, OWL = lesson("fox"), lesson("owl")


@given(seed=st.text(), count=st.integers(1, 30), free=st.booleans())
def test_no_question_comes_twice_and_none_in_free_text_unless_wanted(
    seed: str, count: int, free: bool
) -> None:
    chosen = choose([FOX, OWL], count, seed, free=free)
    assert len({question.id for question in chosen}) == len(chosen) == min(count, 16 + 2 * free)
    assert free or all(question.options for question in chosen)
    assert chosen == choose([FOX, OWL], count, seed, free=free)


def test_a_question_that_goes_moves_no_other_out_of_its_order() -> None:
    before = choose([FOX, OWL], 20, "s", free=True)
    less = replace(FOX, questions=FOX.questions[1:])
    left = [question for question in before if question is not FOX.questions[0]]
    assert choose([less, OWL], 20, "s", free=True) == left


def test_over_many_seeds_each_question_and_each_place_of_the_key_comes_as_often() -> None:
    firsts = Counter(choose([FOX], 1, str(n), free=False)[0].id for n in range(1600))
    assert all(140 < count < 260 for count in firsts.values())
    asked = choice("fox", 1)
    places = Counter(shuffled(asked, str(n)).index(asked.answer) for n in range(1600))
    assert all(330 < count < 470 for count in places.values())


def test_a_lesson_is_found_by_slug_or_title_and_what_asks_nothing_is_told() -> None:
    assert lesson_named([FOX, OWL], " OWL ") == [OWL]
    assert lesson_named([FOX, OWL], None) == [FOX, OWL]
    with pytest.raises(NothingToAsk):
        lesson_named([FOX, OWL], "newt")
    with pytest.raises(NothingToAsk):
        choose([lesson("newt", choices=0)], 5, "s", free=False)
