"""Rent or own: worked examples, the break-even, and what is refused."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calculators.breakeven import Machine, Rate, Use, compare, rate_of, rates, told
from bot.errors import FigureInvalid
from knowledge.roster import read_roster

SYSTEMS = read_roster().systems
RATE = Rate(1.0, 5.0, "USD", "a model", dt.date(2026, 9, 28))


def test_the_worked_example() -> None:
    # 5000 × 30.4167 × (1500 × 1 + 400 × 5) / 10^6 = 532.29; 0.35 kW × 730 h × 0.30 = 76.65.
    found = compare(Use(5000, 1500, 400), RATE, Machine(2500, 350, 0.30), 36)
    assert found.rent == pytest.approx(532.29, abs=0.01)
    assert found.power == pytest.approx(76.65)
    assert found.breakeven == pytest.approx(2500 / (532.29 - 76.65), abs=0.001)
    assert found.tokens_a_second == pytest.approx(5000 * 400 / 86400)
    lines = "\n".join(told(found))
    assert "Owning pays after 5.5 months." in lines
    assert "after 36 months: rented $19,162.50, owned $5,259.40" in lines
    assert "a model on 2026-09-28" in lines


def test_large_figures_are_told_in_full() -> None:
    found = compare(Use(1_234_567, 1_500_000, 400), RATE, Machine(2500, 350, 0.30), 36)
    lines = "\n".join(told(found))
    assert "1,234,567 requests" in lines
    assert "1,500,000 ×" in lines
    with pytest.raises(FigureInvalid, match="between 0 and 1,000,000,000"):
        compare(Use(2e9, 1, 1), RATE, Machine(1, 1, 1), 1)


amounts = st.floats(0, 1e6)


@given(amounts, amounts, amounts, amounts, amounts, st.floats(0, 10))
def test_at_the_break_even_both_cost_the_same_and_later_owning_less(
    requests: float, into: float, out: float, price: float, watts: float, hour: float
) -> None:
    found = compare(Use(requests, into, out), RATE, Machine(price, watts, hour), 36)
    if found.breakeven is None:
        assert found.rented(240) <= found.owned(240) + 1e-3
    else:
        at = found.breakeven
        assert math.isclose(found.rented(at), found.owned(at), rel_tol=1e-6, abs_tol=1e-6)
        assert found.rented(at + 1) >= found.owned(at + 1) * (1 - 1e-9)


def test_power_that_costs_more_than_rent_never_pays() -> None:
    found = compare(Use(1, 10, 10), RATE, Machine(100, 500, 0.4), 12)
    assert found.breakeven is None
    assert next(iter(told(found))).startswith("Owning never pays")


def test_a_break_even_beyond_the_months_says_so() -> None:
    found = compare(Use(5000, 1500, 400), RATE, Machine(2500, 350, 0.30), 3)
    assert "beyond the 3 looked at" in next(iter(told(found)))


def test_prices_come_from_the_roster_with_their_day_or_from_a_person() -> None:
    known = rates(SYSTEMS)
    assert known
    assert all(rate.priced for rate in known)
    assert rate_of(SYSTEMS, known[0].model.upper(), None, None) == known[0]
    assert rate_of(SYSTEMS, None, 0.1, 0.4) == Rate(0.1, 0.4)


@pytest.mark.parametrize(
    "price",
    [
        (None, None, None),
        ("no such model", None, None),
        (None, 1.0, None),
        (None, -1.0, 1.0),
        (None, math.nan, 1.0),
    ],
)
def test_half_a_price_or_none_is_a_sentence(
    price: tuple[str | None, float | None, float | None],
) -> None:
    with pytest.raises(FigureInvalid):
        rate_of(SYSTEMS, *price)


@pytest.mark.parametrize(
    ("use", "machine", "months"),
    [
        (Use(-1, 1, 1), Machine(1, 1, 1), 1),
        (Use(1, math.inf, 1), Machine(1, 1, 1), 1),
        (Use(1, 1, 1), Machine(math.nan, 1, 1), 1),
        (Use(1, 1, 1), Machine(1, 1, 1), 0),
        (Use(1, 1, 1), Machine(1, 1, 1), 241),
    ],
)
def test_figures_that_make_no_sense_are_a_sentence(use: Use, machine: Machine, months: int) -> None:
    with pytest.raises(FigureInvalid, match="must lie between"):
        compare(use, RATE, machine, months)
