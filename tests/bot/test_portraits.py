"""The nine systems, asked about without a model: what each is, how to reach it, if it lives."""

from __future__ import annotations

import re

import pytest

from bot.grounding import may_answer
from bot.quoting import quote
from knowledge.roster import System, read_roster
from knowledge.search import Search
from tests.knowledge.test_roster import NAMED

WHAT = ("What is {0}?", "who makes {0}?", "which company developed {0}")
ALIVE = ("Is {0} still available?", "has {0} been shut down", "does {0} still exist?")
REACH = ("How can I reach {0}?", "how do I run {0}", "where do I get {0}", "hwo do i use {0}")


def system(name: str) -> System:
    """Return the row of the roster."""
    return next(row for row in read_roster().systems if row.name == name)


def quoted(search: Search, question: str, passage: str) -> str:
    """Return what the answer quotes of `passage`."""
    found = search.find(question, None, None, 8)
    assert may_answer(found), question
    answer, citations = quote(found.hits)
    said = {int(n): text for text, n in re.findall(r"“(.*?)” \[(\d+)\]", answer)}
    return "".join(
        said[each.n] for each in citations if each.passage and each.passage.id == passage
    )


@pytest.mark.parametrize("name", NAMED)
def test_each_system_is_told_by_its_own_passages(search: Search, name: str) -> None:
    row = system(name)
    for wording in WHAT:
        said = quoted(search, wording.format(name), f"roster#{row.slug}")
        assert f"made by {row.maker}" in said, wording
    for wording in (*ALIVE, *REACH):
        said = quoted(search, wording.format(name), f"roster#{row.slug}-today")
        assert f"is {'alive' if row.alive else 'retired'} " in said, wording
        assert row.reach in said, wording


@pytest.mark.parametrize(
    ("spelt", "slug"),
    [
        ("gpt4", "gpt-4"),
        ("cluade 3", "claude-3"),
        ("gemeni", "gemini"),
        ("grock", "grok"),
        ("lama 3", "llama-3"),
        ("mistrall 7b", "mistral-7b"),
        ("mixtrall", "mixtral"),
        ("phi3", "phi-3"),
        ("qwuen", "qwen"),
    ],
)
def test_a_misspelt_name_is_the_same_system(search: Search, spelt: str, slug: str) -> None:
    assert quoted(search, f"is {spelt} still alive", f"roster#{slug}-today")
    assert quoted(search, f"who makes {spelt}", f"roster#{slug}")
