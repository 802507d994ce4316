"""The gate, and the judging of citations against retrieved passages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from bot.grounding import GATE, CitationChecker, may_answer
from knowledge.passages import Found, Hit, Passage, Vectors

FRONTIER = (
    "Frontier models are closed. You reach them through an API and pay for every token. "
    "Your prompts travel to an outside server. There are 4 large providers."
)
OPEN = (
    "Open-weight models can be downloaded. You run them on your own hardware, so prompts "
    "stay private. You have to manage the GPUs yourself."
)


class WordEncoder:
    """Vectors of word counts: texts that share words are near. Counts what it was asked."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text."""
        self.calls.append(len(texts))
        rows = np.zeros((len(texts), 256), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().replace(".", " ").replace(",", " ").split():
                row[hashlib.sha256(word.encode()).digest()[0]] += 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def hit(heading: str, text: str) -> Hit:
    anchor = heading.lower().replace(" ", "-")
    return Hit(Passage(f"l#{anchor}", "l", "Lesson", heading, (), anchor, text), 0.8)


def checker() -> tuple[CitationChecker, WordEncoder]:
    encoder = WordEncoder()
    hits = [hit("Frontier models", FRONTIER), hit("Open-weight models", OPEN)]
    return CitationChecker(encoder, hits), encoder


async def judged(text: str) -> list[tuple[int, bool]]:
    check, _ = checker()
    found = [*check.feed(text), *check.end()]
    return [(one.n, one.supported) for claim in found for one in await check.check(claim)]


@pytest.mark.parametrize(
    "text",
    [
        "You reach them through an API and pay for every token [1].",
        "Frontier models are closed and you pay for every token. [1]",
        "Open-weight models can be downloaded and run on your own hardware [2].",
        "You have to manage the GPUs yourself [2].",
    ],
)
async def test_a_true_citation_is_kept(text: str) -> None:
    assert [supported for _, supported in await judged(text)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "Whales are the largest mammals of the sea [1].",
        "Open-weight models are reached through an API and you pay for every token [1].",
        "Your prompts do not travel to an outside server [1].",
        "There are 9 large providers [1].",
        "Frontier models are taught at Harvard and Stanford every spring [1].",
        "You have to manage the GPUs yourself [1].",
    ],
)
async def test_a_false_citation_is_refuted(text: str) -> None:
    assert [supported for _, supported in await judged(text)] == [False]


async def test_a_number_that_names_no_passage_is_refuted_without_embedding() -> None:
    check, encoder = checker()
    (claim,) = check.feed("Frontier models are closed [7][0].\n\n")
    assert [(one.n, one.supported) for one in await check.check(claim)] == [(7, False), (0, False)]
    assert encoder.calls == []


async def test_only_a_claim_whose_words_leave_it_open_is_embedded() -> None:
    check, encoder = checker()
    await check.prepare()
    verbatim = "Frontier models are closed [1]. "
    free = "What you send goes to somebody else's computer [1]. "
    invented = "Frontier models cost 300 dollars a month in Norway [1]. "
    for claim in check.feed(verbatim + free + invented + "\n\n"):
        await check.check(claim)
    assert encoder.calls == [4, 3, 1]  # two passages, then the one free claim


async def test_two_halves_of_a_sentence_are_judged_by_their_own_markers() -> None:
    text = (
        "You reach frontier models through an API [1], "
        "open-weight models can be downloaded and run [2]."
    )
    assert await judged(text) == [(1, True), (2, True)]


async def test_a_source_line_that_claims_nothing_is_left_alone() -> None:
    assert await judged("Sources: [1], [2]") == [(1, True), (2, True)]


async def test_an_empty_passage_supports_nothing() -> None:
    check = CitationChecker(WordEncoder(), [hit("Whales", "")])
    (claim,) = check.feed("Frontier models are closed [1].\n\n")
    (checked,) = await check.check(claim)
    assert not checked.supported


@pytest.mark.parametrize(("covered", "may"), [(0.0, False), (GATE - 0.01, False), (GATE, True)])
def test_a_question_the_lessons_hardly_cover_is_not_tried(covered: float, may: bool) -> None:
    assert may_answer(Found((hit("a", "b"),), covered)) is may
