"""A fake provider on loopback: which models it has, what it was asked, how it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from tests.doubles.hosted import wire

KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Rented:
    """A hosted model. `ends` is the reason in OpenAI's words; None: the stream just ends."""

    name: str
    tokens: Sequence[str] = ("Hello", ", ", "world.")
    thinking: Sequence[str] = ()
    thinks_in: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    tokens_per_second: float = 0.0
    prompt_tokens: int = 12
    answer_tokens: int = 30
    reasoning_tokens: int = 0
    ends: Literal["stop", "length", "content_filter"] | None = "stop"


@dataclass(frozen=True, slots=True)
class HostedFault:
    """A way to fail: an HTTP error where `status` is given, else after `after` tokens."""

    kind: Literal["status", "reset", "error", "hang", "redirect"] = "status"
    status: int = 500
    code: str = "server_error"
    after: int = 1
    retry_after: str = ""
    to: str = ""


@dataclass(slots=True)
class HostedRequest:
    """One request. Exactly one of `finished` and `closed_early` is set when `over` is."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    finished: bool = False
    closed_early: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def model(self) -> str:
        """The model as named by the client."""
        return str(self.body.get("model", ""))


class FakeProvider:
    """Speaks both protocols; a key other than `KEY` is refused."""

    def __init__(self, *models: Rented) -> None:
        self.models = {model.name: model for model in models}
        self.requests: list[HostedRequest] = []
        self.strays: list[str] = []
        """Requests for anything else."""
        self._faults: list[HostedFault] = []
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, without a path (as Anthropic's base URL is)."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def v1(self) -> str:
        """OpenAI's base URL."""
        return f"{self.url}/v1"

    def fail_next(self, fault: HostedFault) -> None:
        """Let the next request fail."""
        self._faults.append(fault)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._handle)
        app.router.add_post("/v1/messages", self._handle)
        app.router.add_route("*", "/{tail:.*}", self._stray)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        request = HostedRequest(http.path, dict(http.headers), await http.json())
        self.requests.append(request)
        fault = self._faults.pop(0) if self._faults else None
        try:
            response = await self._answer(http, request, fault)
            request.finished = True
        except (asyncio.CancelledError, ConnectionError):
            request.closed_early = True
            raise
        else:
            return response
        finally:
            request.over.set()

    async def _stray(self, http: web.Request) -> web.StreamResponse:
        self.strays.append(f"{http.method} {http.path_qs}")
        return web.Response(status=404)

    async def _answer(
        self, http: web.Request, request: HostedRequest, fault: HostedFault | None
    ) -> web.StreamResponse:
        bearer = http.headers.get("Authorization", "").removeprefix("Bearer ")
        if KEY not in (bearer, http.headers.get("x-api-key")):
            return self._refused(request, 401, "invalid_api_key")
        if fault and fault.kind == "redirect":
            return web.Response(status=307, headers={"Location": fault.to})
        if fault and fault.kind == "status":
            return self._refused(request, fault.status, fault.code, fault.retry_after)
        model = self.models.get(request.model)
        if model is None:
            return self._refused(request, 404, "model_not_found")
        return await self._stream(http, request, model, fault)

    def _refused(
        self, request: HostedRequest, status: int, code: str, retry_after: str = ""
    ) -> web.Response:
        headers = {"retry-after": retry_after} if retry_after else {}
        return web.json_response(wire.refusal(request.path, code), status=status, headers=headers)

    async def _stream(
        self, http: web.Request, request: HostedRequest, model: Rented, fault: HostedFault | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(http)
        theirs = request.path.endswith("/messages")
        sent = 0
        for is_token, event in (wire.anthropic_events if theirs else wire.openai_events)(
            model, request
        ):
            if fault and sent == fault.after:
                if fault.kind == "hang":
                    await asyncio.sleep(3600)
                if fault.kind == "error":
                    await response.write(wire.error_event(request.path))
                    return response
                if http.transport is not None:  # the chunked body stays without its end
                    await asyncio.sleep(0.05)
                    http.transport.abort()
                return response
            await response.write(event)
            sent += is_token
            if is_token and model.tokens_per_second:
                await asyncio.sleep(1 / model.tokens_per_second)
        return response
