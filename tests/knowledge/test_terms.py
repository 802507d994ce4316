"""Terms: the field's words of other languages, said in English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.terms import LONGEST, Terms

SHIPPED = Terms.load()


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Erklär mir Basismodelle", "base model"),
        ("Perché i modelli base continuano il testo?", "base model"),
        ("¿Qué es la alucinación?", "hallucination, untrue text"),
        ("Kuantizasyon NEDİR?", "quantization, fewer bits per weight"),
        ("思维链是什么", "chain-of-thought"),
        ("ما هي الهلوسة؟", "hallucination, untrue text"),
    ],
)
def test_a_term_is_found_in_any_form_that_begins_like_it(question: str, named: str) -> None:
    assert named in SHIPPED.english(question)


def test_the_longer_of_two_terms_at_one_place_counts() -> None:
    terms = Terms(
        {"model": ["modell"], "language model": ["sprachmodell"], "base": ["modell base"]}
    )
    assert terms.english("ein Sprachmodell") == ("language model",)
    assert terms.english("i modelli base") == ("base",)


def test_a_beginning_inside_a_word_does_not_count_where_words_have_spaces() -> None:
    assert Terms({"spear": ["lance"]}).english("une balance") == ()
    assert Terms({"rapid": ["rapid "]}).english("rapidement") == ()


def test_terms_stand_once_and_in_the_order_of_the_question() -> None:
    terms = Terms({"one": ["uno"], "two": ["dos"]})
    assert terms.english("dos, uno, dos") == ("two", "one")


@given(st.text(max_size=3 * LONGEST))
def test_any_text_names_only_terms_of_the_file(text: str) -> None:
    assert set(SHIPPED.english(text)) <= set(SHIPPED.names)
