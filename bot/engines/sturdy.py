"""A model whose engine may fail: another try where it helps, an end to every text, and rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from bot.engines.breaker import Breaker
from bot.engines.limits import bounded
from bot.engines.patience import Patience
from bot.engines.retry import retried
from bot.errors import EngineResting
from bot.model import Ended, Loading, Message, Model, ModelEntry, ModelEvent, Sampling, Think


class SturdyModel:
    """`bot.model.Model` around another one. `clock` gives seconds."""

    def __init__(
        self, model: Model, breaker: Breaker, patience: Patience, clock: Callable[[], float]
    ) -> None:
        self._model = model
        self._breaker = breaker
        self._patience = patience
        self._clock = clock

    @property
    def entry(self) -> ModelEntry:
        """Which model this is and where it lives."""
        return self._model.entry

    def resting(self) -> EngineResting | None:
        """Return the reason why the model is not asked now, or None."""
        return self._breaker.resting()

    def chat(
        self, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages`. Raises `EngineError`; EngineResting at once after failures."""
        return self._events(
            lambda: self._model.chat(messages, think=think, sampling=sampling), sampling
        )

    def complete(self, prompt: str, *, sampling: Sampling) -> AsyncGenerator[ModelEvent]:
        """Continue `prompt`. Raises `EngineError`; EngineResting at once after failures."""
        return self._events(lambda: self._model.complete(prompt, sampling=sampling), sampling)

    async def preload(self) -> None:
        """Bring the model into memory and keep it there. Raises `EngineError`."""
        await self._model.preload()

    async def _events(
        self, start: Callable[[], AsyncGenerator[ModelEvent]], sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        stream = bounded(
            retried(start, self._patience.pause),
            tokens=sampling.num_predict,
            seconds=self._patience.writing,
            clock=self._clock,
        )
        with self._breaker.attempt():
            async with aclosing(stream) as events:
                async for event in events:
                    if isinstance(event, Ended) and event.reason != "cut":
                        self._breaker.well()
                    elif not isinstance(event, Loading):
                        self._breaker.alive()
                    yield event
