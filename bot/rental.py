"""Rental: which models of a line-up can be rented here, where their prompts go, what they cost.

Rented models stand beside own ones in a demo. They are off until an organiser allows them, and
only a line-up that was asked for by its name uses any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bot.lineup import Contender
from bot.model import Model
from bot.panes import Seat
from bot.provider import Provider
from bot.script import Part
from knowledge.roster import System

RentModel = Callable[[Provider, Contender], Model]


class Rental:
    """The providers of rented models.

    `rent` returns the port to a contender's model; `lacks` says of a provider's name which library
    is missing for it, and is empty where none is. `systems` is the roster with its prices.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        rent: RentModel,
        lacks: Callable[[str], str],
        systems: Sequence[System],
    ) -> None:
        self.providers = tuple(providers)
        self._by_name = {provider.name: provider for provider in providers}
        self._rent = rent
        self._lacks = lacks
        self._prices = {(p.provider, p.tag): p for system in systems for p in system.prices}

    def lack(self, contender: Contender) -> str:
        """Say why a rented contender cannot be asked; empty where it can, or is an own one."""
        if contender.provider is None:
            return ""
        provider = self._by_name.get(contender.provider)
        return self.lack_of(provider) if provider else "Nothing is rented here."

    def lack_of(self, provider: Provider) -> str:
        """Say why a provider cannot be used; empty where it can."""
        return provider.lack or self._lacks(provider.name)

    def hosts(self, contenders: Iterable[Contender]) -> tuple[str, ...]:
        """Return where the prompt of these contenders would go, each host once."""
        asked = [c for c in contenders if c.provider is not None and not self.lack(c)]
        return tuple(dict.fromkeys(self.host(contender) for contender in asked))

    def host(self, contender: Contender) -> str:
        """Return where a rented contender's prompt goes."""
        return self._by_name[contender.provider].host if contender.provider else ""

    def part(self, contender: Contender) -> Part:
        """Return a rented contender's part in a demo. Raises ValueError for an own one."""
        if contender.provider is None:
            raise ValueError(f"{contender.tag} is not rented")
        provider, lack = self._by_name[contender.provider], self.lack(contender)
        return Part(
            Seat(contender, installed=not lack),
            engine=None,
            model=self._rent(provider, contender),
            card=None,
            lack=lack,
            price=self._prices.get((provider.name, contender.tag)),
        )


def _no_model(provider: Provider, contender: Contender) -> Model:
    raise LookupError(f"nothing here rents {contender.tag} at {provider.name}")


NONE = Rental((), _no_model, lambda _name: "", ())
"""Where nothing is rented."""
