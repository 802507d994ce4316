"""The gateway: sessions, events, resuming, and its faults.

Events are numbered per session and kept, so that a session can be resumed and replayed.
"""

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.doubles.discord import payloads
from tests.doubles.discord.mentions import masked, readable
from tests.doubles.discord.wire import Json
from tests.doubles.discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
GUILDS, MEMBERS, PRESENCES, GUILD_MESSAGES, DM_MESSAGES, CONTENT = (
    1 << bit for bit in (0, 1, 8, 9, 12, 15)
)
PRIVILEGED = MEMBERS | PRESENCES | CONTENT
# After these close codes by either side a session cannot be resumed.
FINAL = frozenset({1000, 1001, 4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})


@dataclass(eq=False, slots=True)
class Link:
    """One WebSocket, with frames to send and when; `code` is the fake's own close code."""

    socket: web.WebSocketResponse
    request: web.Request
    frames: asyncio.Queue[tuple[float, str]] = field(default_factory=asyncio.Queue)
    code: int | None = None

    def send(self, data: Json | str, delay: float = 0.0) -> None:
        """Send a frame after `delay` seconds, behind those before it."""
        text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
        self.frames.put_nowait((time.monotonic() + delay, text))

    async def write(self) -> None:
        """Send what is due, until the socket closes."""
        while True:
            due, text = await self.frames.get()
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            try:
                await self.socket.send_str(text)
            except ConnectionError:
                return


@dataclass(eq=False, slots=True)
class Session:
    """What one IDENTIFY began; `events` are (number, frame)."""

    id: str
    intents: int
    link: Link | None
    seq: int = 0
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=10_000))


class Gateway:
    """Serves the bot's gateway connections and dispatches events to its newest session.

    ack: are heartbeats acknowledged? copies: how often each event is delivered. delay: how many
    seconds late each event is dispatched. frames: what the bot sent, as (time, op, data).
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.ack = True
        self.copies = 1
        self.delay = 0.0
        self.heartbeat = 41.25
        self.frames: list[tuple[float, int, Any]] = []
        self.sessions: list[Session] = []
        self.identified = 0
        self.resumed = 0
        self._links: set[Link] = set()

    @property
    def session(self) -> Session | None:
        """The newest session that can still get events."""
        return self.sessions[-1] if self.sessions else None

    def dispatch(self, event: str, data: Json, session: Session | None = None) -> None:
        """Send an event to the newest session, or to the one given (perhaps an old one)."""
        if self.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self.delay, self._dispatch, event, data, session)
        else:
            self._dispatch(event, data, session)

    def reconnect(self) -> None:
        """Op 7: ask the bot to reconnect and resume."""
        self._link().send({"op": RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9: the session is invalid; without `resumable` the bot must identify anew."""
        link = self._link()
        if not resumable:
            self.sessions.pop()
        link.send({"op": INVALID, "d": resumable, "s": None, "t": None})

    def send_raw(self, frame: str) -> None:
        """Send any text as a frame."""
        self._link().send(frame)

    async def close(self, code: int) -> None:
        """Close the connection with a code; the final ones end the session."""
        link = self._link()
        if code in FINAL:
            self.sessions.pop()
        link.code = code
        await link.socket.close(code=code)

    def abort(self) -> None:
        """Cut the TCP connection."""
        transport = self._link().request.transport
        if transport is not None:
            transport.abort()

    async def close_all(self) -> None:
        """Close every connection, at the end of the fake's life."""
        for link in list(self._links):
            await link.socket.close(code=1001)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it closes."""
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        link = Link(socket, request)
        self._links.add(link)
        writer = asyncio.create_task(link.write())
        link.send(self._frame(HELLO, {"heartbeat_interval": int(self.heartbeat * 1000)}))
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                frame = json.loads(message.data)
                self.frames.append((time.monotonic(), frame["op"], frame["d"]))
                await self._receive(link, frame["op"], frame["d"])
        finally:
            writer.cancel()
            self._links.discard(link)
            self._leave(link, link.code or socket.close_code)
        return socket

    async def _receive(self, link: Link, op: int, data: Any) -> None:
        if op == HEARTBEAT and self.ack:
            link.send(self._frame(ACK, None))
        elif op == IDENTIFY:
            await self._identify(link, data)
        elif op == RESUME:
            self._resume(link, data)

    async def _identify(self, link: Link, data: Json) -> None:
        if data["token"] != self._world.token:
            await link.socket.close(code=4004)
            return
        if data["intents"] & PRIVILEGED & ~self._world.privileged:
            await link.socket.close(code=4014)
            return
        self.identified += 1
        session = Session(f"session-{self.identified}", data["intents"], link)
        self.sessions.append(session)
        ready = {
            "v": 10,
            "user": self._world.bot,
            "guilds": [{"id": payloads.GUILD, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self._world.gateway_url,
            "application": {"id": payloads.BOT, "flags": 0},
            "shard": data.get("shard", [0, 1]),
            "private_channels": [],
        }
        self._number(session, "READY", ready)
        self._number(session, "GUILD_CREATE", self._world.guild())

    def _resume(self, link: Link, data: Json) -> None:
        known = [s for s in self.sessions if s.id == data["session_id"]]
        if not known or data["token"] != self._world.token:
            link.send(self._frame(INVALID, d=False))
            return
        self.resumed += 1
        (session,) = known
        session.link = link
        for number, frame in session.events:
            if number > data["seq"]:
                link.send(frame)
        self._number(session, "RESUMED", {})

    def _dispatch(self, event: str, data: Json, session: Session | None) -> None:
        session = session or self.session
        if session is None or not session.intents & _needed(event, data):
            return
        content = session.intents & self._world.privileged & CONTENT
        if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and "author" in data and not content:
            data = data if readable(data) else masked(data)
        for _ in range(self.copies):
            self._number(session, event, data)

    def _number(self, session: Session, event: str, data: Json) -> None:
        session.seq += 1
        frame = json.dumps(
            {"op": DISPATCH, "s": session.seq, "t": event, "d": data}, separators=(",", ":")
        )
        session.events.append((session.seq, frame))
        if session.link is not None:
            session.link.send(frame, self._world.latency)

    def _leave(self, link: Link, code: int | None) -> None:
        for session in list(self.sessions):
            if session.link is link:
                session.link = None
                if code in FINAL:
                    self.sessions.remove(session)

    def _link(self) -> Link:
        session = self.session
        if session is None or session.link is None:
            raise LookupError("no bot is connected to the gateway")
        return session.link

    @staticmethod
    def _frame(op: int, d: Any) -> Json:
        return {"op": op, "d": d, "s": None, "t": None}


def _needed(event: str, data: Json) -> int:
    """Return the intents of which an event needs one; -1 for any."""
    if event.startswith("MESSAGE_"):
        return GUILD_MESSAGES if "guild_id" in data else DM_MESSAGES
    if event.startswith("GUILD_MEMBER"):
        return MEMBERS
    if event.startswith(("GUILD_", "CHANNEL_", "THREAD_")):
        return GUILDS
    return -1
