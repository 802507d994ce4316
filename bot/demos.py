"""Demos: one prompt, several training stages, one stream of events.

    which line-up? → is it a fair one? → whose turn? → everybody at once, or in a row

A contender that is slow, is being loaded or has failed holds no other up, and its failure is an
event like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from bot.casting import Casting
from bot.curated import CuratedDemos, Form
from bot.errors import (
    BotError,
    ConsentMissing,
    DemoUnknown,
    EngineError,
    QuestionInvalid,
)
from bot.events import Waiting
from bot.fairness import fairness
from bot.lineup import POCKET, Contender, Lineup, Lineups
from bot.model import Engine, Sampling
from bot.order import SEED, Order, readable, scaled
from bot.panes import DemoEvent, Opened, Planned, Ran, Refused
from bot.plan import Installed, LoadTimes, key, make_plan
from bot.queue import FairQueue
from bot.rental import NONE, Rental
from bot.row import Row
from bot.script import Part, Script
from knowledge.stage import Stage


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine bears.

    The context (tokens) of each model, the texts one model writes at once, and the memory (bytes)
    that models may take together.
    """

    num_ctx: int
    slots: int
    room: int


class Demos:
    """Runs demos. `engine_at` returns the engine at an address, None being the bot's own."""

    def __init__(
        self,
        engine_at: Callable[[str | None], Engine],
        queue: FairQueue,
        lineups: Lineups,
        curated: CuratedDemos,
        limits: Limits,
        rental: Rental = NONE,
    ) -> None:
        self.rental = rental
        self._engine_at = engine_at
        self._queue = queue
        self.lineups = lineups
        self.curated = curated
        self._limits = limits
        self._casting = Casting(engine_at, lineups, rental, limits.num_ctx)
        self._loads = LoadTimes()

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault of every file of line-ups and demos."""
        return (*self.lineups.faults, *self.curated.faults)

    def order(
        self,
        member: str,
        *,
        prompt: str | None = None,
        demo: str | None = None,
        lineup: str | None = None,
        stages: Sequence[Stage] = (),
        seed: int = SEED,
        form: Form | None = None,
    ) -> Order:
        """Return the order for what a member chose; what they left open is the demo's.

        Raises DemoUnknown, and QuestionInvalid when there is neither prompt nor demo.
        """
        known = self.curated.find(demo) if demo is not None else None
        if demo is not None and known is None:
            names = ", ".join(one.slug for one in self.curated.all)
            raise DemoUnknown(f"There is no demo '{demo}'. There are: {names}.")
        if known is None:
            if prompt is None:
                raise QuestionInvalid("Give a prompt, or choose a demo.")
            return Order(prompt, member, lineup, tuple(stages), seed, form=form or "plain")
        return Order(
            known.prompt if prompt is None else prompt,
            member,
            lineup,
            tuple(stages) or known.stages,
            seed,
            temperature=known.temperature,
            num_predict=known.num_predict,
            form=form or known.form,
            curated=known,
        )

    def fitting(self, passages: Sequence[str]) -> str | None:
        """Return the name of the curated demo that fits these passages, if one does."""
        demo = self.curated.fitting(passages)
        return demo.slug if demo else None

    def leaves_for(self, order: Order) -> tuple[str, ...]:
        """Return the hosts of providers to which the prompt of an order would go."""
        lineup = self.lineups.find(order.lineup) if order.lineup is not None else None
        return self.rental.hosts(lineup.of_stages(order.stages)) if lineup else ()

    async def ahead(self, demo: str | None, lineup: str | None) -> tuple[str, ...]:
        """Return the models to load ahead for a demo: as many as memory takes together.

        Raises DemoUnknown, LineupUnknown, ModelsMissing, EngineError.
        """
        order = self.order("", prompt=None if demo else "…", demo=demo, lineup=lineup)
        models, taken = await self.installed(), 0
        tags: list[str] = []
        for contender in self._casting.choose(order, models).of_stages(order.stages):
            model = models.get(key(contender))
            taken += model.size_bytes if model is not None else 0
            if contender.provider is None and taken <= self._limits.room:
                tags.append(contender.tag)
        return tuple(dict.fromkeys(tags))

    async def _there(self, order: Order) -> Installed | None:
        """Return what is installed; None where that cannot be learnt and rented models go on.

        The toys that run in this process count where they are named, or no engine answers.
        """
        named = self.lineups.find(order.lineup) if order.lineup is not None else None
        if named is not None and named.embedded:
            return await self._toys()
        try:
            return await self.installed()
        except EngineError:
            if self.leaves_for(order):
                return None
            if order.lineup is None and any(lineup.embedded for lineup in self.lineups.all):
                return await self._toys()
            raise

    async def _toys(self) -> Installed:
        return {(POCKET, toy.name): toy for toy in await self._engine_at(POCKET).models()}

    async def installed(self) -> Installed:
        """Return what is installed on the engines of all line-ups.

        An engine that cannot be reached has nothing; raises `EngineError` when none can be.
        """
        hosts = {c.host: None for lineup in self.lineups.served.all for c in lineup.contenders}
        answers = await asyncio.gather(
            *(self._engine_at(host).models() for host in hosts), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, EngineError):
                raise answer
        failed = [answer for answer in answers if isinstance(answer, EngineError)]
        if failed and len(failed) == len(answers):
            raise failed[0]
        listed = zip(hosts, answers, strict=True)
        return {
            (host, model.name): model
            for host, models in listed
            if not isinstance(models, BaseException)
            for model in models
        }

    async def run(self, order: Order) -> AsyncGenerator[DemoEvent]:
        """Run a demo. Closing the stream closes every generation."""
        try:
            order = replace(order, prompt=readable(order.prompt))
            hosts = self.leaves_for(order)
            if not order.allowed.issuperset(hosts):
                raise ConsentMissing(hosts)
            models = await self._there(order)
            lineup = self._casting.choose(order, models or {})
            order, changed = scaled(order) if lineup.embedded else (order, "")
            parts = await self._casting.cast(lineup.of_stages(order.stages), models)
            yield await self._opened(order, lineup, parts, changed)
            async with self._queue.place(order.member) as place:
                async for turn in place.turns():
                    yield Waiting(turn.position, turn.expected_seconds)
                models = await self._there(order) or {}
                parts = [replace(p, cold=_is_cold(p.seat.contender, models)) for p in parts]
                async with aclosing(self._run(order, parts, models)) as events:
                    async for event in events:
                        yield event
            yield Ran()
        except BotError as error:
            yield Refused(error)

    async def _opened(
        self, order: Order, lineup: Lineup, parts: Sequence[Part], changed: str
    ) -> Opened:
        seats = tuple(part.seat for part in parts)
        absent = [stage for stage in order.stages if all(s.contender.stage != stage for s in seats)]
        notices = [changed] if changed else []
        notices += self._casting.notices(parts)
        if absent:
            notices.append(f"This line-up has no {' and no '.join(absent)} model.")
        version = ""
        engine = next((part.engine for part in parts if part.engine is not None), None)
        if engine is not None:
            with suppress(EngineError):
                version = await engine.version()
        return Opened(
            prompt=order.prompt,
            lineup=lineup.slug,
            title=lineup.title,
            seats=seats,
            form=order.form,
            seed=order.seed,
            temperature=order.temperature,
            num_predict=order.num_predict,
            curated=order.curated,
            fairness=fairness(seats),
            notices=tuple(notices),
            engine_version=version,
        )

    async def _run(
        self, order: Order, parts: Sequence[Part], models: Installed
    ) -> AsyncGenerator[DemoEvent]:
        """Run the lanes of the plan beside each other; whoever has something to tell is heard."""
        plan = make_plan(
            [part.seat.contender.tag for part in parts],
            {name: model for (_, name), model in models.items()},
            room=self._limits.room,
            slots=self._limits.slots,
        )
        yield Planned(plan.sentence)
        sampling = Sampling(order.num_predict, order.temperature, order.seed)
        script = Script(order.prompt, order.form, sampling)
        heard: asyncio.Queue[DemoEvent | None] = asyncio.Queue()

        async def lane(panes: Sequence[int]) -> None:
            row = Row([(pane, parts[pane]) for pane in panes], models, self._loads)
            try:
                await row.perform(script, heard.put_nowait)
            finally:
                heard.put_nowait(None)

        tasks = [asyncio.create_task(lane(panes)) for panes in plan.lanes]
        try:
            running = len(tasks)
            while running:
                event = await heard.get()
                if event is None:
                    running -= 1
                else:
                    yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _is_cold(contender: Contender, models: Installed) -> bool:
    model = models.get(key(contender))
    return model is not None and not model.loaded
