"""The gateway: the bot's session, its events, resuming, and the gateway's faults.

Events are numbered and kept, so that the session can be resumed and what was missed replayed.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.discord import payloads
from tests.doubles.discord.wire import Json
from tests.doubles.discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
# Members, presences and message content: no bot of this fake was granted them.
CONTENT = 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | CONTENT
# After these close codes by either side a session cannot be resumed.
FINAL = frozenset({1000, 1001, 4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})


@dataclass(eq=False, slots=True)
class Link:
    """One WebSocket, with frames to send and when."""

    socket: web.WebSocketResponse
    request: web.Request
    frames: asyncio.Queue[tuple[float, str]] = field(default_factory=asyncio.Queue)

    def send(self, op: int, data: Any, delay: float = 0.0, **more: Any) -> None:
        """Send a frame after `delay` seconds, behind those before it."""
        frame = {"op": op, "d": data, "s": None, "t": None} | more
        text = json.dumps(frame, separators=(",", ":"))
        self.frames.put_nowait((time.monotonic() + delay, text))

    async def write(self) -> None:
        """Send what is due, until the socket closes."""
        while not self.socket.closed:
            due, text = await self.frames.get()
            await asyncio.sleep(due - time.monotonic())
            await self.socket.send_str(text)


@dataclass(eq=False, slots=True)
class Session:
    """What one IDENTIFY began; `events` are their names and data, numbered from 1."""

    id: str
    intents: int
    link: Link | None
    events: list[tuple[str, Json]] = field(default_factory=list)

    def dispatch(self, event: str, data: Json, delay: float) -> None:
        """Give an event its number; send it if the bot is connected."""
        self.events.append((event, data))
        if self.link is not None:
            self.link.send(DISPATCH, data, delay, s=len(self.events), t=event)


class Gateway:
    """Serves the bot's gateway connections and dispatches events to its newest session.

    heartbeat: seconds between two. acks: are they acknowledged? granted: privileged intents.
    refuses: the close code of an IDENTIFY, if any.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.session: Session | None = None
        self.heartbeat, self.acks, self.granted, self.refuses = 41.25, True, 0, 0
        self.identified = self.resumed = 0

    def dispatch(self, event: str, data: Json) -> None:
        """Send an event to the newest session if it wants such ones."""
        needed = 1 << 9 if "guild_id" in data else 1 << 12  # GUILD_MESSAGES, DIRECT_MESSAGES
        message = event.startswith("MESSAGE_")
        if self.session and (self.session.intents & needed or not message):
            self.session.dispatch(event, data, self._world.latency)

    def reconnect(self) -> None:
        """Op 7: ask the bot to reconnect and resume."""
        self._link().send(RECONNECT, None)

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9: the session is invalid; without `resumable` the bot must identify anew."""
        self._link().send(INVALID, resumable)
        if not resumable:
            self.session = None

    async def close(self, code: int) -> None:
        """Close the connection with a code; the final ones end the session."""
        link = self._link()
        self._leave(link, code)
        await link.socket.close(code=code)

    def abort(self) -> None:
        """Cut the TCP connection."""
        if transport := self._link().request.transport:
            transport.abort()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it closes."""
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        link = Link(socket, request)
        writer = asyncio.create_task(link.write())
        link.send(HELLO, {"heartbeat_interval": int(self.heartbeat * 1000)})
        try:
            async for message in socket:
                frame = json.loads(message.data)
                await self._receive(link, frame["op"], frame["d"])
        finally:
            writer.cancel()
            self._leave(link, socket.close_code)
        return socket

    async def _receive(self, link: Link, op: int, data: Any) -> None:
        if op == HEARTBEAT and self.acks:
            link.send(ACK, None)
        elif op in (IDENTIFY, RESUME) and data["token"] != self._world.token:
            await link.socket.close(code=4004)
        elif op == IDENTIFY and (data["intents"] & PRIVILEGED & ~self.granted or self.refuses):
            await link.socket.close(code=self.refuses or 4014)
        elif op == IDENTIFY:
            self._identify(link, data["intents"])
        elif op == RESUME:
            self._resume(link, data["session_id"], data["seq"])

    def _identify(self, link: Link, intents: int) -> None:
        self.identified += 1
        self._world.reads = bool(intents & CONTENT)
        self.session = Session(f"session-{self.identified}", intents, link)
        about = {"session_id": self.session.id, "resume_gateway_url": self._world.gateway_url}
        ready = payloads.made("ready", user=self._world.bot, **about)
        self.session.dispatch("READY", ready, self._world.latency)
        self.session.dispatch("GUILD_CREATE", self._world.guild(), self._world.latency)

    def _resume(self, link: Link, session_id: str, seq: int) -> None:
        if self.session is None or self.session.id != session_id:
            link.send(INVALID, data=False)
            return
        self.resumed += 1
        self.session.link = link
        for number, (event, data) in enumerate(self.session.events[seq:], start=seq + 1):
            link.send(DISPATCH, data, s=number, t=event)
        self.session.dispatch("RESUMED", {}, self._world.latency)

    def _leave(self, link: Link, code: int | None) -> None:
        if self.session is not None and self.session.link is link:
            self.session.link = None
            if code in FINAL:
                self.session = None

    def _link(self) -> Link:
        if self.session is None or self.session.link is None:
            raise LookupError("no bot is connected to the gateway")
        return self.session.link
