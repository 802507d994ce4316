"""Meters: what the bot counts and times, for Prometheus. No label holds an id of anybody.

One object owns one registry; the wiring hands it to what is measured. Names: prefix `bot_`, base
units (https://prometheus.io/docs/practices/naming/).
"""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.errors import EngineError
from bot.model import Delta, Ended, Message, Model, ModelEntry, ModelEvent, Sampling, Think
from knowledge.passages import Found, PassageSearch, SentenceEncoder, Vectors

INVALID_WINDOW = 600.0
"""Seconds over which Discord counts invalid requests; 10,000 in them shut a machine out."""
_INVALID = frozenset({401, 403, 429})
_SHORT = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
_LONG = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)


class Meters:
    """All metrics of one process."""

    def __init__(self, version: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._invalid: deque[float] = deque()
        build = Gauge("bot_build_info", "Which program", ["version", "python"], registry=registry)
        build.labels(version, platform.python_version()).set(1)
        acknowledged = "From an interaction's arrival to Discord's word that it was acknowledged"
        found = "How long it took to find passages, and to check a citation against them"
        count, time_of = self._counter, self._timer
        self.interactions = count("bot_interactions", "Commands", "command", "outcome")
        self.acknowledged = time_of("bot_interaction_ack_seconds", acknowledged, _SHORT)
        self.reconnects = count("discord_gateway_reconnects", "Connections", "kind")
        self.identified = count("discord_identify", "Sessions asked for, of 1000 a day allowed")
        self._requests = count("bot_discord_requests", "Calls to Discord", "route", "status")
        self._limited = count("bot_discord_ratelimited", "Answers 429", "route", "scope")
        self.edits = time_of("bot_edit_seconds", "How long an edit took", _SHORT)
        between = "Between two edits of one message"
        self.intervals = time_of("bot_edit_interval_seconds", between, _SHORT)
        self.waited = time_of("bot_queue_wait_seconds", "Wait for a slot", _LONG)
        running = "Texts being written"
        self._running = Gauge("bot_generations_running", running, ["model"], registry=registry)
        first, written = "From asking a model to its first token", "How long it wrote, by its end"
        self._first = time_of("bot_llm_ttft_seconds", first, _LONG, "model")
        self._tokens = count("bot_llm_tokens", "Tokens read and written", "model", "kind")
        self._duration = time_of("bot_llm_duration_seconds", written, _LONG, "model", "outcome")
        self._errors = count("bot_llm_errors", "Failures of a model", "model", "kind")
        self._retrieval = time_of("bot_retrieval_seconds", found, _SHORT, "stage")
        self._empty = count("bot_retrieval_empty", "Searches that found nothing")
        self.watch("bot_discord_invalid_requests_10m", "401, 403 and 429", self._invalid_now)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, labels, registry=self.registry)

    def _timer(self, name: str, told: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, told, labels, buckets=buckets, registry=self.registry)

    def watch(self, name: str, told: str, value: Callable[[], float], **labels: str) -> None:
        """Publish what `value` returns whenever somebody looks."""
        gauge = Gauge(name, told, list(labels), registry=self.registry)
        (gauge.labels(**labels) if labels else gauge).set_function(value)

    def watch_counts(
        self, name: str, told: str, label: str, counts: Callable[[], Mapping[str, float]]
    ) -> None:
        """Publish counts that are kept elsewhere, by one label."""
        self.registry.register(_Counts(name, told, label, counts))

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def called(self, route: str, status: int, scope: str | None) -> None:
        """Count a call to Discord; `route` is a template."""
        self._requests.labels(route, str(status)).inc()
        if status == 429:  # noqa: PLR2004  HTTP
            self._limited.labels(route, scope or "unknown").inc()
        if status in _INVALID and scope != "shared":
            self._invalid.append(self._clock())

    def measured(self, model: Model) -> Model:
        """Return `model`, measured."""
        return MeasuredModel(model, self)

    def measured_encoder(self, encoder: SentenceEncoder) -> SentenceEncoder:
        """Return `encoder`, measured."""
        return MeasuredEncoder(encoder, self)

    def measured_search(self, search: PassageSearch) -> PassageSearch:
        """Return `search`, measured."""
        return MeasuredSearch(search, self)

    def _invalid_now(self) -> float:
        while self._invalid and self._invalid[0] < self._clock() - INVALID_WINDOW:
            self._invalid.popleft()
        return len(self._invalid)

    def searched(self, began: float, found: Found) -> None:
        """Take note of a search."""
        self._retrieval.labels("search").observe(self._clock() - began)
        if not found.hits:
            self._empty.inc()

    def checked(self, began: float) -> None:
        """Take note of sentences that were encoded for a check."""
        self._retrieval.labels("check").observe(self._clock() - began)

    async def wrote(
        self, tag: str, stream: AsyncGenerator[ModelEvent]
    ) -> AsyncGenerator[ModelEvent]:
        """Pass on what a model writes, and take note of it."""
        began, first, outcome = self._clock(), True, "stopped"
        self._running.labels(tag).inc()
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if first and isinstance(event, Delta):
                        self._first.labels(tag).observe(self._clock() - began)
                        first = False
                    elif isinstance(event, Ended):
                        outcome = event.reason
                        self._tokens.labels(tag, "prompt").inc(event.usage.prompt_tokens)
                        self._tokens.labels(tag, "answer").inc(event.usage.answer_tokens)
                    yield event
        except EngineError as error:
            outcome = "error"
            self._errors.labels(tag, type(error).__name__).inc()
            raise
        finally:
            self._running.labels(tag).dec()
            self._duration.labels(tag, outcome).observe(self._clock() - began)

    def now(self) -> float:
        """Return the clock, in seconds."""
        return self._clock()


