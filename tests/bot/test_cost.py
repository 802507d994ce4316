"""What a rented text cost, in figures and in words."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot import runcard
from bot.cost import Cost, cost_line, reckon
from bot.model import Usage
from knowledge.roster import Price

DAY = dt.date(2026, 9, 28)
PRICE = Price("anthropic", "m", 1.0, 5.0, "USD", DAY, "a page")


def test_a_million_of_each_costs_the_sum_of_both_prices() -> None:
    cost = reckon(Usage(prompt_tokens=1_000_000, answer_tokens=1_000_000), PRICE)
    assert cost == Cost(1_000_000, 1_000_000, 6.0, "USD", DAY)
    assert cost_line(cost).endswith("about $6.00 at the price of 2026-09-28")


def test_what_nobody_counted_has_no_cost_and_half_a_count_no_amount() -> None:
    assert reckon(Usage(), PRICE) is None
    half = reckon(Usage(answer_tokens=30), PRICE)
    assert half is not None
    assert half.amount is None
    assert "no price known" in cost_line(half)


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0.0, "$0.00"), (0.0000012, "$0.0000012"), (0.00123, "$0.0012"), (0.25, "$0.25"),
     (12.345, "$12.35")],
)  # fmt: skip
def test_an_amount_is_written_so_that_it_can_be_read(amount: float, told: str) -> None:
    assert f"about {told} at" in cost_line(Cost(1, 1, amount, "USD", DAY))


@given(st.floats(min_value=1e-8, max_value=1e4))
def test_what_is_told_is_near_what_it_is(amount: float) -> None:
    told = cost_line(Cost(1, 1, amount, "USD", DAY)).partition("$")[2].partition(" ")[0]
    assert float(told.replace(",", "")) == pytest.approx(amount, rel=0.1)


@pytest.mark.parametrize(
    "changed",
    [{"currency": "@everyone"}, {"currency": "USD\n"}, {"amount": -1.0}, {"tokens_in": -1},
     {"more": 1}],
    ids=str,
)  # fmt: skip
def test_a_run_card_that_lies_about_its_cost_is_refused(changed: dict[str, Any]) -> None:
    told = {"tokens_in": 1, "tokens_out": 1, "amount": 0.5, "currency": "USD", **changed}
    with pytest.raises(ValidationError):
        runcard.Usage.model_validate_json(json.dumps({"cost": told}))
