"""The intake: what arrives is taken once, while it is fresh, and not while the bot is leaving.

Discord sends an event again after a resumed connection, and an interaction that waited there may
be dead already: its first response is due within three seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Any

LEAVING = "The bot is being restarted. Ask again in a minute."
ONCE_SECONDS = 600.0
"""How long an id is remembered, so that the same event is not answered twice."""
FRESH_SECONDS = 3.0
"""After so long Discord takes no first response to an interaction any more."""
READ_SECONDS = 0.3
"""How long what was sent before the intake closed may still be on its way here."""
_MOST = 20_000  # ids remembered in all
_ARRIVALS = 16  # newest arrivals from which a wrong clock is told
_PLAUSIBLE = 10.0  # seconds; at the start, an age beyond this is a wrong clock rather than a delay


class Intake:
    """Says what is taken, and counts in `dropped` what was not, by reason.

    `wall` and `steady` are clocks in seconds: the time of day, and one that never jumps.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._taken: OrderedDict[int, float] = OrderedDict()
        self._arrivals: deque[float] = deque(maxlen=_ARRIVALS)
        self.closed = False
        """Set when the bot leaves: nothing new is begun."""
        self._handled: set[asyncio.Task[Any]] = set()
        self.dropped: Counter[str] = Counter()

    def takes(self, snowflake: int, created: float) -> bool:
        """Say whether an interaction of this id, made at `created` (Unix seconds), is taken."""
        if self.age(created) > FRESH_SECONDS:
            self.dropped["stale"] += 1
            return False
        return self.takes_once(snowflake)

    def takes_once(self, snowflake: int) -> bool:
        """Say whether this id is seen for the first time in ten minutes."""
        now = self._steady()
        while self._taken and next(iter(self._taken.values())) < now - ONCE_SECONDS:
            self._taken.popitem(last=False)
        if snowflake in self._taken:
            self.dropped["duplicate"] += 1
            return False
        self._taken[snowflake] = now
        if (task := asyncio.current_task()) is not None:
            self._handled.add(task)
            task.add_done_callback(self._handled.discard)
        if len(self._taken) > _MOST:
            self._taken.popitem(last=False)
        return True

    async def settled(self, within: float) -> None:
        """Wait until all that was taken is handled, for `within` seconds at most."""
        await asyncio.sleep(READ_SECONDS)
        if self._handled:
            await asyncio.wait(self._handled, timeout=within)

    def age(self, created: float) -> float:
        """Return how many seconds old something is, whatever this machine's clock is set to.

        By the time of day, or by how much later it arrived than the promptest of the newest
        arrivals, whichever is less: of a clock that is wrong by half a minute only the second
        tells the truth.
        """
        late, arrived = self._wall() - created, self._steady() - created
        if not self._arrivals and abs(late) < _PLAUSIBLE:
            self._arrivals.append(arrived - late)
        self._arrivals.append(arrived)
        return min(late, arrived - min(self._arrivals))
