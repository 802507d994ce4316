"""Sessions: a study group meets, from the plan over the agenda to the summary.

Everything is in the records, so a restart in the middle changes nothing. What is told here is told
again until it is noted as done: whoever posts for it posts once, by a nonce that does not change.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.calendar import Attendance, Session, Sessions, SessionState
from bot.errors import BotError
from bot.localtime import read_moment
from bot.servers import ServerBook

AHEAD = 5 * 60.0
"""Seconds before a session at which its models are loaded."""
LATE = 2 * 3600.0
"""Seconds for which a session may begin late, after a while away."""
LONGEST = 6 * 3600.0
"""Seconds after its begin at which a session that nobody ended is ended."""
MOST = 50
"""Sessions that a server may have before it; drafts count."""


class SessionRefused(BotError):
    """What was wanted of a session cannot be done."""


@dataclass(frozen=True, slots=True)
class Preload:
    """A session begins soon: its models are to be loaded."""

    session: Session


@dataclass(frozen=True, slots=True)
class Begins:
    """A session begins: its agenda is to be posted."""

    session: Session


@dataclass(frozen=True, slots=True)
class Missed:
    """A session could not be begun in time: its organiser is to be told."""

    session: Session


@dataclass(frozen=True, slots=True)
class Ends:
    """A session is over: its summary is to be posted.

    `attendees` said that they are there; `asked` questions were answered in its channel meanwhile,
    `gaps` of them left open.
    """

    session: Session
    attendees: tuple[int, ...]
    asked: int
    gaps: int


SessionEvent = Preload | Begins | Missed | Ends


class SessionBook:
    """The sessions of servers; of one session, one thing at a time."""

    def __init__(
        self, sessions: Sessions, servers: ServerBook, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._sessions = sessions
        self._servers = servers
        self._clock = clock
        self._turn = asyncio.Lock()

    async def draft(self, wanted: Session, when: str) -> tuple[Session, str]:
        """Keep a session that is not confirmed; return it with the zone `when` was written in.

        Raises TimeUnclear, SessionRefused, MemoryUnavailable.
        """
        zone = ZoneInfo((await self._servers.read(wanted.guild)).timezone)
        now = dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        moment = read_moment(when, zone, now)
        if len(await self._sessions.to_come(wanted.guild)) >= MOST:
            raise SessionRefused(f"There are {MOST} sessions to come; cancel one first.")
        made = replace(wanted, id=secrets.token_hex(4), starts=moment.timestamp())
        await self._sessions.keep(made)
        return made, zone.key

    async def confirm(self, session: str) -> Session:
        """Let a draft be planned. Raises SessionRefused where it is none, or its time is over."""
        draft = await self.of(session, "draft")
        if draft.starts <= self._clock():
            await self._sessions.drop(session)
            raise SessionRefused("Its time is over meanwhile. Plan it anew.")
        return await self._changed(session, "draft", state="planned")

    async def discard(self, session: str) -> None:
        """Erase a draft, if it is one."""
        async with self._turn:
            known = await self._sessions.find(session)
            if known is not None and known.state == "draft":
                await self._sessions.drop(session)

    async def cancel(self, guild: int, session: str) -> Session:
        """Erase a session that has not begun. Raises SessionRefused."""
        async with self._turn:
            known = await self._sessions.find(session)
            if known is None or known.guild != guild or known.state != "planned":
                raise SessionRefused("There is no such session to come. `/session list` has them.")
            await self._sessions.drop(session)
        return known

    async def planned(self, guild: int) -> tuple[Session, ...]:
        """Return the sessions of a server that are to come or run, the next first."""
        found = await self._sessions.to_come(guild)
        return tuple(one for one in found if one.state in ("planned", "open"))

    async def of(self, session: str, state: SessionState = "open") -> Session:
        """Return a session in this state. Raises SessionRefused."""
        known = await self._sessions.find(session)
        if known is None or known.state != state:
            over = "This session is over." if state == "open" else "This plan is no longer open."
            raise SessionRefused(over)
        return known

    async def entered(self, session: str, event: int) -> None:
        """Note Discord's scheduled event."""
        await self._changed(session, "planned", event=event)

    async def shown(self, session: str, message: int) -> None:
        """Note the message with the agenda."""
        await self._changed(session, "open", message=message)

    async def began(self, session: str, part: str) -> None:
        """Note that a part of the agenda was begun."""
        async with self._turn:
            known = await self.of(session)
            await self._sessions.keep(replace(known, ran=(*known.ran, part)))

    async def attend(self, session: Session, member: int) -> tuple[bool, int]:
        """Note that a member is there; return whether that is news, and how many are there."""
        here = Attendance(session.id, member, session.guild, session.channel, self._clock())
        news = await self._sessions.attend(here)
        return news, len(await self._sessions.attendees(session.id))

    async def present(self, session: str) -> int:
        """Return how many are there."""
        return len(await self._sessions.attendees(session))

    async def end(self, session: str) -> Ends:
        """End a session. Raises SessionRefused where it does not run."""
        return await self._end(await self._changed(session, "open", state="ending"))

    async def settle(self, session: Session, state: SessionState) -> None:
        """Note that nothing is to be posted for a session any more: it is over, or missed."""
        with suppress(SessionRefused):  # somebody noted it meanwhile
            await self._changed(session.id, session.state, state=state)

    async def due(self, serves: Callable[[int], bool]) -> AsyncGenerator[SessionEvent]:
        """Tell what is due on the servers that this process `serves`. Raises MemoryUnavailable."""
        for session in await self._sessions.to_come():
            if not serves(session.guild):
                continue
            event = None
            with suppress(SessionRefused):  # somebody changed it meanwhile
                event = await self._due(session, self._clock() - session.starts)
            if event is not None:
                yield event

    async def _due(self, session: Session, since: float) -> SessionEvent | None:
        match session.state:
            case "ending":
                return await self._end(session)
            case "draft":
                if since >= 0:
                    await self.discard(session.id)
            case _ if session.message is not None:
                if since >= LONGEST:
                    return await self.end(session.id)
            case _ if since >= LATE:
                return Missed(session)
            case _ if since >= 0:
                return Begins(await self._changed(session.id, session.state, state="open"))
            case _ if since >= -AHEAD and not session.preloaded:
                return Preload(await self._changed(session.id, "planned", preloaded=True))
        return None

    async def _end(self, session: Session) -> Ends:
        until = min(self._clock(), session.starts + LONGEST)
        asked, gaps = await self._sessions.asked(session.channel, session.starts, until)
        return Ends(session, await self._sessions.attendees(session.id), asked, gaps)

    async def _changed(
        self,
        session: str,
        was: SessionState,
        *,
        state: SessionState | None = None,
        event: int | None = None,
        message: int | None = None,
        preloaded: bool | None = None,
    ) -> Session:
        """Change a session that is still in a state, and return it. Raises SessionRefused."""
        async with self._turn:
            known = await self.of(session, was)
            changed = replace(
                known,
                state=state or known.state,
                event=event or known.event,
                message=message or known.message,
                preloaded=preloaded or known.preloaded,
            )
            await self._sessions.keep(changed)
        return changed
