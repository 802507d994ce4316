"""Rate limits: fixed windows that begin with their first request.

Sources: Discord's documentation, topics/rate-limits, for the global limit and the headers. The
numbers per route are not promised by Discord: 5 per 5 s for messages of a channel
(discord-api-docs issue 20), 5 per 2 s per interaction token (issue 2701), 30 webhook posts per
60 s and channel, which no header shows (issue 367).
"""

import time
from dataclasses import dataclass

from tests.doubles.discord.wire import ApiError


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in `window` seconds."""

    limit: int
    window: float


class Buckets:
    """Counts requests. Each rate may be replaced before or during a test; None is no limit.

    overall: the bot's own routes. channel, token: told in headers. posts (per channel), edits
    (per interaction token; a pessimist's wish): hidden.
    """

    def __init__(self) -> None:
        self.overall: Rate | None = Rate(50, 1.0)
        self.channel: Rate | None = Rate(5, 5.0)
        self.token: Rate | None = Rate(5, 2.0)
        self.posts: Rate | None = Rate(30, 60.0)
        self.edits: Rate | None = None
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, kind: str, major: str) -> dict[str, str]:
        """Count a request of a rate for an id; return its headers, or raise ApiError 429."""
        rate: Rate | None = getattr(self, kind)
        if rate is None:
            return {}
        now = time.monotonic()
        ends, used = self._windows.get((kind, major), (0.0, 0))
        if now >= ends:
            ends, used = now + rate.window, 0
        self._windows[kind, major] = ends, used + 1
        wait = max(round(ends - now, 3), 0.001)
        about = {"Limit": f"{rate.limit}", "Remaining": f"{max(rate.limit - used - 1, 0)}"}
        about |= {"Reset": f"{time.time() + wait:.3f}", "Reset-After": f"{wait:.3f}"}
        about |= {"Bucket": f"{kind}-messages"}
        headers = {f"X-RateLimit-{name}": value for name, value in about.items()}
        shown = headers if kind in ("channel", "token") else {}
        if used < rate.limit:
            return shown
        told = shown | {"Retry-After": str(int(wait) + 1), "X-RateLimit-Scope": "user"}
        if kind == "overall":
            told |= {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"}
        more = {"retry_after": wait, "global": kind == "overall"}
        raise ApiError(429, 0, "You are being rate limited.", told, **more)
