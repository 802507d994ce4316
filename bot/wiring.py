"""The program on one screen: which real part stands behind which port."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.asking import Asking
from bot.curated import SHIPPED as DEMOS
from bot.curated import read_curated
from bot.demos import Demos, Limits
from bot.disk import free_space
from bot.errors import EngineError
from bot.folder import DataFolder
from bot.health import (
    PartHealth,
    demos_health,
    embedding_health,
    engine_health,
    folder_health,
    index_health,
    lessons_health,
    records_health,
    rental_health,
    roster_health,
    token_health,
)
from bot.library import Library
from bot.lineup import POCKET, read_lineups
from bot.lineup import SHIPPED as LINEUPS
from bot.memory import Memory
from bot.model import Engine, Host, Model
from bot.questions import Questions
from bot.queue import FairQueue
from bot.remembered import Remembered
from bot.rental import Rental
from bot.settings import Settings
from bot.stock import Stockroom
from bot.writing import Writer
from knowledge.index import Progress
from knowledge.lesson import Lesson
from knowledge.roster import System

if TYPE_CHECKING:
    from bot.engines.ollama import OllamaEngine
    from bot.meters import Meters  # made by the Discord front end, which alone is measured

PATIENCE_SECONDS = 40.0
"""How long a member's question waits for an index that is being made before they are told."""


def _silent(_done: int, _total: int) -> None:
    """Tell nobody how far the index is."""


def _open_records(url: str) -> Memory:
    from bot.records.memory import open_records  # noqa: PLC0415  SQLAlchemy is slow to import

    return open_records(url)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a front end may use.

    `asking` lets the model write when one is there; `quoting` never asks it.
    """

    settings: Settings
    folder: DataFolder
    library: Library
    asking: Asking
    quoting: Asking
    questions: Questions
    engine: Engine
    model: Model
    records: Remembered
    demos: Demos
    stockroom: Stockroom
    meters: Meters | None = None

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """Everybody's lessons, in their order."""
        return self.lessons_for(None)

    def lessons_for(self, server: int | None) -> tuple[Lesson, ...]:
        """Return the lessons that members of a server may see, as they are now."""
        return self.library.lessons_for(server)

    @property
    def systems(self) -> tuple[System, ...]:
        """The roster's systems, by name."""
        return self.library.systems

    async def health(self, *, thorough: bool = False) -> tuple[PartHealth, ...]:
        """Look at every part; with `thorough`, also whether the index answers rightly."""
        fault = await self.library.examine() if thorough else None
        return (
            lessons_health(self.library),
            folder_health(self.folder),
            embedding_health(self.settings),
            index_health(self.library, fault),
            demos_health(
                len(self.demos.lineups.all), len(self.demos.curated.all), self.demos.faults
            ),
            rental_health(self.demos.rental),
            roster_health(self.library.systems, dt.datetime.now(dt.UTC).date()),
            *await engine_health(self.engine, self.model.entry),
            await records_health(self.records.memory, self.settings),
            token_health(self.settings),
        )


class _Engines:
    """The engines by their address, each made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        from bot.engines.ollama import OllamaEngine  # noqa: PLC0415  the lazy place: a fast start
        from bot.engines.pocket import PocketEngine  # noqa: PLC0415  as above

        self._settings = settings
        self._new = OllamaEngine
        self._served: dict[str, OllamaEngine] = {}
        self._toys = PocketEngine()

    def at(self, host: str | None) -> OllamaEngine:
        """Return the engine at an address, None being the bot's own."""
        url = self._settings.engine_address(host)
        if url not in self._served:
            self._served[url] = self._new(url)
        return self._served[url]

    def for_demos(self, host: str | None) -> Engine:
        """Return an engine as demos use it: the toys of this process are one, too."""
        return self._toys if host == POCKET else self.at(host)

    async def aclose(self) -> None:
        """Close all of them."""
        for engine in self._served.values():
            await engine.aclose()
        await self._toys.aclose()


