"""The schedule: the library's, by whole seconds, and what is shown is what happens."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.review.schedule import LONGEST_DAYS, Grade, choices, graded

MINUTE, DAY = 60, 86_400
NOW = 1_795_000_000

grades = st.lists(st.sampled_from(Grade), min_size=1, max_size=12)


@given(grades, st.sampled_from(Grade))
def test_what_is_shown_before_a_grade_is_when_it_is_due(before: list[Grade], grade: Grade) -> None:
    """At any point of any history, later for a better grade, and never beyond a year."""
    state: dict[str, Any] | None = None
    now = NOW
    for earlier in before:
        after = graded(state, earlier, now)
        state, now = after.state, max(after.due, now)
    shown = choices(state, now)
    assert graded(state, grade, now).due == now + shown[grade]
    ordered = [shown[one] for one in sorted(Grade)]
    assert ordered == sorted(ordered)
    assert ordered[0] == 10 * MINUTE
    assert ordered[-1] <= LONGEST_DAYS * DAY


def test_a_new_card_comes_as_the_published_parameters_say() -> None:
    """FSRS-6 starts a card with a stability of w2 = 2.3065 days for good, w3 = 8.2956 for easy.

    The interval at a retention of 0.9 is the stability in whole days.
    """
    shown = choices(None, NOW)
    assert [shown[Grade.GOOD], shown[Grade.EASY]] == [2 * DAY, 8 * DAY]


def test_what_is_known_each_time_comes_ever_later_and_soon_again_once_it_is_forgotten() -> None:
    state: dict[str, Any] | None = None
    now, spans = NOW, []
    for _ in range(5):
        after = graded(state, Grade.GOOD, now)
        spans.append(after.due - now)
        state, now = after.state, after.due
    assert spans == sorted(set(spans))
    forgotten = graded(state, Grade.AGAIN, now)
    assert forgotten.due == now + 10 * MINUTE
    known = graded(forgotten.state, Grade.GOOD, forgotten.due)
    assert DAY <= known.due - forgotten.due < spans[-1]
