"""Is a question sound? By the real embedding model, on a passage of the shipped lessons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.evidence import evidence_of
from bot.soundness import claims_of, faults
from knowledge.embedding import Embedder
from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.question import Draft, Question
from knowledge.sentences import split_sentences

SAMPLING = "sampling#temperature-how-bold-the-choice-is"
AGENT = "glossary#glossary-agent-tool-calling-and-mcp"


@pytest.fixture
def passages(shipped: tuple[Lesson, ...]) -> dict[str, Passage]:
    return {passage.id: passage for lesson in shipped for passage in lesson.passages}


def found(embedder: Embedder, passage: Passage, question: Question) -> tuple[str, ...]:
    """Return what speaks against the question."""
    encode = embedder.encode_now
    sentences = split_sentences(passage.text)
    evidence = evidence_of(passage, sentences, encode(sentences))
    options = encode(question.options or ("",))
    return tuple(faults(question, encode(claims_of(question)), options, evidence))


def on(passage: Passage, text: str, key: str, *wrong: str) -> Question:
    return Draft(text, [key], list(wrong)).on(passage)


def agent(passages: dict[str, Passage]) -> Question:
    """Return a sound question."""
    return on(
        passages[AGENT],
        "What is an agent?",
        "a program in which a model chooses tools and steps in a loop",
        "a person who labels data",
        "a server that stores passages",
    )


def test_a_question_whose_key_alone_stands_in_the_passage_is_sound(
    embedder: Embedder, passages: dict[str, Passage]
) -> None:
    assert found(embedder, passages[AGENT], agent(passages)) == ()


def test_a_model_answer_in_free_text_is_held_against_the_passage_as_it_stands(
    embedder: Embedder, passages: dict[str, Passage]
) -> None:
    text = "What does tool calling mean?"
    true = "The model writes a structured request, and the program runs the tool."
    false = "The teacher writes worked solutions that a smaller student imitates."
    passage = passages[AGENT]
    assert found(embedder, passage, on(passage, text, true)) == ()
    assert found(embedder, passage, on(passage, text, false)) != ()


@pytest.mark.parametrize(
    ("text", "key", "wrong", "reason"),
    [
        ("What does a temperature of 0 mean?", "nucleus", "random", "does not say the answer"),
        ("Where do foxes dig a den at night?", "greedy decoding", "owls", "not speak of what is"),
        ("What is Ollama's default temperature?", "0.2", "random", "lacks a number"),
        ("Of what is 0.8 the default?", "temperature 0.8", "random", "repeats a number"),
        ("Which greedy decoding is it?", "greedy decoding", "random", "tells its answer"),
        ("What does the passage name?", "greedy decoding", "random", "readers do not see"),
        ("What suits low values?", "code", "extraction", "'extraction' might be right as well"),
        ("What suits low values?", "code", "codes", "'codes' may say the same"),
        ("What suits low values?", "code", "all of them", "'all of them' has no words"),
    ],
)
def test_each_reason_against_a_question_is_told(
    embedder: Embedder, passages: dict[str, Passage], text: str, key: str, wrong: str, reason: str
) -> None:
    passage = passages[SAMPLING]
    told = found(embedder, passage, on(passage, text, key, wrong, "a picture of a whale"))
    assert any(reason in fault for fault in told), told


def test_an_answer_of_another_passage_and_a_key_put_in_anothers_place_are_refused(
    embedder: Embedder, passages: dict[str, Passage]
) -> None:
    question = agent(passages)
    assert found(embedder, passages[SAMPLING], question)
    key, first, *rest = question.options
    turned = replace(question, options=(first, key, *rest), answer=first)
    assert found(embedder, passages[AGENT], turned)
