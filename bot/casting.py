"""Casting: which line-up a demo uses, and who plays in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.errors import EngineError, LineupUnknown, ModelsMissing
from bot.lineup import Contender, Lineup, Lineups, best
from bot.model import Engine, ModelEntry
from bot.order import Order
from bot.panes import Seat
from bot.plan import Installed, key
from bot.rental import Rental
from bot.script import Part


class Casting:
    """Chooses line-ups and gives their contenders a part.

    `engine_at` returns the engine at an address; `num_ctx` is each own model's context in tokens.
    """

    def __init__(
        self,
        engine_at: Callable[[str | None], Engine],
        lineups: Lineups,
        rental: Rental,
        num_ctx: int,
    ) -> None:
        self._engine_at = engine_at
        self._lineups = lineups
        self._rental = rental
        self._num_ctx = num_ctx

    def choose(self, order: Order, models: Installed) -> Lineup:
        """Return the line-up to use: without a name none that rents models.

        Raises LineupUnknown, ModelsMissing.
        """
        own = [lineup for lineup in self._lineups.all if not lineup.rents]
        if order.lineup is not None:
            lineup = self._lineups.find(order.lineup)
            if lineup is None or not lineup.of_stages(order.stages):
                known = ", ".join(known.slug for known in self._lineups.all)
                raise LineupUnknown(
                    f"There is no line-up '{order.lineup}' with these stages. There are: {known}."
                )
            candidates = [lineup]
        else:
            wished = order.curated.lineups if order.curated else ()
            preferred = [lu for lu in own if lu.slug in wished]
            candidates = preferred or own
        tags = {
            c.tag
            for lu in self._lineups.all
            for c in lu.contenders
            if (not self._rental.lack(c) if c.provider else key(c) in models)
        }
        chosen = best(candidates, tags, order.stages)
        if chosen is None and order.lineup is None:
            chosen = best(own, tags, order.stages)
        if chosen is None:
            served = [lineup for lineup in candidates if not lineup.embedded] or candidates
            small = min(served, key=lambda lineup: lineup.gigabytes)
            raise self._nothing_of(small, small.of_stages(order.stages) or small.contenders)
        return chosen

    def _nothing_of(self, lineup: Lineup, contenders: Sequence[Contender]) -> ModelsMissing:
        pulls = dict.fromkeys(c.tag for c in contenders if c.provider is None)
        lacks = dict.fromkeys(self._rental.lack(c) for c in contenders if c.provider)
        return ModelsMissing(lineup.title, tuple(pulls), tuple(lacks))

    async def cast(self, contenders: Sequence[Contender], models: Installed | None) -> list[Part]:
        """Look at the model of each contender; what cannot be learnt stays empty."""

        async def part(contender: Contender) -> Part:
            if contender.provider is not None:
                return self._rental.part(contender)
            engine = self._engine_at(contender.host)
            entry = ModelEntry(contender.tag, engine.base_url, self._num_ctx)
            listed, card = (models or {}).get(key(contender)), None
            if listed is not None:
                with suppress(EngineError):
                    card = await engine.show(contender.tag)
            seat = Seat(
                contender,
                installed=listed is not None or models is None,
                digest=listed.digest if listed else "",
                parameter_size=(card or listed).parameter_size if listed else "",
                quantization=(card or listed).quantization if listed else "",
            )
            return Part(seat, engine, engine.model(entry), card)

        return list(await asyncio.gather(*(part(contender) for contender in contenders)))

    def notices(self, parts: Sequence[Part]) -> list[str]:
        """Say which models are not there, and where the prompt of rented ones goes."""
        absent = [(p.seat.contender.tag, p.lack) for p in parts if not p.seat.installed]
        lines = [
            f"{tag}: {lack}" if lack else f"{tag} is not installed: ollama pull {tag}"
            for tag, lack in absent
        ]
        rented = [part.seat.contender for part in parts if part.rented and not part.lack]
        if rented:
            hosts = (f"{self._rental.host(c)} ({c.tag})" for c in rented)
            lines.append(f"The prompt goes to {' and '.join(hosts)}.")
        return list(dict.fromkeys(lines))
