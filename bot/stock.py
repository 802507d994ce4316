"""The stock: which models the engines have, and how one is pulled, loaded and unloaded.

What may be pulled is a list: the models that a line-up names, and the one that writes answers. A
pull is a stream of events like any other, and closing it ends the download.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from bot.errors import BotError, EngineError, NoRoom, NotOffered, PullRunning
from bot.events import Failed
from bot.lineup import Lineup, Lineups
from bot.model import Host, InstalledModel, Loading, ModelEntry
from knowledge.roster import System
from knowledge.stage import Stage

SPARE = 2_000_000_000
"""Bytes of disk that a pull leaves free."""

Room = Callable[[str], int | None]
"""Tells the bytes free where the engine at an address keeps its models; None when not known."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """An installed model, the stages at which it is used, and whether it writes the answers."""

    model: InstalledModel
    stages: tuple[Stage, ...]
    answers: bool


@dataclass(frozen=True, slots=True)
class LineupStock:
    """A line-up and the models of it that are not installed."""

    lineup: Lineup
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is, loaded models first.

    `wanted` is the model that writes answers, where it is not installed. `away` counts further
    engines, named by line-ups, that do not answer.
    """

    models: tuple[Stocked, ...]
    lineups: tuple[LineupStock, ...]
    wanted: str | None = None
    away: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A pull begins; `free` bytes are there for it, None where that cannot be known."""

    tag: str
    free: int | None


@dataclass(frozen=True, slots=True)
class Pulling:
    """How far a pull is: bytes, and seconds since it began. `status` is the engine's word.

    `came` of the bytes came since then; an earlier pull left the others.
    """

    tag: str
    status: str
    done: int
    total: int
    came: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pulled:
    """The model is installed."""

    tag: str
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is in memory: how long that took (seconds), what it takes (bytes), until when."""

    tag: str
    seconds: float
    memory: int
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Unloaded:
    """The model is out of memory."""

    tag: str


StockEnd = Pulled | Loaded | Unloaded | Failed
StockEvent = Checked | Pulling | Loading | StockEnd


class Stockroom:
    """Looks at the engines and changes what they hold.

    `host_at` returns the engine at an address, None being the bot's own; `answers` is the model
    that writes answers there. A stream ends with exactly one `StockEnd`.
    """

    def __init__(
        self,
        host_at: Callable[[str | None], Host],
        lineups: Lineups,
        systems: Collection[System],
        answers: ModelEntry,
        room: Room,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host_at = host_at
        self._lineups = lineups
        self._answers = answers
        self._room = room
        self._clock = clock
        self._pulling: str | None = None
        self._builds: dict[str, tuple[Stage, ...]] = {}
        for build in (build for system in systems for build in system.builds):
            self._builds[build.tag] = (*self._builds.get(build.tag, ()), build.stage)

    @property
    def offers(self) -> tuple[str, ...]:
        """The tags that may be pulled, each once."""
        named = (tag for lineup in self._lineups.all for tag in lineup.missing(()))
        return tuple(dict.fromkeys((self._answers.tag, *named)))

    async def look(self) -> Stock:
        """Return what there is. Raises `EngineError` where no engine answers."""
        addresses = (None, self._answers.base_url, *self._hosts().values())
        hosts = {host.base_url: host for host in map(self._host_at, addresses)}
        told = await asyncio.gather(*map(_models, hosts.values()))
        away = [error for error in told if isinstance(error, EngineError)]
        if len(away) == len(told):
            raise away[0]
        models = [m for listed in told if not isinstance(listed, EngineError) for m in listed]
        models.sort(key=lambda model: not model.loaded)
        installed, own = {model.name for model in models}, self._answers.tag
        return Stock(
            models=tuple(Stocked(m, self._stages(m.name), m.name == own) for m in models),
            lineups=tuple(LineupStock(lu, lu.missing(installed)) for lu in self._lineups.all),
            wanted=None if own in installed else own,
            away=len(away),
        )

    async def pull(self, tag: str) -> AsyncGenerator[StockEvent]:
        """Install a model that is offered, one at a time. Closing the stream ends the download."""
        try:
            if tag not in self.offers:
                raise NotOffered(tag)
            if self._pulling is not None:
                raise PullRunning(self._pulling)
            self._pulling = tag
            try:
                async with aclosing(self._pulled(tag)) as events:
                    async for event in events:
                        yield event
            finally:
                self._pulling = None
        except BotError as error:
            yield Failed(error)

    async def load(self, tag: str) -> AsyncGenerator[StockEvent]:
        """Bring an installed model into memory and keep it there for a while."""
        host, began = self._host_of(tag), self._clock()
        yield Loading(tag)
        try:
            entry = ModelEntry(tag, host.base_url, self._answers.num_ctx)
            await host.model(entry).preload()
            seconds = self._clock() - began
            held = next((m for m in await host.models() if m.name == tag and m.loaded), None)
            memory, expires = (held.memory_bytes, held.expires) if held else (0, None)
            yield Loaded(tag, seconds, memory, expires)
        except BotError as error:
            yield Failed(error)

    async def unload(self, tag: str) -> AsyncGenerator[StockEvent]:
        """Take a model out of memory."""
        try:
            await self._host_of(tag).unload(tag)
            yield Unloaded(tag)
        except BotError as error:
            yield Failed(error)

    async def _pulled(self, tag: str) -> AsyncGenerator[StockEvent]:
        host, began, size = self._host_of(tag), self._clock(), 0
        left: int | None = None
        yield Checked(tag, await self._leaves_room(host, tag, self._guess(tag)))
        async with aclosing(host.pull(tag)) as steps:
            async for step in steps:
                if step.total > size:  # the engine came to a further part, and told its size
                    size = step.total
                    await self._leaves_room(host, tag, step.total - step.done)
                if left is None and step.total:
                    left = step.done
                came, seconds = step.done - (left or 0), self._clock() - began
                yield Pulling(tag, step.status, step.done, step.total, came, seconds)
        yield Pulled(tag, size, self._clock() - began)

    async def _leaves_room(self, host: Host, tag: str, size: int) -> int | None:
        """Return the bytes free for a pull, if that is known. Raises NoRoom."""
        free = await asyncio.to_thread(self._room, host.base_url)
        if free is not None and size + SPARE > free:
            raise NoRoom(tag, size, free)
        return free

    def _guess(self, tag: str) -> int:
        """Return about how many bytes a model has: its share of a line-up; 0 where none tells."""
        named = [(lineup.missing(()), lineup.gigabytes) for lineup in self._lineups.all]
        shares = (gigabytes / len(tags) for tags, gigabytes in named if tag in tags)
        return round(min(shares, default=0.0) * 1e9)

    def _stages(self, tag: str) -> tuple[Stage, ...]:
        return self._lineups.stages_of(tag) or tuple(dict.fromkeys(self._builds.get(tag, ())))

    def _hosts(self) -> Mapping[str, str | None]:
        """Return where the models of line-ups live, by tag; the bot's own engine is None."""
        return {c.tag: c.host for lineup in self._lineups.all for c in lineup.contenders}

    def _host_of(self, tag: str) -> Host:
        own = self._answers
        return self._host_at(own.base_url if tag == own.tag else self._hosts().get(tag))


async def _models(host: Host) -> tuple[InstalledModel, ...] | EngineError:
    """Return what an engine has, or why it does not tell."""
    try:
        return await host.models()
    except EngineError as error:
        return error
