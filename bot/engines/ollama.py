"""Models served by Ollama, over its native API.

Native and not `/v1`, because only here are there raw prompts (base models have
no chat template of their own), `think`, the reason a text ended, and the
engine's own counters. Facts: github.com/ollama/ollama, docs/api and server/.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

import httpx
from ollama import AsyncClient, ChatResponse, GenerateResponse, ResponseError

from bot.engines.address import checked_address, without_key
from bot.engines.breaker import Breaker
from bot.engines.bursts import BurstTransport
from bot.engines.faults import LIBRARY_ERRORS, from_library, from_status
from bot.engines.inventory import Inventory
from bot.engines.lines import Line, Piece, joined, pieces_of
from bot.engines.patience import Patience, gathered
from bot.engines.payload import encodable, options_of, turns_of
from bot.engines.rendering import first_rendered
from bot.engines.stocking import pulled, unloaded
from bot.engines.sturdy import SturdyModel
from bot.engines.thinking import ThinkSplitter
from bot.errors import EngineError, RequestRefused
from bot.model import (
    Delta,
    Download,
    Ended,
    InstalledModel,
    Loading,
    Message,
    ModelCard,
    ModelEntry,
    ModelEvent,
    Sampling,
    Think,
    Usage,
)

_KEEP_ALIVE = "30m"
_Lines = AsyncGenerator[Line]


class OllamaEngine:
    """One Ollama server. Holds its connections; `aclose` it.

    `base_url` names scheme, host and port (`http://` without a port would mean
    port 80); raises `SettingsInvalid` otherwise. `headers` go with every request,
    for a proxy that wants a key. Nothing is taken from the environment: no
    proxy, no OLLAMA_HOST, no OLLAMA_API_KEY (the library would send that one to
    whatever host this is). `clock` gives seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        patience: Patience | None = None,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = checked_address(base_url)
        self._clock = clock
        self._headers = headers
        self._breakers: dict[str, Breaker] = {}
        self.preloading: set[str] = set()
        """The tags that are being brought into memory ahead of any question."""
        self.patience = patience or Patience()
        # One transport for both clients. How long a text may be silent is `gathered`'s to say:
        # aiohttp's own limit also runs while a full buffer is being read.
        # No bound (0) on connections: the queue in front decides how many run at once.
        # aiohttp reads a line of a stream for less than half of what httpcore takes (measured).
        transport = BurstTransport(limits=httpx.Limits(max_connections=0), trust_env=False)
        self._http = httpx.AsyncClient(
            base_url=self.base_url,
            headers=headers,
            timeout=httpx.Timeout(10.0, connect=self.patience.connect),
            transport=transport,
            trust_env=False,
        )
        self.client = AsyncClient(
            host=self.base_url,
            headers=headers,
            timeout=httpx.Timeout(10.0, connect=self.patience.connect, read=None),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            auth=None if "authorization" in httpx.Headers(headers) else without_key,
        )
        self.inventory = Inventory(self._http)

    def model(self, entry: ModelEntry) -> SturdyModel:
        """Return the port to one model of this server; its failures are counted by its tag."""
        breaker = self._breakers.setdefault(entry.tag, Breaker(self._clock))
        return SturdyModel(self.bare(entry), breaker, self.patience, self._clock)

    def bare(self, entry: ModelEntry) -> OllamaModel:
        """Return one model as it is: no second try, no rest, no bound but its `num_predict`."""
        return OllamaModel(self, entry)

    async def models(self) -> tuple[InstalledModel, ...]:
        """List the installed models and which of them are loaded. Raises `EngineError`."""
        return await self.inventory.models()

    async def show(self, tag: str) -> ModelCard:
        """Return what a model says of itself. Raises `EngineError`."""
        return await self.inventory.show(tag)

    async def version(self) -> str:
        """Return the server's version. Raises `EngineError`."""
        return await self.inventory.version()

    async def render(
        self, entry: ModelEntry, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> str | None:
        """Return what `chat` would give the model; None when this Ollama is too old to tell.

        Ollama loads the model for it, so ask while it is loaded. Raises `EngineError`.
        """
        body = {
            "model": entry.tag,
            "messages": turns_of(messages),
            "think": think,
            "options": options_of(entry, sampling),
            "keep_alive": _KEEP_ALIVE,
        }
        return await first_rendered(self._http, body)

    def pull(self, tag: str) -> AsyncGenerator[Download]:
        """Install a model; see `bot.model.Host`."""
        return pulled(tag, self.base_url, self._headers, self.patience.connect)

    async def unload(self, tag: str) -> None:
        """Take a model out of memory, when it has written what it writes. Raises `EngineError`."""
        await unloaded(self.client, tag, self.patience.first_token)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
        await self.client.close()  # type: ignore[no-untyped-call]  # the library's own lack


class OllamaModel:
    """One model of one Ollama server: `bot.model.Model`.

    Every call sends the same load options (`num_ctx`), because Ollama restarts a
    model whose load options change.
    """

    def __init__(self, engine: OllamaEngine, entry: ModelEntry) -> None:
        self._engine = engine
        self._entry = entry

    @property
    def entry(self) -> ModelEntry:
        """Which model this is and where it lives."""
        return self._entry

    async def chat(
        self, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages`; thinking is kept apart, also where it comes between tags.

        Raises `EngineError`, and ValueError for a `num_predict` below 1.
        """
        if not messages:  # Ollama would take it for a preload
            raise RequestRefused(self._entry.tag, "There is nothing to answer.")
        turns = turns_of(messages)
        options = options_of(self._entry, sampling)
        form = json.loads(sampling.schema) if sampling.schema else None

        async def start() -> AsyncIterator[ChatResponse]:
            return await self._engine.client.chat(
                model=self._entry.tag,
                messages=turns,
                think=think,
                format=form,
                options=options,
                keep_alive=_KEEP_ALIVE,
                stream=True,
            )

        async with aclosing(self._events(start, ThinkSplitter())) as events:
            async for event in events:
                yield event

    async def complete(self, prompt: str, *, sampling: Sampling) -> AsyncGenerator[ModelEvent]:
        """Continue `prompt` as it stands; what comes is passed on as it stands.

        Raises `EngineError`, and ValueError for a `num_predict` below 1.
        """
        if not prompt:  # Ollama would take it for a preload
            raise RequestRefused(self._entry.tag, "There is nothing to continue.")
        options = options_of(self._entry, sampling)

        async def start() -> AsyncIterator[GenerateResponse]:
            return await self._engine.client.generate(
                model=self._entry.tag,
                prompt=encodable(prompt),
                raw=True,
                think=False,  # absent means true, and would eat literal think tags
                options=options,
                keep_alive=_KEEP_ALIVE,
                stream=True,
            )

        async with aclosing(self._events(start, None)) as events:
            async for event in events:
                yield event

    async def preload(self) -> None:
        """Bring the model into memory and keep it there. Raises `EngineError`."""
        self._engine.preloading.add(self._entry.tag)
        try:
            async with asyncio.timeout(self._engine.patience.first_token):
                await self._engine.client.generate(
                    model=self._entry.tag,
                    prompt="",
                    think=False,
                    options={"num_ctx": self._entry.num_ctx},
                    keep_alive=_KEEP_ALIVE,
                )
        except (ResponseError, *LIBRARY_ERRORS) as error:
            raise self._translated(error) from error
        finally:
            self._engine.preloading.discard(self._entry.tag)

    async def _events(
        self, start: Callable[[], Awaitable[AsyncIterator[Line]]], splitter: ThinkSplitter | None
    ) -> AsyncGenerator[ModelEvent]:
        ended = Ended("cut", Usage())  # stays so when the engine closes without a word
        failure: EngineError | None = None
        try:
            async with aclosing(self._lines(start)) as bursts:
                async for burst in bursts:
                    if isinstance(burst, Loading):
                        yield burst
                        continue
                    delta = joined(burst, splitter)
                    if delta.text or delta.thinking:
                        yield delta
                    if burst[-1].ended:
                        ended = burst[-1].ended
                        break
        except EngineError as error:
            failure = error
        # The connection is closed by now. What was held back belongs to the reader.
        rest = splitter.finish() if splitter else Delta()
        if rest != Delta():
            yield rest
        if failure:
            raise failure
        yield ended

    async def _lines(
        self, start: Callable[[], Awaitable[AsyncIterator[Line]]]
    ) -> AsyncGenerator[Loading | list[Piece]]:
        """Yield what the engine's lines say, those that came together in one list.

        Raises `EngineError`, after what came before.
        """
        patience, tag = self._engine.patience, self._entry.tag
        cold = await self._is_cold()
        try:
            # The library returns a generator and types it as an iterator.
            stream: _Lines = await start()  # type: ignore[assignment]  # the library says iterator
            pieces = pieces_of(stream, tag)
            async with aclosing(gathered(pieces, patience, model=tag, cold=cold)) as bursts:
                async for burst in bursts:
                    yield burst
        except (ResponseError, *LIBRARY_ERRORS) as error:
            raise self._translated(error) from error

    async def _is_cold(self) -> bool:
        """Say whether the model has to be loaded; False when that cannot be learned quickly.

        Asked before the request, as Ollama lists a model as soon as it begins to load it.
        """
        if self._entry.tag in self._engine.preloading:
            return True
        try:
            async with asyncio.timeout(self._engine.patience.glance):
                return not await self._engine.inventory.holds(self._entry.tag)
        except (EngineError, TimeoutError):
            return False

    def _translated(self, error: Exception) -> EngineError:
        if isinstance(error, ResponseError):
            return from_status(error.status_code, str(error.error), self._entry.tag)
        return from_library(error, self._entry.tag, self._engine.patience.first_token)
