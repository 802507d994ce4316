"""Words: the lexical index, the speller, and what leans on an earlier turn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.embedding import Embedder
from knowledge.lexical import Lexicon, Speller, Words, leans, terms

TEXTS = {
    "fox": "A fox digs a den in a wood.",
    "owl": "An owl nests in a hollow tree in a wood.",
    "bee": "A bee lives in a hive with a queen.",
}


def _words(texts: Iterable[str]) -> Words:
    return Words.build((text, text) for text in texts)


WORDS = _words(TEXTS.values())
LEXICON = Lexicon([WORDS])


def _shares(lexicon: Lexicon, question: str) -> dict[str, float]:
    return dict(zip(TEXTS, lexicon.shares(question).tolist(), strict=True))


VOCABULARY = sorted({word for text in TEXTS.values() for word in text.split()} | {"zebra", "?"})


@given(st.lists(st.sampled_from(VOCABULARY), max_size=12), st.text(max_size=30))
def test_a_share_lies_between_0_and_1_for_every_question(said: list[str], more: str) -> None:
    shares = _shares(LEXICON, " ".join([*said, more]))
    assert all(0 <= share <= 1 for share in shares.values())


def test_the_document_with_the_words_has_the_highest_share() -> None:
    shares = _shares(LEXICON, "Which queen is in the hives?")
    assert max(shares, key=lambda name: shares[name]) == "bee"
    assert shares["fox"] == shares["owl"] == 0


def test_words_that_stand_nowhere_lower_the_share() -> None:
    assert _shares(LEXICON, "fox football cup")["fox"] < _shares(LEXICON, "fox")["fox"]


@pytest.mark.parametrize("question", ["", "?", "the of and", "zebra giraffe"])
def test_a_question_without_a_known_word_scores_nothing(question: str) -> None:
    assert set(LEXICON.shares(question).tolist()) == {0.0}


def test_a_saved_index_scores_as_before(tmp_path: Path) -> None:
    WORDS.save(tmp_path / "words.npz")
    again = Words.load(tmp_path / "words.npz")
    question = "a fox in a hollow tree"
    assert _shares(Lexicon([again]), question) == _shares(LEXICON, question)
    assert (again.own, again.known) == (WORDS.own, WORDS.known)


@settings(deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_a_document_scores_the_same_in_whichever_segments_they_lie(
    said: list[str], first: int, second: int
) -> None:
    """Also where a segment is empty."""
    texts = list(TEXTS.values())
    cuts = sorted([first, second])
    parts = [texts[: cuts[0]], texts[cuts[0] : cuts[1]], texts[cuts[1] :]]
    apart = Lexicon([_words(part) for part in parts])
    question = " ".join(said)
    assert apart.shares(question).tolist() == pytest.approx(LEXICON.shares(question).tolist())


def test_documents_without_a_word_keep_their_place() -> None:
    empty, fox, none = Lexicon([_words(["?", "fox", ""])]).shares("fox")
    assert fox > 0
    assert empty == none == 0


def test_forms_of_a_word_are_one_term() -> None:
    assert terms("Training trained the models") == terms("trains train model")


THOUGHT = "A reasoning model thinks. Quantize the weights of an instruct model."
SPELLER = Speller(
    [Words.build([(THOUGHT, f"{THOUGHT} Mistral")])],
    frozenset({"question", "answer", "house", "modest"}),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("what is a reasning modle", "what is a reasoning model"),
        ("quantise wieghts", "quantize weights"),
        ("Instrct?", "instruct?"),
        ("my queston", "my question"),
    ],
)
def test_a_slip_is_mended(typed: str, meant: str) -> None:
    assert SPELLER.mend(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "What does a modest house answer?",
        "Mistral, MISTRAL",
        "Wie heißt das Größte?",
        "什么是基座模型？",
        "Which one has GPT-4o or o1?",
        "¿Cuánto cuesta entrenarlo?",
    ],
)
def test_known_words_and_other_languages_are_left_alone(question: str) -> None:
    assert SPELLER.mend(question) == question


@given(st.text(max_size=60))
def test_mending_keeps_everything_between_words(text: str) -> None:
    """It replaces words only, and a second time changes nothing."""
    mended = SPELLER.mend(text)
    assert SPELLER.mend(mended) == mended
    assert [c for c in mended if not c.isalnum() and c not in "'’"] == [
        c for c in text if not c.isalnum() and c not in "'’"
    ]


@pytest.mark.parametrize(
    "question", ["And the other?", "What about its licence?", "Why?", "", "¿Y el otro modelo?"]
)
def test_a_follow_up_leans_on_what_was_said(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question", ["What is a base model?", "How do I fine-tune an instruct model?"]
)
def test_a_whole_question_stands_alone(question: str) -> None:
    assert not leans(question)


@pytest.mark.parametrize(
    "question",
    ["what is a base model", "how do I bake bread", "instruct model", "Which one is it?"],
)
def test_a_question_in_english_is_legible(embedder: Embedder, question: str) -> None:
    assert Speller([_words(["an instruct model"])], embedder.words).reads(question)


@pytest.mark.parametrize(
    "question",
    ["Was ist ein Basismodell und wofür benutzt man es?", "基础模型是什么？", "यह मॉडल क्या है?"],
)
def test_a_question_in_another_language_is_not_legible(embedder: Embedder, question: str) -> None:
    assert not Speller([_words(["an instruct model"])], embedder.words).reads(question)
