"""A round counts each answer once and adds up."""

from hypothesis import given
from hypothesis import strategies as st

from bot.quiz.round import Round
from tests.bot.quiz.bank import choice

QUESTIONS = [choice("fox", n) for n in range(3)]
presses = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 3), st.floats(0, 25)),
    max_size=60,
)


@given(presses)
def test_a_members_first_answer_to_a_question_counts_and_no_other(
    pressed: list[tuple[int, int, int, float]],
) -> None:
    round_ = Round(QUESTIONS, "s", within=20.0)
    first: dict[tuple[int, int], str] = {}
    for n, member, place, seconds in pressed:
        option = round_.options(n)[place]
        taken = round_.take(n, member, option, seconds)
        assert (taken is None) is ((n, member) in first)
        first.setdefault((n, member), option)
    for n in range(3):
        counts = round_.counts(n)
        assert list(counts) == list(round_.options(n))
        chosen = [option for (asked, _), option in first.items() if asked == n]
        assert counts == {option: chosen.count(option) for option in round_.options(n)}
    right = {key for key, option in first.items() if option == QUESTIONS[key[0]].answer}
    scores = round_.scores()
    assert {one.member for one in scores} == {member for _, member in first}
    assert [one.points for one in scores] == sorted((one.points for one in scores), reverse=True)
    assert sum(one.right for one in scores) == len(right)


def test_the_fastest_is_the_fastest_of_those_who_were_right() -> None:
    round_ = Round(QUESTIONS, "s", within=20.0)
    assert round_.fastest(0) is None
    round_.take(0, 1, "wrong 0", 1.0)
    round_.take(0, 2, "right 0", 9.0)
    round_.take(0, 3, "right 0", 4.0)
    fastest = round_.fastest(0)
    assert fastest is not None
    assert (fastest.member, fastest.points) == (3, 14)
    assert [(one.member, one.points) for one in round_.scores()] == [(3, 14), (2, 13), (1, 0)]


def test_of_a_forgotten_member_nothing_is_left() -> None:
    round_ = Round(QUESTIONS, "s")
    round_.take(0, 1, "right 0")
    round_.take(0, 2, "right 0")
    round_.forget(1)
    assert [one.member for one in round_.scores()] == [2]
    assert sum(round_.counts(0).values()) == 1
