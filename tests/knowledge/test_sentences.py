"""Cutting Markdown into sentences."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sentences import SentenceStream, Unit, split_sentences, split_units

EXAMPLES: list[tuple[str, list[str]]] = [
    ("You rent it. You own it.", ["You rent it.", "You own it."]),
    ("Is it open? Yes! It is.", ["Is it open?", "Yes!", "It is."]),
    ("A 3.5 GB file, llama.cpp reads it. vLLM too.",
     ["A 3.5 GB file, llama.cpp reads it.", "vLLM too."]),
    ("Use e.g. Mistral 7B, i.e. an open model, vs. GPT-4. Done.",
     ["Use e.g. Mistral 7B, i.e. an open model, vs. GPT-4.", "Done."]),
    ("Law, medicine etc. are fields, z.B. Jura.", ["Law, medicine etc. are fields, z.B. Jura."]),
    ("Law, medicine etc. Then more.", ["Law, medicine etc.", "Then more."]),
    ('He said "own it." Then he left.', ['He said "own it."', "Then he left."]),
    ("**Own it.** *Rent it.* (Both.) End.", ["**Own it.**", "*Rent it.*", "(Both.)", "End."]),
    ("Weights are open [1]. Yes.[2] No. [3] End",
     ["Weights are open [1].", "Yes.[2]", "No. [3]", "End"]),
    ("Both. [1][2] See. [1, 2] [3] x", ["Both. [1][2]", "See. [1, 2] [3]", "x"]),
    ("See. [1](https://example.org) is a link.", ["See.", "[1](https://example.org) is a link."]),
    ("これは公開です。次の文です。[1]終わり！はい",
     ["これは公開です。", "次の文です。[1]", "終わり！", "はい"]),
    ("See fig. 3 and No. 4. Then no. Next.", ["See fig. 3 and No. 4.", "Then no.", "Next."]),
    ("Hmm ... perhaps. So… yes.", ["Hmm ... perhaps.", "So… yes."]),
    ("Pros:\n\n* Instant access\n* No servers\n  to run. At all.\n1. One.\n2) Two",
     ["Pros:", "Instant access", "No servers\n  to run.", "At all.", "One.", "Two"]),
    ("A line that\nwraps softly. Next", ["A line that\nwraps softly.", "Next"]),
    ("# Title\nText\n\n---\n\nMore", ["# Title", "Text", "More"]),
    ("| a | b. c |\n|---|:--|\n| 1. x | 2 |\nafter", ["| a | b. c |", "| 1. x | 2 |", "after"]),
    ("Run:\n```bash\nls. -l [1]\n\ncd\n```\nDone.",
     ["Run:", "```bash\nls. -l [1]\n\ncd\n```", "Done."]),
    ("```\nnever closed. at all", ["```\nnever closed. at all"]),
    ("Steps: 1. Pull it. 2. Run it.", ["Steps: 1.", "Pull it.", "2. Run it."]),
    ("", []),
    (" \n\n \n", []),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "sentences"), EXAMPLES)
def test_examples_are_cut_where_a_reader_would(markdown: str, sentences: list[str]) -> None:
    assert list(split_sentences(markdown)) == sentences


def test_a_fenced_block_is_told_from_prose() -> None:
    assert [unit.code for unit in split_units("Run.\n~~~\nx. y\n~~~\nDone.")] == [
        False,
        True,
        False,
    ]


PIECES = st.sampled_from(
    ["a", "B", "7", "1", ". ", ".", "! ", "? ", "…", "。", " ", "\n", "\n\n", "[1]", "[", "]",
     "[1, 2]", "(", ")", "* ", "- ", "-", "*", "1. ", "|", "|-", "```", "```\n", "\n```\n", "~~~",
     "# ", "#", "e.g.", "etc.", '"', "_", "`", "\t", ",", "[1](x)", "---\n", "•", ":", "no."]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@given(text=TEXTS, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_any_chunking_gives_the_same_units(text: str, cuts: list[int]) -> None:
    stream = SentenceStream()
    units: list[Unit] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    for begin, end in pairwise(edges):
        units += stream.feed(text[begin:end])
    units += stream.end()
    assert tuple(units) == split_units(text)


@given(text=TEXTS)
def test_units_told_letter_by_letter_are_the_same_units(text: str) -> None:
    stream = SentenceStream()
    units = [unit for letter in text for unit in stream.feed(letter)]
    assert (*units, *stream.end()) == split_units(text)


@given(text=TEXTS)
def test_units_are_slices_and_nothing_but_layout_lies_between_them(text: str) -> None:
    position = 0
    for unit in split_units(text):
        assert text[unit.start : unit.end] == unit.text
        assert not re.search(r"[^\W\d_]|[\[\]()!?…。]", text[position : unit.start])
        position = unit.end
    assert not re.search(r"[^\W\d_]|[\[\]()!?…。]", text[position:])


def test_a_sentence_is_told_as_soon_as_the_next_one_begins() -> None:
    stream = SentenceStream()
    assert stream.feed("Weights are open. ") == []
    assert [unit.text for unit in stream.feed("[1] T")] == ["Weights are open. [1]"]
