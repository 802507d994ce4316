"""The grammars of the toys: what is measured was never trained on, and what they say is true."""

import json
import random
import re
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from knowledge.roster import read_roster
from pocket import facts, problems, rows
from pocket.facts import FILE, Curriculum, Fact
from pocket.splits import Split, side
from pocket.stories import pattern, stories

SEEDS = st.integers(0, 10**9)
SIDES = st.sampled_from(Split)
_STEP = re.compile(r"(\d+)([*+-])(\d+)(?::(\d+))?=(\d+)")


@given(SEEDS, SIDES)
def test_a_problem_is_drawn_from_its_side_alone(seed: int, split: Split) -> None:
    """Its wording is held or not, as its side is, and its first product is on its side."""
    problem = problems.draw(random.Random(seed), split)
    first, second = (
        int(n) for n in re.findall(r"^(\d+)\*\d+=", "\n".join(problem.steps), re.MULTILINE)[:2]
    )
    assert first == second
    ones = int(problem.steps[0].partition("*")[2].partition("=")[0])
    tens = int(problem.steps[1].partition("*")[2].partition("=")[0])
    assert side(first, ones + tens) is split
    held = [pattern(wording) for story in stories() for wording in story.held]
    assert any(one.fullmatch(problem.question) for one in held) is (split is Split.HELD)


@given(SEEDS, SIDES)
def test_every_step_of_a_problem_is_right_and_the_last_is_the_answer(
    seed: int, split: Split
) -> None:
    problem = problems.draw(random.Random(seed), split)
    for step in problem.steps:
        found = _STEP.fullmatch(step)
        assert found is not None
        a, sign, b, backwards, result = found.groups()
        value = {"*": int(a) * int(b), "+": int(a) + int(b), "-": int(a) - int(b)}[sign]
        assert int(result) == value
        assert backwards in (None, result[::-1])
    assert int(problem.steps[-1].rpartition("=")[2]) == problem.answer
    assert problems.exact(problem.told, problem)
    assert not problems.exact(f"{problem.answer + 1} {problem.unit}.", problem)


def test_no_wording_is_trained_on_and_measured_with() -> None:
    told = tomllib.loads(FILE.read_text("utf-8"))
    for kind, wordings in told["wordings"].items():
        assert not set(wordings["train"]) & set(wordings["held"]), kind
    for story in stories():
        assert not {*story.drilled, *story.train} & set(story.held)
    assert not set(rows.TRAIN) & set(rows.HELD)


def test_each_fact_answers_its_own_question_and_no_other_does() -> None:
    """What is taught as the answer counts as right; another fact's answer of its kind does not."""
    curriculum = Curriculum()
    for fact in curriculum.facts:
        assert facts.answers(fact.answer, fact)
        same = [other for other in curriculum.facts if other.kind == "term" == fact.kind]
        wrong = [o.subject for o in same if o != fact and facts.answers(o.answer, fact)]
        assert not wrong, fact.subject


def test_a_text_that_asks_on_does_not_answer() -> None:
    fact = Fact("term", "a token", "", ("piece of text",))
    assert facts.answers("A token is a piece of text.\nWhat is a word?", fact)
    assert not facts.answers("Is a piece of text a token?", fact)
    assert not facts.answers("What is a word?\nA token is a piece of text.", fact)


def test_what_the_toys_were_taught_of_systems_agrees_with_the_roster() -> None:
    """Who changes the roster here trains the toys anew, or takes the row out of their facts."""
    told = tomllib.loads(FILE.read_text("utf-8"))
    roster = {s.name: (s.maker, s.ecosystem.value, s.released[:4]) for s in read_roster().systems}
    for name, *row in told["systems"]:
        assert roster[name] == tuple(row)


@given(SEEDS, SIDES)
def test_a_row_tells_what_its_sentence_says(seed: int, split: Split) -> None:
    row = rows.draw(random.Random(seed), split)
    told = json.loads(row.row)
    assert side(told["name"]) is split
    size = told.pop("size").removesuffix("B")
    assert all(value in row.sentence for value in (*told.values(), size))
    assert rows.exact(row.row, row)
    assert not rows.exact(row.row + " Done.", row)
    assert not rows.exact(row.sentence, row)
