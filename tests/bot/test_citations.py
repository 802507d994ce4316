"""Finding citing sentences in a stream, and removing refuted markers."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.citations import Checked, Cited, Claim, ClaimStream, strip_refuted


def claims(text: str) -> list[Claim]:
    stream = ClaimStream()
    return [*stream.feed(text), *stream.end()]


def refute(sentence: str, *numbers: int) -> list[Checked]:
    return [Checked(n, supported=False, sentence=sentence) for n in numbers]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You rent it [1]. Plain.", [("You rent it.", (1,))]),
        ("You own the weights. [1] Next [2]", [("You own the weights.", (1,)), ("Next", (2,))]),
        ("Both say so [1][2].", [("Both say so.", (1, 2))]),
        ("Both say so [1, 2].", [("Both say so.", (1, 2))]),
        ("- **Cost:** 3.5 cents [2]\n- e.g. privacy [3]", [("**Cost:** 3.5 cents", (2,)),
                                                          ("e.g. privacy", (3,))]),
        ("重みは公開です。[1]次です。", [("重みは公開です。", (1,))]),
        ("| a | b [4] |\n|---|---|", [("| a | b |", (4,))]),
        ("```\nx[1] = 2\n```\nDone.", []),
        ("Use `x[1]` here. See [1](https://example.org).", []),
        ("Use `x[1]` here [2].", [("Use `x[1]` here.", (2,))]),
        ("", []),
    ],
)  # fmt: skip
def test_citing_sentences_are_found_without_their_markers(
    text: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert [(claim.sentence, claim.numbers) for claim in claims(text)] == found


def test_markers_in_two_places_answer_each_for_what_stands_before_them() -> None:
    (claim,) = claims("Frontier models are closed and rented [1], open ones can be owned [2].")
    assert claim.cited == (
        Cited((1,), "Frontier models are closed and rented"),
        Cited((2,), "open ones can be owned."),
    )


def test_a_claim_is_told_once_the_next_sentence_begins() -> None:
    stream = ClaimStream()
    assert stream.feed("It is open [1]. ") == []
    assert [claim.numbers for claim in stream.feed("N")] == [(1,)]


PIECES = st.sampled_from(
    ["Open weights", " ", ". ", "。", "[1]", " [2]", "[1, 3]", "[", "]", "(", "\n", "\n\n", "- ",
     "```\n", "`", "e.g. ", "3.5", "*", "| ", "? "]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@given(text=TEXTS, cuts=st.lists(st.integers(0, 80), max_size=8))
def test_any_chunking_gives_the_same_claims(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    stream = ClaimStream()
    found = [claim for a, b in pairwise(edges) for claim in stream.feed(text[a:b])]
    assert [*found, *stream.end()] == claims(text)


@pytest.mark.parametrize(
    ("text", "refuted", "left"),
    [
        ("It is open [1]. It is shut [1].", refute("It is shut.", 1),
         "It is open [1]. It is shut."),
        ("It is open [1, 2].", refute("It is open.", 1), "It is open [2]."),
        ("It is open [1][2].", refute("It is open.", 1), "It is open [2]."),
        ("It is open [1][2].", refute("It is open.", 1, 2), "It is open."),
        ("It is open. [1] Next.", refute("It is open.", 1), "It is open. Next."),
        ("- [1] It is open\n- b", refute("It is open", 1), "- It is open\n- b"),
        ("It [1] is open [2].", refute("It is open.", 1), "It is open [2]."),
        ("```\nIt [1]\n```\nIt [1]", refute("It", 1), "```\nIt [1]\n```\nIt"),
        ("It is `x[1]` [1].", refute("It is `x[1]`.", 1), "It is `x[1]`."),
        ("It is open [1].", [Checked(1, supported=True, sentence="It is open.")],
         "It is open [1]."),
    ],
)  # fmt: skip
def test_exactly_the_refuted_markers_are_removed(
    text: str, refuted: list[Checked], left: str
) -> None:
    assert strip_refuted(text, refuted) == left


@given(text=TEXTS, numbers=st.sets(st.integers(1, 3)))
def test_stripping_removes_only_refuted_numbers_and_white_space(
    text: str, numbers: set[int]
) -> None:
    refuted = [one for claim in claims(text) for one in refute(claim.sentence, *numbers)]
    left = strip_refuted(text, refuted)
    if not numbers:
        assert left == text
    bare = re.compile(r"[\s\[\],\d]")
    assert bare.sub("", left) == bare.sub("", text)
    if "`" not in text:
        assert not {n for claim in claims(left) for n in claim.numbers} & numbers
