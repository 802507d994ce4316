"""The ranking of votes, on simulated electorates whose strengths are known."""

import math
import random

import pytest

from bot.ranking import LEAST_VOTES, Ballot, rank

PLANTED = {"reasoning": 1.0, "instruct": 0.5, "fine-tuned": -0.3, "base": -1.2}


def electorate(count: int, seed: int, *, equal: float = 0.1) -> list[Ballot]:
    """Return votes of members who choose as the planted strengths say, by Luce's rule."""
    rng = random.Random(seed)  # noqa: S311  no secret
    names = list(PLANTED)
    made = []
    for _ in range(count):
        shown = rng.sample(names, rng.choice((2, 3, 4)))
        if rng.random() < equal:
            made.append(Ballot(tuple(shown)))
            continue
        winner = rng.choices(shown, [math.exp(PLANTED[name]) for name in shown])[0]
        made.append(Ballot((winner,), tuple(n for n in shown if n != winner)))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_order_is_recovered_and_lies_within_the_intervals(seed: int) -> None:
    ranking = rank(electorate(600, seed), seed=seed)
    assert [one.name for one in ranking.standings] == list(PLANTED)
    assert ranking.votes == 600
    for one in ranking.standings:
        assert 0 < one.low < one.chance < one.high < 1


def test_the_planted_strengths_lie_within_the_intervals_of_pairwise_votes() -> None:
    """In nine of ten electorates and candidates; 95 of 100 are meant."""
    mean = sum(PLANTED.values()) / len(PLANTED)
    inside = []
    for seed in range(6):
        rng = random.Random(seed)  # noqa: S311  no secret
        ballots = []
        for _ in range(400):
            one, other = rng.sample(list(PLANTED), 2)
            odds = math.exp(PLANTED[one] - PLANTED[other])
            ahead, behind = (one, other) if rng.random() < odds / (1 + odds) else (other, one)
            ballots.append(Ballot((ahead,), (behind,)))
        for found in rank(ballots, seed=seed, rounds=100).standings:
            chance = 1 / (1 + math.exp(mean - PLANTED[found.name]))
            inside.append(found.low <= chance <= found.high)
    assert sum(inside) >= 0.85 * len(inside)


def test_more_votes_make_the_intervals_narrower() -> None:
    few, many = rank(electorate(40, 1), seed=1), rank(electorate(900, 1), seed=1)
    for one in many.standings:
        (same,) = [other for other in few.standings if other.name == one.name]
        assert one.high - one.low < same.high - same.low


def test_the_same_votes_and_seed_give_the_same_ranking() -> None:
    ballots = electorate(60, 3)
    assert rank(ballots, seed=5, rounds=50) == rank(ballots, seed=5, rounds=50)


@pytest.mark.parametrize("count", [0, 1, LEAST_VOTES - 1])
def test_few_votes_are_counted_and_not_ranked(count: int) -> None:
    ranking = rank([Ballot(("base",), ("instruct",))] * count, seed=1)
    assert (ranking.votes, ranking.standings) == (count, ())


def test_votes_that_are_all_alike_stay_finite() -> None:
    ranking = rank([Ballot(("instruct",), ("base",))] * 50, seed=1, rounds=20)
    assert [one.name for one in ranking.standings] == ["instruct", "base"]
    assert ranking.standings[0].chance < 1
    even = rank([Ballot(("instruct", "base"))] * 50, seed=1, rounds=20)
    assert [one.chance for one in even.standings] == pytest.approx([0.5, 0.5])


def test_a_ballot_within_one_candidate_is_not_counted() -> None:
    """As when two panes of one stage stood against each other."""
    ballots = [Ballot(("reasoning",), ("reasoning",))] * 20
    assert rank(ballots, seed=1).votes == 0
    assert rank([*ballots, *electorate(30, 1)], seed=1, rounds=20).votes == 30
