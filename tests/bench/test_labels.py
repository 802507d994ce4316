"""The bench's labels hold together, and its judge finds what it should and nothing else."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.labels import (
    BUDGET,
    WINDOW,
    Fact,
    Question,
    Split,
    first_hit,
    hit_at,
    load_facts,
    load_foreign,
    load_questions,
    reciprocal_rank,
    states,
)

FACTS = load_facts()


def fact(name: str, *groups: str) -> Fact:
    needles = tuple(re.compile(group, re.IGNORECASE) for group in groups)
    return Fact(id=name, statement="", also=(), needles=needles)


def question(*facts: Fact) -> Question:
    return Question(id="q", kind="direct", question="?", split="tune", facts=facts)


FOX = fact("fox", r"\bfox", r"\bden\b")
OWL = fact("owl", r"\bowl", r"\btree\b")


@pytest.mark.parametrize("name", FACTS)
def test_every_wording_given_for_a_fact_states_it(name: str) -> None:
    one = FACTS[name]
    assert one.also
    assert [text for text in (one.statement, *one.also) if not states(one, text)] == []


@pytest.mark.parametrize("name", FACTS)
def test_no_wording_of_one_fact_states_another(name: str) -> None:
    texts = (FACTS[name].statement, *FACTS[name].also)
    others = [one for one in FACTS.values() if one.id != name]
    assert [one.id for one in others if any(states(one, text) for text in texts)] == []


def test_foreign_questions_and_their_words_state_no_fact() -> None:
    told = [(q.id, f.id) for q in load_foreign() for f in FACTS.values() if states(f, q.question)]
    assert told == []


def test_a_question_never_comes_twice() -> None:
    """Neither an id nor, under the same history, a wording repeats over both files."""
    every = load_questions() + load_foreign()
    assert max(Counter(one.id for one in every).values()) == 1
    assert max(Counter((one.question, one.history) for one in every).values()) == 1


def test_each_fact_is_asked_for() -> None:
    asked = {one.id for each in load_questions() for one in each.facts}
    assert asked == set(FACTS)


def test_each_kind_is_split_in_halves() -> None:
    """The two splits of a kind differ by one question at most, and a kind has twelve or more."""
    counts: dict[str, Counter[str]] = {}
    for one in load_questions() + load_foreign():
        counts.setdefault(one.kind, Counter())[one.split] += 1
    for kind, by_split in counts.items():
        assert by_split.total() >= 12, kind
        assert abs(by_split["tune"] - by_split["report"]) <= 1, kind


def test_follow_ups_and_only_they_have_a_history_that_begins_with_the_member() -> None:
    for one in load_questions():
        assert bool(one.history) == (one.kind == "follow_up"), one.id
        if one.history:
            assert one.history[0].role == "user", one.id


def test_two_part_kinds_need_two_facts() -> None:
    multi = [one for one in load_questions() if one.kind == "multi_hop"]
    assert [one.id for one in multi if len(one.facts) < 2] == []


@pytest.mark.parametrize("split", ["tune", "report"])
def test_a_split_is_what_was_asked_for(split: Split) -> None:
    assert {one.split for one in load_questions(split)} == {split}
    assert {one.split for one in load_foreign(split)} == {split}


def test_all_groups_must_match() -> None:
    assert states(FOX, "The fox sleeps in its den.")
    assert not states(FOX, "The fox sleeps in a box.")


@given(gap=st.integers(min_value=0, max_value=2 * WINDOW))
def test_groups_must_match_within_the_window(gap: int) -> None:
    text = "fox " + "x" * gap + " den"
    assert states(FOX, text) == (len(text) <= WINDOW)


def test_a_later_match_may_complete_the_window() -> None:
    assert states(FOX, "fox " + "x" * WINDOW + " den, fox")


def test_a_heading_is_near_all_the_text_below_it() -> None:
    far = "x" * WINDOW + " den"
    assert states(FOX, "## The fox\n\n" + far)
    assert not states(FOX, "The fox " + far)


def test_a_long_first_line_is_no_heading() -> None:
    assert not states(FOX, "fox " + "y" * 150 + "\n" + "x" * WINDOW + " den")


def test_marks_line_breaks_and_kinds_of_hyphen_do_not_hide_a_fact() -> None:
    tuned = fact("tuned", "fine-tuned models", "field")
    assert states(tuned, "**Fine‑tuned**\n models know a\n`field`.")


def test_the_rank_is_that_of_the_first_text_that_states_the_fact() -> None:
    texts = ["a fox", "a fox in a den", "the den of a fox"]
    assert first_hit(question(FOX), texts) == {"fox": 2}


def test_groups_spread_over_two_texts_are_no_hit() -> None:
    assert first_hit(question(FOX), ["a fox", "a den"]) == {"fox": None}


def test_text_beyond_the_budget_does_not_count() -> None:
    filler = "x" * BUDGET
    assert first_hit(question(FOX), [filler, "a fox in a den"]) == {"fox": None}


def test_a_text_cut_by_the_budget_counts_with_what_lies_before_the_cut() -> None:
    text = "a fox in a den and much more"
    assert first_hit(question(FOX), ["x" * 10, text], budget=10 + 14) == {"fox": 2}
    assert first_hit(question(FOX), ["x" * 10, text], budget=10 + 13) == {"fox": None}


def test_a_question_with_two_facts_is_hit_where_the_later_one_is() -> None:
    texts = ["a fox in a den", "nothing", "an owl in a tree"]
    both = question(FOX, OWL)
    assert [hit_at(both, texts, k) for k in (1, 2, 3)] == [False, False, True]
    assert reciprocal_rank(both, texts) == pytest.approx(1 / 3)


def test_a_missing_fact_makes_no_hit_at_all() -> None:
    both = question(FOX, OWL)
    assert not hit_at(both, ["a fox in a den"], 8)
    assert reciprocal_rank(both, ["a fox in a den"]) == 0


def test_a_foreign_question_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="no facts"):
        hit_at(question(), ["a fox in a den"], 1)
