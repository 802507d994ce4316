"""Rent or own: what a model costs by the token and on a machine of one's own, month by month.

    rent a month = requests a day × 365/12 × (tokens in × price in + tokens out × price out) ÷ 10^6
    power a month = watts ÷ 1000 × 24 × 365/12 × price of a kilowatt-hour
    break-even = price of the machine ÷ (rent − power), in months

Nobody's working time, no discounts, no interest and no resale are in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.calculators.figures import within
from bot.cost import amount_of
from bot.errors import FigureInvalid

if TYPE_CHECKING:  # as in bot.cost
    from knowledge.roster import Price, System

DAYS = 365 / 12
"""Days of a month."""
_MOST = 1e9
_NOTHING = 1e-6  # a month, in any currency
_MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Rate:
    """What a million tokens cost; `priced` is the day, None where a person gave the price."""

    input: float
    output: float
    currency: str = "USD"
    model: str = ""
    priced: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much is asked: requests a day, and tokens in and out of one of them."""

    requests: float
    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of one's own: its price, watts on average, price of a kilowatt-hour."""

    price: float
    watts: float
    kilowatt_hour: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Renting beside owning over `months`; amounts are in `rate.currency`."""

    use: Use
    rate: Rate
    machine: Machine
    months: int

    @property
    def rent(self) -> float:
        """What renting costs a month."""
        a_request = self.use.tokens_in * self.rate.input + self.use.tokens_out * self.rate.output
        return self.use.requests * DAYS * a_request / 1e6

    @property
    def power(self) -> float:
        """What the machine's power costs a month."""
        return self.machine.watts / 1000 * 24 * DAYS * self.machine.kilowatt_hour

    @property
    def breakeven(self) -> float | None:
        """After how many months owning has cost as much as renting; None if never."""
        saved = self.rent - self.power
        return self.machine.price / saved if saved > _NOTHING else None

    def rented(self, months: float) -> float:
        """Return what renting has cost after so many months."""
        return self.rent * months

    def owned(self, months: float) -> float:
        """Return what owning has cost after so many months."""
        return self.machine.price + self.power * months

    @property
    def tokens_a_second(self) -> float:
        """What the machine must write a second, spread evenly over day and night."""
        return self.use.requests * self.use.tokens_out / 86_400


def rates(systems: Sequence[System]) -> tuple[Rate, ...]:
    """Return the prices of the roster, by model."""
    found = {price.tag: _rate(price) for system in systems for price in system.prices}
    return tuple(found[tag] for tag in sorted(found))


def rate_of(
    systems: Sequence[System], model: str | None, price_in: float | None, price_out: float | None
) -> Rate:
    """Return the price of a model, or one that was given. Raises FigureInvalid."""
    if price_in is not None and price_out is not None:
        within("the price of a million tokens in", price_in, 0, _MOST)
        within("the price of a million tokens out", price_out, 0, _MOST)
        return Rate(price_in, price_out)
    known = rates(systems)
    if model is None or price_in is not None or price_out is not None:
        raise FigureInvalid("Give both prices of a million tokens, or the name of a priced model.")
    wanted = model.strip().casefold()
    found = next((rate for rate in known if rate.model.casefold() == wanted), None)
    if found is None:
        names = ", ".join(rate.model for rate in known)
        raise FigureInvalid(f"The roster has no price of this model. It has: {names}.")
    return found


def compare(use: Use, rate: Rate, machine: Machine, months: int) -> Comparison:
    """Return renting beside owning. Raises FigureInvalid for figures that make no sense."""
    within("the requests a day", use.requests, 0, _MOST)
    within("the tokens in", use.tokens_in, 0, _MOST)
    within("the tokens out", use.tokens_out, 0, _MOST)
    within("the price of the machine", machine.price, 0, _MOST)
    within("the watts", machine.watts, 0, _MOST)
    within("the price of a kilowatt-hour", machine.kilowatt_hour, 0, _MOST)
    within("the months", months, 1, _MOST_MONTHS)
    return Comparison(use, rate, machine, months)


def told(found: Comparison) -> Iterator[str]:
    """Say what both cost, when owning pays, and what that rests on, a line at a time."""
    use, rate, machine = found.use, found.rate, found.machine

    def money(amount: float) -> str:
        return amount_of(amount, rate.currency)

    if found.breakeven is None:
        yield "Owning never pays: its power alone costs as much as renting."
    else:
        beyond = "" if found.breakeven <= found.months else f", beyond the {found.months} looked at"
        yield f"Owning pays after {found.breakeven:,.1f} months{beyond}."
    yield (
        f"rent {money(found.rent)} a month = {use.requests:,.12g} requests × {DAYS:.2f} days × "
        f"({use.tokens_in:,.12g} × {money(rate.input)} + "
        f"{use.tokens_out:,.12g} × {money(rate.output)}) ÷ a million"
    )
    yield (
        f"own {money(machine.price)} once and {money(found.power)} a month = "
        f"{machine.watts:,.12g} W × {24 * DAYS:.0f} h × {money(machine.kilowatt_hour)} a kWh ÷ 1000"
    )
    yield (
        f"after {found.months} months: rented {money(found.rented(found.months))}, "
        f"owned {money(found.owned(found.months))}"
    )
    yield (
        f"The machine must write {found.tokens_a_second:.2g} tokens a second on average, "
        "several times that at busy hours."
    )
    if rate.priced is not None:
        yield f"The prices are those of {rate.model} on {rate.priced}: look them up again."
    yield "Not in it: working time, discounts, interest, resale."


def _rate(price: Price) -> Rate:
    return Rate(price.input, price.output, price.currency, price.tag, price.priced)
