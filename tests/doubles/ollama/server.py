"""The HTTP side of the fake: routes, slots, loading, the request log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.doubles.ollama import wire
from tests.doubles.ollama.answer import Answer, answer_before_text
from tests.doubles.ollama.pull import Pull
from tests.doubles.ollama.request import FakeRequest, Refusal, check_generation, parse_body
from tests.doubles.ollama.script import FakeModel, Fault, Step, full_name

_GENERATING = ("/api/chat", "/api/generate")
_LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class _Resident:
    """A model in memory, or on its way there (Ollama lists both alike)."""

    num_ctx: int
    keep_alive: float
    ready: bool


@dataclass(slots=True)
class _Planned:
    fault: Fault
    times: int
    tag: str | None


class FakeOllama:
    """Ollama's native API on a free loopback port.

    `num_parallel` generations run at once, the others wait without a header, as
    on the real server. `requests` logs everything that was asked and `loads`
    every (tag, num_ctx) that was brought into memory. `library` is what can be pulled. Without
    `renders` it is a server too old for `_debug_render_only`. Leaving the block raises
    AssertionError when a route was asked that Ollama does not have.
    """

    def __init__(
        self,
        models: Sequence[FakeModel] = (),
        *,
        library: Sequence[FakeModel] = (),
        num_parallel: int = 1,
        renders: bool = True,
    ) -> None:
        self.renders = renders
        self.library = {model.name: model for model in library}
        self._kept: dict[str, int] = {}
        self.models = {model.name: model for model in models}
        self.requests: list[FakeRequest] = []
        self.loads: list[tuple[str, int]] = []
        self.unexpected: list[str] = []
        self._planned: list[_Planned] = []
        self._resident = {
            model.name: _Resident(num_ctx=0, keep_alive=300.0, ready=True)
            for model in models
            if model.loaded
        }
        self._slots = asyncio.Semaphore(num_parallel)
        self._loading = asyncio.Lock()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL, with its port."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def generations(self) -> list[FakeRequest]:
        """The requests that wanted text."""
        return [r for r in self.requests if r.wants_text and not r.body.get("_debug_render_only")]

    def resident(self) -> tuple[str, ...]:
        """Return the names of the models in memory."""
        return tuple(name for name, state in self._resident.items() if state.ready)

    def fail_next(self, fault: Fault, *, times: int = 1, tag: str | None = None) -> None:
        """Let the next `times` chat or generate requests (of `tag`) meet `fault`."""
        self._planned.append(_Planned(fault, times, full_name(tag) if tag else None))

    def heal(self) -> None:
        """Forget every fault that was planned."""
        self._planned.clear()

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until `condition` holds; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  # it may be about anything, so no event
                await asyncio.sleep(0.002)

    async def go_down(self) -> None:
        """Close the port; connections are refused until `come_up`. Models leave memory."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        self._resident.clear()

    async def come_up(self) -> None:
        """Listen; on the same port as before where there was one."""
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, _LOOPBACK, self._port, reuse_address=True)
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    async def __aenter__(self) -> Self:
        await self.come_up()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.go_down()
        if exc is None and self.unexpected:
            raise AssertionError(f"asked what Ollama does not have: {self.unexpected}")

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        now = asyncio.get_running_loop().time
        request = FakeRequest(http.method, http.path, {}, dict(http.headers), now())
        self.requests.append(request)
        try:
            response = await self._answer(http, request)
            request.status = response.status
            request.finished = request.finished or now()
        except Refusal as refusal:
            request.status, request.finished = refusal.status, now()
            return web.json_response({"error": refusal.text}, status=refusal.status)
        except (asyncio.CancelledError, ConnectionError):
            if request.finished is None:
                request.closed_early_at = now()
            raise
        else:
            return response
        finally:
            request.over.set()

    async def _answer(self, http: web.Request, request: FakeRequest) -> web.StreamResponse:
        reading: dict[str, Callable[[], web.Response]] = {
            "/": lambda: web.Response(text="Ollama is running"),
            "/api/version": lambda: web.json_response({"version": "0.33.0"}),
            "/api/tags": lambda: web.json_response({"models": self._tags()}),
            "/api/ps": lambda: web.json_response({"models": self._ps()}),
        }
        if request.path in reading and request.method in ("GET", "HEAD"):
            return reading[request.path]()
        if request.path in (*_GENERATING, "/api/show", "/api/pull") and request.method == "POST":
            request.body = parse_body(await http.read())
            if request.path == "/api/show":
                return web.json_response(wire.shown(self._model(request, full=True)))
            if request.path == "/api/pull":
                return await self._pull(http, request)
            return await self._write(http, request)
        self.unexpected.append(f"{request.method} {request.path}")
        known = (*reading, *_GENERATING, "/api/show", "/api/pull")
        raise Refusal(405 if request.path in known else 404, "404 page not found")

    def _tags(self) -> list[dict[str, Any]]:
        return [wire.installed(model) for model in self.models.values()]

    def _ps(self) -> list[dict[str, Any]]:
        return [
            wire.running(self.models[name], state.num_ctx, state.keep_alive)
            for name, state in self._resident.items()
        ]

    def _model(self, request: FakeRequest, *, full: bool = False) -> FakeModel:
        if not request.tag and request.path == "/api/chat":
            raise Refusal(400, "model is required")
        model = self.models.get(full_name(request.tag)) if request.tag else None
        if model is None:
            name = full_name(request.tag) if full else request.tag
            raise Refusal(404, f"model '{name}' not found")
        return model

    def _fault(self, request: FakeRequest) -> Fault | None:
        for planned in self._planned:
            if planned.times and planned.tag in (None, full_name(request.tag)):
                planned.times -= 1
                return planned.fault
        return None

    async def _pull(self, http: web.Request, request: FakeRequest) -> web.StreamResponse:
        model = self.library.get(full_name(request.tag))
        pull = Pull(model, request, self._fault(request), self._kept)
        response = await pull.send(http)
        if pull.whole and model is not None:
            self.models[model.name] = model
        return response

    async def _write(self, http: web.Request, request: FakeRequest) -> web.StreamResponse:
        fault = self._fault(request)
        if fault and (page := answer_before_text(request, fault)):
            return page
        model = self._model(request)
        check_generation(request, model.capabilities)
        request.prompt = model.render(request)
        if self.renders and request.body.get("_debug_render_only"):
            return web.json_response(wire.rendered(request))
        keep_alive = request.keep_alive
        if not request.wants_text and keep_alive == 0:
            self._resident.pop(model.name, None)
            return web.json_response(wire.last(request, Step(), "unload", {}))
        async with self._slots:
            load_seconds = await self._load(model, request)
            if request.wants_text:
                answer = Answer(model, request, fault, load_seconds)
                response = await answer.send(http)
            else:
                response = web.json_response(wire.last(request, Step(), "load", {}))
            if keep_alive == 0:
                self._resident.pop(model.name, None)
            return response

    async def _load(self, model: FakeModel, request: FakeRequest) -> float:
        """Bring the model into memory where it is not there with this context; return seconds."""
        asked = int(request.options.get("num_ctx", 4096))
        async with self._loading:
            state = self._resident.get(model.name)
            if state and state.ready and state.num_ctx in (0, asked):
                state.num_ctx, state.keep_alive = asked, request.keep_alive
                return 0.0
            state = _Resident(asked, request.keep_alive, ready=False)
            self._resident[model.name] = state
            try:
                await asyncio.sleep(model.load_seconds)
            except asyncio.CancelledError:
                self._resident.pop(model.name, None)  # a client that leaves kills the load
                raise
            state.ready = True
            self.loads.append((model.tag, asked))
            return model.load_seconds
