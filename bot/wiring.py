"""The program on one screen: which real part stands behind which port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.asking import Asking
from bot.health import PartHealth, engine_health, index_health, lessons_health, token_health
from bot.library import Library
from bot.model import Engine, Model
from bot.queue import FairQueue
from bot.settings import Settings
from bot.writing import Writer
from knowledge.index import Progress
from knowledge.lesson import Lesson


def _silent(_done: int, _total: int) -> None:
    """Tell nobody how far the index is."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a front end may use.

    `asking` lets the model write when one is there; `quoting` never asks it.
    """

    settings: Settings
    library: Library
    asking: Asking
    quoting: Asking
    engine: Engine
    model: Model

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons, in their order."""
        return self.library.lessons

    async def health(self) -> tuple[PartHealth, ...]:
        """Look at every part."""
        return (
            lessons_health(self.library),
            index_health(self.library),
            *await engine_health(self.engine, self.model.entry),
            token_health(self.settings),
        )


@asynccontextmanager
async def open_services(
    settings: Settings, *, refresh: bool = False, load: bool = True, progress: Progress = _silent
) -> AsyncIterator[Services]:
    """Open the real parts and close them in reverse.

    Returns at once: with `load`, the embedding model and the index are loaded
    in the background, and with `refresh` the index is first brought up to date.
    """
    from bot.engines.ollama import OllamaEngine  # noqa: PLC0415  the one lazy place: a fast start

    library = Library(settings, progress)
    engine = OllamaEngine(settings.ask_entry.base_url)
    model = engine.model(settings.ask_entry)
    queue = FairQueue(settings.engine_slots, settings.queue_bound)
    if load:
        library.open(refresh=refresh)
    try:
        yield Services(
            settings=settings,
            library=library,
            asking=Asking(library, queue, Writer(model, library)),
            quoting=Asking(library, queue, None),
            engine=engine,
            model=model,
        )
    finally:
        await engine.aclose()
        await library.close()
