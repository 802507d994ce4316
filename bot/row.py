"""Contenders that share a lane: one after the other, the next model loading while one writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from bot.errors import EngineError
from bot.events import Waiting
from bot.model import Delta, Loading
from bot.panes import DemoEvent, Measured, PaneEvent, Planned, Told
from bot.performance import perform
from bot.plan import Installed, LoadTimes, key
from bot.script import Part, Script

Tell = Callable[[DemoEvent], None]


class Row:
    """Performs its parts, each given with the number of its pane, in their order."""

    def __init__(
        self, parts: Sequence[tuple[int, Part]], models: Installed, loads: LoadTimes
    ) -> None:
        self._parts = list(parts)
        self._models = models
        self._loads = loads
        self._preload: asyncio.Task[None] | None = None
        self._warm: set[str] = set()

    async def perform(self, script: Script, tell: Tell) -> None:
        """Perform every part and tell of it; nothing that fails there is raised."""
        for behind, (pane, _) in enumerate(self._parts[1:], 1):
            tell(Told(pane, Waiting(behind, None)))
        try:
            for at, (pane, part) in enumerate(self._parts):
                if self._preload is not None:
                    await self._preload
                    self._preload = None
                ready = replace(part, cold=self._is_cold(part))
                self._warm.add(part.seat.contender.tag)
                async with aclosing(perform(ready, script)) as events:
                    async for event in events:
                        tell(Told(pane, event))
                        if isinstance(event, Delta) and self._preload is None:
                            self._begin_next(at + 1, tell)
                        self._learn(part, event)
                for behind, (waiting, _) in enumerate(self._parts[at + 2 :], 1):
                    tell(Told(waiting, Waiting(behind, None)))
        finally:
            if self._preload is not None:
                self._preload.cancel()
                await asyncio.gather(self._preload, return_exceptions=True)

    def _is_cold(self, part: Part) -> bool:
        return part.cold and part.seat.contender.tag not in self._warm

    def _begin_next(self, at: int, tell: Tell) -> None:
        """Load the model of the next part, if it has to be loaded."""
        if at >= len(self._parts) or not self._is_cold(self._parts[at][1]):
            return
        pane, part = self._parts[at]
        tag, seconds = part.seat.contender.tag, self._loads.guess(self._size(part))
        tell(Planned(f"{tag} loads next, about {max(1, round(seconds))} s."))
        tell(Told(pane, Loading(tag)))
        self._warm.add(tag)
        self._preload = asyncio.create_task(_preloaded(part))

    def _size(self, part: Part) -> int:
        model = self._models.get(key(part.seat.contender))
        return model.size_bytes if model else 0

    def _learn(self, part: Part, event: PaneEvent) -> None:
        if isinstance(event, Measured):
            self._loads.seen(self._size(part), event.figures.load_seconds)


async def _preloaded(part: Part) -> None:
    """Load a model; why it cannot be loaded is told when it is asked to write."""
    with suppress(EngineError):
        await part.model.preload()
