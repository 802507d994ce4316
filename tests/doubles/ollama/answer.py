"""One answer of the fake, token by token, with the fault it was given."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from aiohttp import web

from tests.doubles.ollama import wire
from tests.doubles.ollama.request import FakeRequest, Refusal
from tests.doubles.ollama.script import FakeModel, Fault, FaultKind, Step, steps

_REFUSALS: dict[FaultKind, tuple[int, str]] = {
    "not_found": (404, "model '{tag}' not found"),
    "refused": (400, "the engine does not like this request"),
    "busy": (503, "server busy, please try again.  maximum pending requests exceeded"),
    "out_of_memory": (
        500,
        "model requires more system memory (5.6 GiB) than is available (1.2 GiB)",
    ),
    "crash": (
        500,
        "model runner has unexpectedly stopped, this may be due to resource limitations or an "
        "internal error, check ollama server logs for details",
    ),
}
_DRIP_SECONDS = 0.05
_ERROR_LINE = "llama-server process has terminated: exit status 2 /root/.ollama/models/blobs/x"


def answer_before_text(request: FakeRequest, fault: Fault) -> web.Response | None:
    """Answer with a fault that comes before any text; None = the fault comes later.

    Raises `Refusal` for the faults that are HTTP errors.
    """
    if fault.kind in _REFUSALS:
        status, text = _REFUSALS[fault.kind]
        raise Refusal(status, fault.text or text.replace("{tag}", request.tag))
    if fault.kind == "redirect":
        return web.Response(status=307, headers={"Location": fault.text})
    if fault.kind == "html":
        return web.Response(text="<html>Welcome</html>\n", content_type="text/html")
    return None


class Answer:
    """Sends what the model says; the header leaves with the first line, as at Ollama."""

    def __init__(
        self, model: FakeModel, request: FakeRequest, fault: Fault | None, load_seconds: float
    ) -> None:
        self._model = model
        self._request = request
        self._fault = fault
        self._load_seconds = load_seconds
        self._response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})

    async def send(self, http: web.Request) -> web.StreamResponse:
        """Write the whole answer, or as much as the fault lets through."""
        model, request, fault = self._model, self._request, self._fault
        await asyncio.sleep(model.first_token_seconds)
        if fault and fault.kind == "slow_first_token":
            await asyncio.sleep(fault.seconds)
        said: list[Step] = []
        streaming = request.body.get("stream") is not False
        held = Step()
        for step in steps(model, request, fault):
            if isinstance(step, str):
                return await self._end(http, step, said, held)
            if fault and len(said) == fault.after and await self._strike(http, fault):
                return self._response
            said.append(step)
            if model.tokens_per_second:
                await asyncio.sleep(1 / model.tokens_per_second)
            if streaming and model.text_in_final:
                if held != Step():
                    await self._line(http, wire.chunk(request, held))
                held = step
            elif streaming and (step != Step() or request.path == "/api/generate"):
                await self._line(http, wire.chunk(request, step))
        raise AssertionError("a script ends with its reason")

    async def _end(
        self, http: web.Request, reason: str, said: list[Step], held: Step
    ) -> web.StreamResponse:
        """Write the last line, unless the stream is cut or the fault comes first."""
        request, fault = self._request, self._fault
        if fault and fault.after >= len(said) and await self._strike(http, fault):
            return self._response
        numbers = wire.counters(
            self._model, request, tokens=len(said), load_seconds=self._load_seconds
        )
        done = wire.last(request, held, reason, numbers)
        if request.body.get("stream") is False:
            return web.json_response(wire.whole(request, said, done))
        if reason == "cut":
            await self._prepare(http)
        else:
            await self._line(http, done)
        if fault and fault.kind == "linger":
            await asyncio.sleep(fault.seconds)
        return self._response

    async def _strike(self, http: web.Request, fault: Fault) -> bool:
        """Let the fault happen; return whether the answer is over with it."""
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "error_line":
            await self._line(http, {"error": fault.text or _ERROR_LINE})
        elif fault.kind == "malformed":
            await self._bytes(http, b'{"model":"x","mess\n')
        elif fault.kind == "fieldless":
            await self._line(http, {"model": self._request.tag, "done": False})
        elif fault.kind == "bytes":
            await self._bytes(http, fault.data)
        elif fault.kind == "drip":
            for _ in range(int(fault.seconds / _DRIP_SECONDS)):
                await self._bytes(http, fault.data)
                await asyncio.sleep(_DRIP_SECONDS)
        elif fault.kind == "eof":
            await self._prepare(http)
        elif fault.kind == "reset":
            await self._prepare(http)
            await asyncio.sleep(0.05)  # a reset may drop what the client has not read yet
            self._reset(http)
        return fault.kind in ("error_line", "malformed", "fieldless", "eof", "reset")

    def _reset(self, http: web.Request) -> None:
        transport = http.transport
        if transport is None:
            return
        self._request.finished = asyncio.get_running_loop().time()
        # Lingering for zero seconds turns the close into a TCP reset.
        peer: socket.socket = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def _line(self, http: web.Request, line: dict[str, Any]) -> None:
        await self._bytes(http, json.dumps(line, ensure_ascii=False).encode() + b"\n")

    async def _bytes(self, http: web.Request, data: bytes) -> None:
        await self._prepare(http)
        await self._response.write(data)
        self._request.lines_sent += 1

    async def _prepare(self, http: web.Request) -> None:
        if not self._response.prepared:
            await self._response.prepare(http)
