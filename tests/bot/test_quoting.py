"""Answers made of quotations: every word stands in the lessons, and is cited."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.quoting import PASSAGES, quote
from knowledge.passages import Hit, Passage, Quote
from knowledge.sentences import split_sentences

SCORE = st.floats(0, 1, allow_nan=False)


@st.composite
def hits(draw: st.DrawFn) -> list[Hit]:
    """Return hits, best first, with sentences of any nearness."""
    found: list[Hit] = []
    for place, score in enumerate(sorted(draw(st.lists(SCORE, max_size=6)), reverse=True)):
        endings = draw(st.lists(st.sampled_from([".", ":"]), min_size=1, max_size=6))
        sentences = [f"Fox {place} says {n}{end}" for n, end in enumerate(endings)]
        passage = Passage(f"f#{place}", "f", "F", "H", (), f"{place}", " ".join(sentences))
        quotes = tuple(Quote(text, draw(SCORE)) for text in sentences)
        found.append(Hit(passage, score, quotes))
    return found


@given(hits())
def test_every_quoted_sentence_stands_in_the_passage_it_cites(found: list[Hit]) -> None:
    answer, citations = quote(found)
    paragraphs = re.findall(r"“(.*?)” \[(\d+)\]", answer)
    assert "\n\n".join(f"“{text}” [{n}]" for text, n in paragraphs) == answer
    for text, n in paragraphs:
        passage = found[int(n) - 1].passage
        for piece in text.split(" … "):
            assert piece in passage.text
    assert [(c.n, c.passage, c.supported) for c in citations] == [
        (int(n), found[int(n) - 1].passage, True) for _, n in paragraphs
    ]


@given(hits())
def test_the_best_passage_is_always_quoted_and_few_others(found: list[Hit]) -> None:
    answer, citations = quote(found)
    assert bool(answer) == bool(found)
    assert len(citations) <= PASSAGES
    assert [citation.n for citation in citations[:1]] == [1][: len(found)]


def test_nothing_found_gives_nothing() -> None:
    assert quote([]) == ("", ())


def test_a_list_is_quoted_with_the_line_that_opens_it() -> None:
    text = "Owls rest. A fox eats:\n\n- mice\n- berries\n\nIt rains."
    sentences = split_sentences(text)
    quotes = tuple(Quote(s, 0.9 if s.endswith(":") else 0.1) for s in sentences)
    answer, _ = quote([Hit(Passage("f#a", "f", "F", "H", (), "a", text), 0.9, quotes)])
    assert "A fox eats: mice berries" in answer
    assert "Owls" not in answer


def test_sentences_apart_are_joined_by_an_ellipsis() -> None:
    text = "One fox. Two owls. Three bees."
    quotes = tuple(Quote(s, n) for s, n in zip(split_sentences(text), (0.9, 0.1, 0.8), strict=True))
    answer, _ = quote([Hit(Passage("f#a", "f", "F", "H", (), "a", text), 0.9, quotes)])
    assert answer == "“One fox. … Three bees.” [1]"
