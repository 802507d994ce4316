"""The fake as a whole: its life, its HTTP server and what happens to each request."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import yarl
from aiohttp import web

import discord
from tests.doubles.discord import limits
from tests.doubles.discord.application import Application
from tests.doubles.discord.buckets import Verdict
from tests.doubles.discord.channels import Channels
from tests.doubles.discord.faults import Fault
from tests.doubles.discord.gateway import Gateway
from tests.doubles.discord.interactions import Callbacks
from tests.doubles.discord.member import Member
from tests.doubles.discord.openapi import OpenApi
from tests.doubles.discord.records import Call, Refused
from tests.doubles.discord.webhooks import Webhooks
from tests.doubles.discord.wire import (
    ApiError,
    Incoming,
    Reply,
    Route,
    Routes,
    Upload,
    read_body,
    response,
)
from tests.doubles.discord.world import GATEWAY_PATH, World

T = TypeVar("T")
_API = "/api/v10"
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
        parts = (Application(self), Channels(self), Callbacks(self), Webhooks(self))
        self._routes = Routes(route for part in parts for route in part.routes())
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2 * limits.REQUEST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.gateway.close_all()
        if self._runner is not None:
            await self._runner.cleanup()
        if self.unknown and kind is None:
            raise AssertionError(f"the fake Discord has no route for {sorted(set(self.unknown))}")

    @contextmanager
    def install(self) -> Iterator[None]:
        """Point discord.py, in this process, at the fake."""
        route, socket_class, asset = (
            discord.http.Route,
            discord.gateway.DiscordWebSocket,
            discord.Asset,
        )
        before = route.BASE, socket_class.DEFAULT_GATEWAY, asset.BASE
        route.BASE = self.api_base
        socket_class.DEFAULT_GATEWAY = yarl.URL(self.gateway_url)
        asset.BASE = f"http://{self.host}/cdn"
        try:
            yield
        finally:
            route.BASE, socket_class.DEFAULT_GATEWAY, asset.BASE = before

    def member(self, name: str) -> Member:
        """Return the guild's member of this name; made at the first call."""
        if name not in self._members:
            self._members[name] = Member(self, name)
        return self._members[name]

    async def until(self, wanted: Callable[[], T], within: float = 10.0) -> T:
        """Wait for the first true value of `wanted`. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while not (value := wanted()):  # noqa: ASYNC110 - any state may be waited for
                await asyncio.sleep(0.01)
        return value

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith(GATEWAY_PATH):
            return await self.gateway.connect(request)
        if path.startswith(_API):
            return await self._api(request, path.removeprefix(_API))
        upload = self.uploads.get(path.split("/")[3]) if path.count("/") == 4 else None
        if upload is None:
            self.unknown.append(f"{request.method} {path}")
            return web.Response(status=404)
        return web.Response(body=upload.data, headers={"Content-Type": upload.content_type})

    async def _api(self, request: web.Request, path: str) -> web.StreamResponse:
        """Read, wait, fail as planned, act, wait, log, answer."""
        at = time.monotonic()
        body: Any = None
        files: dict[int, Upload] = {}
        broken: ApiError | None = None
        try:
            body, files = await read_body(request)
        except ApiError as error:
            broken = error
        await self._pause(self.latency)
        fault = self.faults.take(request.method, path)
        if fault and fault.hang:
            await asyncio.sleep(fault.hang)
        found = self._routes.find(request.method, path)
        template = found[0].template if found else path
        served = fault is None or fault.act_first or bool(fault.hang)
        reply, verdict, code = Reply(status=0), Verdict(), 0
        if served:
            try:
                if broken is not None:
                    raise broken
                route, params = self._known(request.method, path, found)
                call = Incoming(request.method, path, request.query, params, body, files)
                verdict = self._limit(route, call)
                reply = self._handle(request, route, call, verdict)
            except ApiError as error:
                code = error.code
                reply = Reply(error.body, error.status)
                if code in _BAD_BODY:
                    errors = error.errors or {}
                    refused = Refused(at, request.method, template, body, code, errors)
                    self.refused.append(refused)
        status = fault.status if fault and not fault.hang else reply.status
        self.too_many += status == 429
        self.log.append(Call(at, request.method, template, path, body, status, code))
        await self._pause(self.latency)
        if fault and not fault.hang:
            return _failed(request, fault)
        return response(reply.status, reply.data, verdict.headers)

    def _known(
        self, method: str, path: str, found: tuple[Route, dict[str, Any]] | None
    ) -> tuple[Route, dict[str, Any]]:
        if found is None:
            self.unknown.append(f"{method} {path}")
            raise ApiError(404, 0, "404: Not Found")
        return found

    def _limit(self, route: Route, call: Incoming) -> Verdict:
        """Count the request against its limits, those in headers first."""
        token = call.params.get("webhook_token", "")
        verdict = self.buckets.take(
            route.limit, token or call.params.get("channel_id", ""), bot=route.bot
        )
        interaction = self.interactions.get(token)
        if verdict.retry_after is None and interaction is not None:
            hidden = self.buckets.take_hidden(call.method, interaction.channel_id, token)
            if hidden.retry_after is not None:
                return Verdict(verdict.headers | hidden.headers, hidden.retry_after, hidden.scope)
        return verdict

    def _handle(
        self, request: web.Request, route: Route, call: Incoming, verdict: Verdict
    ) -> Reply:
        if verdict.retry_after is not None:
            return Reply(verdict.body, 429)
        if route.bot and request.headers.get("Authorization") != f"Bot {self.token}":
            raise ApiError(401, 0, "401: Unauthorized")
        if self._openapi is not None and call.body is not None:
            self._openapi.check(call.method, route.template, call.body)
        return route.handler(call)

    @staticmethod
    async def _pause(seconds: float) -> None:
        if seconds:
            await asyncio.sleep(seconds)


def _failed(request: web.Request, fault: Fault) -> web.Response:
    """Fail as planned: an answer, or a reset of the connection."""
    if fault.reset and request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel send RST, not FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=fault.status or 200, body=fault.body, headers=fault.headers)
