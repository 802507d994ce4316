"""What a rented text cost: its tokens, and money where the roster knows the price."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from bot.model import Usage

if TYPE_CHECKING:  # what cuts lessons comes with it: a third of a second
    from knowledge.roster import Price

_MILLION = 1_000_000
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


_Count = Annotated[int, Field(ge=0)]


# Validated, since a run card that somebody brings may hold one.
@dataclass(
    frozen=True, slots=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
)
class Cost:
    """Tokens in and out as the provider counted them; `amount` is None where no price is known.

    `priced` is the day from which the price is. What a provider discounts or adds is not in it.
    """

    tokens_in: _Count
    tokens_out: _Count
    amount: Annotated[float, Field(ge=0)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    priced: dt.date | None = None


def reckon(usage: Usage, price: Price | None) -> Cost | None:
    """Return what a text cost; None where the provider did not count it."""
    tokens_in, tokens_out = usage.prompt_tokens, usage.answer_tokens
    if not tokens_in and not tokens_out:
        return None
    if price is None or not tokens_in:  # half a bill would be a wrong one
        return Cost(tokens_in, tokens_out)
    amount = (tokens_in * price.input + tokens_out * price.output) / _MILLION
    return Cost(tokens_in, tokens_out, amount, price.currency, price.priced)


def cost_line(cost: Cost | None) -> str:
    """Say what a text cost; empty where there is nothing to say."""
    if cost is None:
        return ""
    tokens = f"{cost.tokens_in} tokens in and {cost.tokens_out} out"
    if cost.amount is None or cost.priced is None:
        return f"{tokens}, no price known"
    return f"{tokens}, about {amount_of(cost.amount, cost.currency)} at the price of {cost.priced}"


def amount_of(amount: float, currency: str) -> str:
    """Write an amount with at least two figures that mean something, and never as 1e-05."""
    decimals = 2
    while amount and decimals < 9 and round(amount, decimals) < 10 ** (1 - decimals):  # noqa: PLR2004  a billionth is enough
        decimals += 1
    return f"{_SIGNS.get(currency, f'{currency} ')}{amount:,.{decimals}f}"
