"""Three pages for whoever runs the bot: is it alive, can it answer, what does it measure?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bot.client.bot import StudyBot
from bot.client.serving import ACK_SLACK
from bot.errors import SettingsInvalid
from bot.health import PartHealth
from bot.meters import Meters
from bot.wiring import Services

LAG_LIMIT = 5.0
"""Seconds for which the event loop may be held up before the bot counts as dead."""
LOOK_SECONDS = 0.5
FRESH_SECONDS = 5.0
"""How long a look at the parts is used again: looking asks the engine."""


class Pages:
    """What the pages tell. `bot` is set once there is a client."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self.bot: StudyBot | None = None
        self.lag = 0.0
        """Seconds by which the event loop was late when it was last looked at."""
        self._looked: tuple[float, tuple[PartHealth, ...]] | None = None
        self._looking = asyncio.Lock()
        if services.meters is not None:
            _watch(services.meters, self)

    def app(self) -> web.Application:
        """Return the pages as an application."""
        app = web.Application()
        app.router.add_get("/livez", self.livez)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def livez(self, _request: web.Request) -> web.Response:
        """Say whether the process works; nothing around it counts."""
        alive = self.lag < LAG_LIMIT
        return web.json_response({"alive": alive, "loop_lag_s": self.lag}, status=_status(ok=alive))

    async def readyz(self, _request: web.Request) -> web.Response:
        """Tell each part; 503 only when nobody can be answered."""
        parts = (self._gateway(), *await self._parts())
        unable = any(part.needed and not part.ok for part in parts if not self._lessons_left(part))
        whole = all(part.ok for part in parts)
        told: dict[str, Any] = {
            "status": "unable" if unable else "ok" if whole else "degraded",
            "parts": {part.name: asdict(part) for part in parts},
        }
        if self.bot is not None:
            told["heartbeat_ack_s"] = self.bot.heartbeat()[0]
        return web.json_response(told, status=_status(ok=not unable))

    async def metrics(self, _request: web.Request) -> web.Response:
        """Tell all metrics."""
        meters = self._services.meters
        text = meters.text() if meters is not None else b""
        return web.Response(body=text, content_type="text/plain", charset="utf-8")

    async def look(self) -> None:
        """Measure the event loop for ever."""
        while True:
            before = self._clock()
            await asyncio.sleep(LOOK_SECONDS)
            self.lag = max(0.0, self._clock() - before - LOOK_SECONDS)

    def connected(self) -> bool:
        """Say whether there is a session with Discord's gateway, with a living connection."""
        bot = self.bot
        # The library stays "ready" after a connection was lost; only a living one has heartbeats.
        return bot is not None and bot.is_ready() and not bot.is_closed() and bot.heartbeat()[1] > 0

    def _gateway(self) -> PartHealth:
        bot = self.bot
        if bot is None or not self.connected():
            return PartHealth("gateway", "not connected to Discord", ok=False)
        if bot.calls.paused:
            sentence = f"Discord's edge shut us out for {bot.calls.paused:.0f} s more"
            return PartHealth("gateway", sentence, ok=False)
        age, interval = bot.heartbeat()
        sentence = f"last heartbeat {age:.0f} s ago, one each {interval:.0f} s"
        return PartHealth("gateway", sentence, ok=age <= interval + ACK_SLACK)

    async def _parts(self) -> tuple[PartHealth, ...]:
        async with self._looking:
            now = self._clock()
            if self._looked is None or now - self._looked[0] > FRESH_SECONDS:
                self._looked = now, await self._services.health()
            return self._looked[1]

    def _lessons_left(self, part: PartHealth) -> bool:
        """Say whether a fault in lesson files leaves others to answer from."""
        return part.name == "lessons" and bool(self._services.lessons)


def _watch(meters: Meters, pages: Pages) -> None:
    """Publish what only the pages know."""
    watch = meters.watch

    def of(read: Callable[[StudyBot], float]) -> Callable[[], float]:
        return lambda: 0.0 if pages.bot is None else read(pages.bot)

    # One process holds one connection; the label is what dashboards for this library look for.
    session, way = "1 while there is a session", "The newest heartbeat's way"
    watch("discord_connected", session, lambda: float(pages.connected()), shard="0")
    watch("discord_latency_seconds", way, of(lambda bot: bot.latency), shard="0")
    watch("bot_event_loop_lag_seconds", "How late the loop is", lambda: pages.lag)
    watch("bot_tasks", "Tasks of the loop", lambda: float(len(asyncio.all_tasks())))
    meters.watch_counts(
        "bot_interactions_dropped",
        "Events not taken",
        "reason",
        lambda: {} if pages.bot is None else pages.bot.intake.dropped,
    )


def _status(*, ok: bool) -> int:
    return 200 if ok else 503


@asynccontextmanager
async def open_pages(services: Services) -> AsyncIterator[Pages]:
    """Serve the pages where the settings say so; without a port nothing listens."""
    settings = services.settings
    pages = Pages(services)
    looking = asyncio.create_task(pages.look())
    runner = web.AppRunner(pages.app(), access_log=None, shutdown_timeout=1.0)
    try:
        if settings.health_port is not None:
            await runner.setup()
            site = web.TCPSite(runner, settings.health_host, settings.health_port)
            try:
                await site.start()
            except OSError as error:
                raise SettingsInvalid(
                    f"Nothing can listen at HEALTH_HOST {settings.health_host}, HEALTH_PORT "
                    f"{settings.health_port}: {error.strerror}."
                ) from error
        yield pages
    finally:
        looking.cancel()
        await runner.cleanup()
