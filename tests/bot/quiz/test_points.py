"""Points follow the rule that is told."""

from hypothesis import given
from hypothesis import strategies as st

from bot.quiz.points import FASTEST, RIGHT, points

WITHIN = 20.0


@given(st.floats(-5, 60))
def test_a_wrong_answer_is_worth_nothing_however_fast(seconds: float) -> None:
    assert points(right=False, seconds=seconds, within=WITHIN) == 0


@given(st.floats(-5, 60), st.floats(-5, 60))
def test_a_right_answer_is_never_worth_less_for_being_faster(one: float, other: float) -> None:
    faster, slower = sorted((one, other))
    first, second = (points(right=True, seconds=s, within=WITHIN) for s in (faster, slower))
    assert RIGHT <= second <= first <= RIGHT + FASTEST


def test_speed_counts_evenly_and_only_where_there_is_a_countdown() -> None:
    worth = [points(right=True, seconds=s, within=WITHIN) for s in (0, 0.5, 4, 7.9, 8.1, 19, 20)]
    assert worth == [15, 15, 14, 14, 13, 11, 10]
    assert points(right=True) == points(right=True, seconds=3) == 10