class _Counts(Collector):
    """Counts that are kept elsewhere."""

    def __init__(
        self, name: str, told: str, label: str, counts: Callable[[], Mapping[str, float]]
    ) -> None:
        self._name, self._told, self._label, self._counts = name, told, label, counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Read them now."""
        family = CounterMetricFamily(self._name, self._told, labels=[self._label])
        for value, count in self._counts().items():
            family.add_metric([value], count)
        return [family]


class MeasuredModel:
    """A model that is measured; see `bot.model.Model`."""

    def __init__(self, model: Model, meters: Meters) -> None:
        self._model = model
        self._meters = meters

    @property
    def entry(self) -> ModelEntry:
        """Which model this is."""
        return self._model.entry

    def chat(
        self, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages`."""
        stream = self._model.chat(messages, think=think, sampling=sampling)
        return self._meters.wrote(self.entry.tag, stream)

    def complete(self, prompt: str, *, sampling: Sampling) -> AsyncGenerator[ModelEvent]:
        """Continue `prompt`."""
        return self._meters.wrote(self.entry.tag, self._model.complete(prompt, sampling=sampling))

    async def preload(self) -> None:
        """Bring the model into memory."""
        await self._model.preload()


class MeasuredSearch:
    """A search that is measured; see `knowledge.passages.PassageSearch`."""

    def __init__(self, search: PassageSearch, meters: Meters) -> None:
        self._search = search
        self._meters = meters

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
        server: int | None = None,
    ) -> Found:
        """Find passages."""
        began = self._meters.now()
        found = await self._search.search(
            question, previous=previous, lesson=lesson, limit=limit, server=server
        )
        self._meters.searched(began, found)
        return found


class MeasuredEncoder:
    """An encoder that is measured; see `knowledge.passages.SentenceEncoder`."""

    def __init__(self, encoder: SentenceEncoder, meters: Meters) -> None:
        self._encoder = encoder
        self._meters = meters

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode sentences."""
        began = self._meters.now()
        vectors = await self._encoder.encode(texts)
        self._meters.checked(began)
        return vectors