def _demos(
    settings: Settings, library: Library, engine_at: Callable[[str | None], Engine]
) -> Demos:
    from bot.engines.hosted import HostedModel, missing_extra  # noqa: PLC0415  as below

    everybodys = (lesson for lesson in library.lessons if lesson.server is None)
    passages = {passage.id for lesson in everybodys for passage in lesson.passages}
    own = settings.demo_dir
    lineups = read_lineups([LINEUPS, *([own / "lineups"] if own else [])])
    curated = read_curated([DEMOS, *([own / "demos"] if own else [])], passages, lineups)
    room = int(settings.demo_memory_gb * 1e9)
    return Demos(
        engine_at,
        FairQueue(settings.demo_slots, settings.queue_bound),
        lineups,
        curated,
        Limits(settings.num_ctx, settings.engine_slots, room),
        Rental(settings.providers, HostedModel, missing_extra, library.systems),
    )


def _stockroom(
    settings: Settings, library: Library, demos: Demos, host_at: Callable[[str | None], Host]
) -> Stockroom:
    def room(url: str) -> int | None:
        return free_space(url, settings.ollama_models)

    return Stockroom(host_at, demos.lineups.served, library.systems, settings.ask_entry, room)


def _asking(
    library: Library,
    queue: FairQueue,
    engine: Engine,
    model: Model,
    resting: Callable[[], EngineError | None],
    meters: Meters | None,
) -> Asking:
    def writer(asked: Model) -> Writer:
        if meters is None:
            return Writer(asked, library)
        return Writer(meters.measured(asked), meters.measured_encoder(library))

    def other(tag: str) -> Writer:
        return writer(engine.model(replace(model.entry, tag=tag)))

    if meters is not None:
        meters.watch("bot_queue_depth", "Questions that wait", lambda: queue.waiting)
        served = "Passages of the index that serves"
        meters.watch("bot_index_chunks", served, lambda: library.served)
        proven = "1 while an index serves that proved itself"
        meters.watch("bot_index_selftest_ok", proven, lambda: bool(library.served))
        made = "Times that the lessons were taken up, by what came of it"
        meters.watch_counts("bot_ingest", made, "outcome", lambda: library.ingests)
        told = "1 while the model is left alone after failures"
        meters.watch("bot_breaker_state", told, lambda: bool(resting()), model=model.entry.tag)
    search = meters.measured_search(library) if meters else library
    return Asking(search, queue, writer(model), other=other, resting=resting)


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    own: bool = False,
    refresh: bool = False,
    load: bool = True,
    progress: Progress = _silent,
    meters: Meters | None = None,
) -> AsyncIterator[Services]:
    """Open the real parts and close them in reverse.

    Returns at once: with `load`, the embedding model and the index are loaded
    in the background, and with `refresh` the index is first brought up to date.
    With `own`, this is the one bot of its data folder. Raises FolderBusy when it is not.
    With `meters`, what they can tell is published there.
    """
    folder = DataFolder(settings.data_dir)
    library = Library(settings, progress, PATIENCE_SECONDS if own else None)
    engines = _Engines(settings)
    engine = engines.at(settings.ask_entry.base_url)
    model = engine.model(settings.ask_entry)
    refresh_index = library.refresh if own else partial(folder.refreshed, library.refresh)
    waited = meters.waited.observe if meters else None
    queue = FairQueue(settings.engine_slots, settings.queue_bound, waited=waited)
    quoting = Asking(library, queue, None)
    records = Remembered(settings, library, refresh_index, quoting, _open_records)
    try:
        async with folder.attended(records.reindex) if own else nullcontext():
            if load:
                library.open(refresh=refresh)
            demos = _demos(settings, library, engines.for_demos)
            yield Services(
                settings=settings,
                folder=folder,
                library=library,
                asking=_asking(library, queue, engine, model, model.resting, meters),
                quoting=quoting,
                questions=Questions(queue, model, library),
                engine=engine,
                model=model,
                records=records,
                demos=demos,
                stockroom=_stockroom(settings, library, demos, engines.at),
                meters=meters,
            )
    finally:
        await records.close()
        await engines.aclose()
        await library.close()
