"""Searching the shipped lessons: what is found, in which order, and what the numbers mean."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.door import Door
from knowledge.embedding import Embedder
from knowledge.identity import ModelIdentity
from knowledge.index import Index
from knowledge.lesson import Lesson
from knowledge.passages import Found, SearchUnavailable
from knowledge.refresh import refresh
from knowledge.search import Search
from knowledge.sentences import split_sentences
from tests.knowledge.foxes import Watched

BASE = "What does a base model do when I ask it a question?"
FAR = [
    "How do I fix a flat bicycle tyre?",
    "Who won the football world cup?",
    "What should I cook for dinner tonight?",
]


@pytest.fixture(scope="module", params=["embedded", "server"])
def search(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shipped_data: Path,
    shipped: tuple[Lesson, ...],
    identity: ModelIdentity,
    embedder: Embedder,
    door: Door,
) -> Iterator[Search]:
    """Yield the search in the shipped lessons, with the units in a folder or on a server.

    For the latter nothing is embedded anew: the vectors are taken over.
    """
    if request.param == "embedded":
        yield Search(Index(shipped_data / "index"), embedder, door)
        return
    folder = tmp_path_factory.mktemp("served") / "index"
    shutil.copytree(shipped_data / "index", folder)
    index = Index(folder, request.getfixturevalue("chroma_server"))
    watched = Watched(embedder)
    change = refresh(index, shipped, identity, lambda: watched, lambda *_: None)
    assert change.rebuilt == "its vectors were kept in another place"
    assert watched.texts == []
    with closing(Search(index, embedder, door)) as search:
        yield search


def _find(
    search: Search, question: str, previous: str | None = None, lesson: str | None = None
) -> Found:
    return search.find(question, previous, lesson, 8)


def test_the_passage_that_answers_comes_first(search: Search) -> None:
    assert _find(search, BASE).hits[0].passage.id == (
        "base-models#what-a-base-model-does-when-you-ask-it-a-question"
    )


@pytest.mark.parametrize(
    "question", [BASE, *FAR, "Was ist ein Basismodell?", "?", "", "🎉", "x" * 3000, "\x00 \ud800"]
)
def test_scores_lie_between_0_and_1_and_fall(search: Search, question: str) -> None:
    """And there are eight hits, each once, for whatever is asked."""
    found = _find(search, question.encode("utf-8", "ignore").decode())
    scores = [hit.score for hit in found.hits]
    assert all(0 <= score <= 1 for score in [*scores, found.covered])
    assert scores == sorted(scores, reverse=True)
    assert len({hit.passage.id for hit in found.hits}) == len(found.hits) == 8


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80), st.none() | st.text(max_size=80))
def test_no_text_breaks_a_search(search: Search, question: str, previous: str | None) -> None:
    found = _find(search, question, previous)
    assert all(0 <= score <= 1 for score in [found.covered, *(h.score for h in found.hits)])


@pytest.mark.parametrize(
    ("question", "answers", "other"),
    [
        (BASE, "base-models", "frontier-models"),
        ("Why is a reasoning model slower?", "reasoning-models", "base-models"),
        ("Can I run an open-weight model on my own servers?", "open-weight-models", "base-models"),
    ],
)
def test_what_bears_on_the_question_scores_higher(
    search: Search, question: str, answers: str, other: str
) -> None:
    """The best passage of the lesson in question, against the best one of another."""
    right, wrong = (_find(search, question, lesson=lesson) for lesson in (answers, other))
    assert right.hits[0].score > wrong.hits[0].score + 0.1


def test_a_lesson_can_be_asked_alone(search: Search, shipped: tuple[Lesson, ...]) -> None:
    """All its passages are there to choose from, up to eight, and none of another lesson."""
    for lesson in shipped:
        found = _find(search, BASE, lesson=lesson.slug)
        assert {hit.passage.lesson for hit in found.hits} == {lesson.slug}
        assert len(found.hits) == min(8, len(lesson.passages))


def test_an_unknown_lesson_holds_nothing(search: Search) -> None:
    found = _find(search, BASE, lesson="no-such-lesson")
    assert found.hits == ()
    assert found.covered < 0.1


def test_a_follow_up_is_found_with_the_turn_before(search: Search) -> None:
    alone = _find(search, "And who uses them?")
    led = _find(search, "And who uses them?", "What are base models?")
    assert led.hits[0].passage.id.startswith("base-models#who-uses-base-models")
    assert led.covered > alone.covered


def test_a_question_that_stands_alone_ignores_the_turn_before(search: Search) -> None:
    whole = "What is a base model?"
    assert _find(search, whole, "What is a reasoning model?") == _find(search, whole)


def test_a_misspelt_question_finds_the_same_passage(search: Search) -> None:
    typed = "waht is a reasning modle trianed for"
    meant = "What is a reasoning model trained for?"
    assert _find(search, typed).hits[0].passage.id == _find(search, meant).hits[0].passage.id


def test_what_is_far_from_the_lessons_is_hardly_covered(search: Search) -> None:
    lowest = _find(search, BASE).covered
    assert lowest > 0.9
    assert all(_find(search, question).covered < 0.2 for question in FAR)


def test_quotes_are_the_passages_sentences(search: Search) -> None:
    for hit in _find(search, BASE).hits:
        assert tuple(quote.text for quote in hit.quotes) == split_sentences(hit.passage.text)
        assert all(quote.text in hit.passage.text for quote in hit.quotes)
        assert all(0 <= quote.score <= 1.001 for quote in hit.quotes)


@pytest.mark.parametrize("limit", [1, 3, 20])
async def test_a_search_gives_as_many_as_were_asked_for(search: Search, limit: int) -> None:
    found = await search.search(BASE, limit=limit)
    assert len(found.hits) == limit
    assert found.hits == (await search.search(BASE, limit=20)).hits[:limit]


async def test_without_an_index_the_error_says_what_builds_it(
    tmp_path: Path, embedder: Embedder, door: Door
) -> None:
    with pytest.raises(SearchUnavailable, match="python -m bot index"):
        await Search(Index(tmp_path), embedder, door).search(BASE)
