"""Questions on the roster: the key is the row's, and no other option is right as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.portraits import roster_lesson
from knowledge.question import Question
from knowledge.roster import Lifecycle, System, read_roster

SYSTEMS = read_roster().systems
BY_NAME = {system.name: system for system in SYSTEMS}


def asked(systems: Sequence[System]) -> tuple[Question, ...]:
    lesson = roster_lesson(systems)
    return lesson.questions if lesson else ()


def of(name: str, start: str, systems: Sequence[System] = SYSTEMS) -> Question | None:
    """Return the question on `name` whose text begins with `start`."""
    slug = BY_NAME[name].slug
    found = [q for q in asked(systems) if q.text.startswith(start)]
    passages = (f"roster#{slug}", f"roster#{slug}-today")
    return next((q for q in found if q.passage in passages), None)


def holds(option: str, question: Question, system: System) -> bool:
    """Judge `option` by the rows alone."""
    text = question.text
    if text.startswith("Who makes"):
        return option == system.maker
    if text.startswith("Under which licence"):
        return option in system.licence
    if text.startswith("Which of these"):
        return BY_NAME[option].ecosystem is system.ecosystem
    if text.startswith("In which"):
        return option in " ".join(system.sizes).replace(",", "").split()
    return {
        Lifecycle.LIVE_LOCAL: "locally",
        Lifecycle.LIVE_REMOTE: "API only",
        Lifecycle.RETIRED: "retired",
    }[system.lifecycle] in option


@given(st.sets(st.sampled_from(sorted(BY_NAME))))
def test_of_any_roster_each_key_holds_and_no_other_option_does(names: set[str]) -> None:
    systems = [system for system in SYSTEMS if system.name in names]
    slugs = {system.slug: system for system in systems}
    for question in asked(systems):
        slug = question.passage.removeprefix("roster#").removesuffix("-today")
        right = [option for option in question.options if holds(option, question, slugs[slug])]
        assert right == [question.answer], question
        assert len(question.options) in (3, 4)


def test_every_kind_of_question_is_asked_and_each_only_once() -> None:
    questions = asked(SYSTEMS)
    kinds = {question.text.split()[0] for question in questions}
    assert kinds == {"Who", "Under", "Which", "In", "Can"}
    assert len({question.id for question in questions}) == len(questions)


def test_a_key_stands_in_the_passage_it_rests_on() -> None:
    lesson = roster_lesson(SYSTEMS)
    assert lesson is not None
    texts = {passage.id: passage.text for passage in lesson.passages}
    told = [q for q in lesson.questions if not q.text.startswith("Can")]
    assert [q.text for q in told if q.answer not in texts[q.passage]] == []


@pytest.mark.parametrize(
    ("name", "start", "reason"),
    [
        ("DeepSeek-R1", "Who makes", "the name of the system tells it"),
        ("DeepSeek-R1", "Under which", "its models have more than one licence"),
        ("Grok", "Which of these", "a closed family some of whose weights are out"),
        ("Mistral 7B", "In which", "the name of the system tells it"),
        ("Qwen", "In which", "a range holds sizes that are not named"),
        ("GPT-4", "In which", "no size is known"),
    ],
)
def test_nothing_is_asked_that_has_no_plain_answer(name: str, start: str, reason: str) -> None:
    assert of(name, start) is None, reason


def test_a_question_stays_as_it_is_while_the_rows_do_and_follows_them() -> None:
    assert asked(SYSTEMS) == asked(SYSTEMS)
    mixtral = replace(BY_NAME["Mixtral"], maker="Fox Inc.")
    systems = [mixtral if system.name == "Mixtral" else system for system in SYSTEMS]
    before, after = of("Mixtral", "Who makes"), of("Mixtral", "Who makes", systems)
    assert before is not None
    assert after is not None
    assert (before.answer, after.answer, before.id) == ("Mistral AI", "Fox Inc.", after.id)
