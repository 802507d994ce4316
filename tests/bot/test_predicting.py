"""Predictions are judged by what a run was, and each member has one for each contender."""

import pytest

from bot.board import Board
from bot.curated import Form
from bot.errors import EngineFailed
from bot.events import Failed, Finished
from bot.model import Delta
from bot.panes import Ending, Figures, Measured, Opened, Ran, Seat, Told
from bot.predicting import RULES, Outcome, Predictions, Score, held_by, in_words
from knowledge.stage import Stage
from tests.bot.stagehands import contender

CONTINUES, RUNS_ON, ANSWERS, THINKS, ASKS, SILENT = Outcome


Run = tuple[Stage, str, str, Ending]
"""A contender's stage, its thinking, its text and how it ended."""


def board(*panes: Run, form: Form = "plain", ended: bool = True) -> Board:
    """Return a demo in which each contender thought, wrote and ended as said."""
    made = Board()
    seats = tuple(Seat(contender(stage, f"toy:{n}-q4_K_M")) for n, (stage, *_) in enumerate(panes))
    made.take(Opened("Why?", "toys", "Toys", seats, form))
    for n, (_, thinking, text, ending) in enumerate(panes):
        made.take(Told(n, Delta(text, thinking)))
        if ended:
            made.take(Told(n, Measured(Figures(ended=ending))))
            failed = Failed(EngineFailed("toy", "It broke."), text)
            made.take(Told(n, failed if ending == "failed" else Finished(text, ())))
    if ended:
        made.take(Ran())
    return made


@pytest.mark.parametrize(
    ("stage", "thinking", "text", "ending", "held"),
    [
        (Stage.BASE, "", " and turned to the sea.", "stop", {CONTINUES}),
        (Stage.BASE, "", "Paris. What is the capital of Spain?", "stop", {ASKS}),
        (Stage.BASE, "", "Paris. And of Spain? Madrid.", "length", {CONTINUES, RUNS_ON}),
        (Stage.BASE, "", "Paris.", "stop", {ANSWERS}),
        (Stage.INSTRUCT, "", "It is Paris. Why? It grew there.", "stop", {ANSWERS}),
        (Stage.INSTRUCT, "", "Which France do you mean?", "stop", {ASKS}),
        (Stage.INSTRUCT, "", "I’m sorry, no.", "stop", {ASKS}),
        (Stage.INSTRUCT, "", "I can't say. And", "length", {RUNS_ON}),
        (Stage.INSTRUCT, "", "One, one, one", "loop", {RUNS_ON}),
        (Stage.REASONING, "Hm.", "Paris.", "stop", {THINKS}),
        (Stage.REASONING, "Hm.", "Paris and", "time", {THINKS, RUNS_ON}),
        (Stage.REASONING, "Hm.", " ", "length", {SILENT, RUNS_ON}),
        (Stage.INSTRUCT, "", "", "stop", {SILENT}),
        (Stage.INSTRUCT, "", "Paris", "failed", set()),
        (Stage.INSTRUCT, "", "Paris", "stopped", set()),
        (Stage.INSTRUCT, "", "Paris", "filter", set()),
    ],
)
def test_what_a_contender_did_is_read_from_its_run(
    stage: Stage, thinking: str, text: str, ending: Ending, held: set[Outcome]
) -> None:
    assert held_by(board((stage, thinking, text, ending))).get(0, set()) == held


def test_whose_prompt_was_bare_goes_by_the_form() -> None:
    """Swapped, the instruct model gets the bare words and the base model a template's text."""
    asking_on = "Nails. What else? Wood."
    base: Run = (Stage.BASE, "", asking_on, "stop")
    chat: Run = (Stage.INSTRUCT, "", asking_on, "stop")
    assert held_by(board(base, chat)) == {0: {CONTINUES}, 1: {ANSWERS}}
    assert held_by(board(base, chat, form="swapped")) == {0: {ANSWERS}, 1: {CONTINUES}}


def test_nothing_is_judged_while_it_runs() -> None:
    assert held_by(board((Stage.BASE, "", "On and on", "stop"), ended=False)) == {}


def test_a_member_has_one_prediction_and_may_change_it_until_the_start() -> None:
    made = Predictions()
    for member, outcome in ((1, RUNS_ON), (2, ANSWERS), (1, THINKS), (1, CONTINUES)):
        assert made.take(member, 0, outcome)
    made.closed = True
    assert not made.take(2, 0, CONTINUES)
    assert (made.members, made.of(1), made.of(2)) == (2, {0: CONTINUES}, {0: ANSWERS})
    ran = board((Stage.BASE, "", " and on", "length"), (Stage.INSTRUCT, "", "No.", "failed"))
    assert made.scores(ran) == [Score(1, 1, 1), Score(2, 0, 1)]
    assert made.foreseen(0, held_by(ran)[0]) == (1, 2)
    made.forget(1)
    assert [score.member for score in made.scores(ran)] == [2]


def test_every_outcome_has_a_rule_that_discord_shows_whole() -> None:
    assert set(RULES) == set(Outcome)
    assert all(len(rule) <= 100 for rule in RULES.values())
    assert in_words({RUNS_ON, CONTINUES}) == "goes on with the text and runs on until it is cut"
