"""The fake as a whole: its life, its HTTP server and what happens to each request."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import yarl
from aiohttp import web

import discord
from tests.doubles.discord import limits, routes
from tests.doubles.discord.faults import Fault
from tests.doubles.discord.gateway import Gateway
from tests.doubles.discord.member import Member
from tests.doubles.discord.openapi import OpenApi
from tests.doubles.discord.records import Call
from tests.doubles.discord.wire import HEADERS, ApiError, Incoming, read_body
from tests.doubles.discord.world import World

T = TypeVar("T")
# Refusals that mean a body was wrong: invalid form, empty message, too large, no JSON.
_BAD_BODY = frozenset({50035, 50006, 40005, 50109})


class FakeDiscord(World):
    """A Discord with one guild, on loopback while used as an async context manager.

    With `openapi`, the path of Discord's OpenAPI document, every request body is checked against
    it. Leaving the context raises AssertionError if the bot called a route that the fake does
    not know.
    """

    def __init__(self, openapi: Path | None = None) -> None:
        super().__init__()
        self._openapi = OpenApi(openapi) if openapi else None
        self.gateway = Gateway(self)
        self.emit = self.gateway.dispatch
        self._members: dict[str, Member] = {}
        app = web.Application(client_max_size=2 * limits.REQUEST_BYTES)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.gateway.session and self.gateway.session.link:
            await self.gateway.close(1001)
        await self._runner.cleanup()
        if self.unknown and kind is None:
            raise AssertionError(f"the fake Discord has no route for {sorted(set(self.unknown))}")

    @contextmanager
    def install(self) -> Iterator[None]:
        """Point discord.py, in this process, at the fake."""
        route, link = discord.http.Route, discord.gateway.DiscordWebSocket
        before = route.BASE, link.DEFAULT_GATEWAY
        route.BASE, link.DEFAULT_GATEWAY = self.api_base, yarl.URL(self.gateway_url)
        try:
            yield
        finally:
            route.BASE, link.DEFAULT_GATEWAY = before

    def member(self, name: str) -> Member:
        """Return the guild's member of this name; made at the first call."""
        if name not in self._members:
            self._members[name] = Member(self, name)
        return self._members[name]

    async def until(self, wanted: Callable[[], T], within: float = 60.0) -> T:
        """Wait for the first true value of `wanted`. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while not (value := wanted()):  # noqa: ASYNC110 - any state may be waited for
                await asyncio.sleep(0.01)
        return value

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Read, wait, act or fail as planned, log, wait, answer."""
        at, path = time.monotonic(), request.path.removeprefix("/api/v10")
        fault = self.faults.take(request.method, path)
        await asyncio.sleep(self.latency + (fault.hang if fault else 0.0))
        failing = fault if fault and not fault.hang else None
        route, params = routes.find(request.method, path)
        headers: dict[str, str] = {}
        status, code, body, data, errors = 204, 0, None, None, {}
        try:
            body, files = await read_body(request)
            if failing is None or failing.act_first:
                call = Incoming(request.query, params, body or {}, files)
                data = self._act(request, route, call, headers)
                status = 204 if data is None else 200
        except ApiError as error:
            status, code, data = error.status, error.code, error.body
            headers.update(error.headers)
            errors = data.get("errors", {})
        status = failing.status if failing else status
        self.log.append(Call(at, route.method, route.template, path, body, status, code, errors))
        self.too_many += status == 429
        if code in _BAD_BODY:
            self.refused.append(self.log[-1])
        await asyncio.sleep(self.latency)
        if failing is not None:
            return _failed(request, failing)
        if data is None:
            return web.Response(status=status, headers={"Via": HEADERS["Via"]} | headers)
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        return web.Response(status=status, body=content, headers=HEADERS | headers)

    def _act(
        self, request: web.Request, route: routes.Route, call: Incoming, headers: dict[str, str]
    ) -> Any:
        """Count a request, telling so in the headers; check and serve it. Raises ApiError."""
        token = call.params.get("webhook_token", "")
        where = self.interactions[token].channel_id if token in self.interactions else ""
        majors = {"channel": call.params.get("channel_id", ""), "token": token, "edits": token}
        for kind in route.buckets.split():
            headers |= self.buckets.take(kind, majors.get(kind, where))
        authorized = request.headers.get("Authorization") == f"Bot {self.token}"
        if route.buckets.startswith("overall") and not authorized:
            raise ApiError(401, 0, "401: Unauthorized")
        if self._openapi is not None and call.body:
            self._openapi.check(route.method, route.template, call.body)
        return route.handler(self, call)


def _failed(request: web.Request, fault: Fault) -> web.Response:
    """Fail as planned: an answer, or a reset of the connection."""
    if not fault.status and request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel send RST, not FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=fault.status or 500, body=fault.body, headers=fault.headers)
