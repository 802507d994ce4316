"""Rate limits: fixed windows that begin with their first request.

Sources: Discord's documentation, topics/rate-limits, for the global limit and the headers. The
numbers per route are not promised by Discord: 5 per 5 s for messages of a channel
(discord-api-docs issue 20), 5 per 2 s per interaction token (issue 2701), 30 webhook posts per
60 s and channel, which no header shows (issue 367).
"""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.discord.wire import Json


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in `window` seconds."""

    limit: int
    window: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Headers to send, and for a refusal how long to wait (seconds) and whose limit it was."""

    headers: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    scope: str = "user"

    @property
    def body(self) -> Json:
        """The 429's body."""
        return {
            "message": "You are being rate limited.",
            "retry_after": self.retry_after,
            "global": self.scope == "global",
        }


@dataclass(slots=True)
class _Window:
    ends: float = 0.0
    used: int = 0


class Buckets:
    """Counts requests. Each rate may be replaced before or during a test; None is no limit.

    `edits` is a pessimist's wish: a hidden limit on edits per interaction token.
    """

    def __init__(self) -> None:
        self.overall: Rate | None = Rate(50, 1.0)
        self.channel: Rate | None = Rate(5, 5.0)
        self.token: Rate | None = Rate(5, 2.0)
        self.posts: Rate | None = Rate(30, 60.0)
        self.edits: Rate | None = None
        self._windows: dict[tuple[str, str], _Window] = {}

    def unlimited(self) -> None:
        """Take every limit away."""
        self.overall = self.channel = self.token = self.posts = self.edits = None

    def take(self, limit: str | None, major: str, *, bot: bool) -> Verdict:
        """Count one request against the global limit (bot routes) and its own bucket."""
        now = time.monotonic()
        if bot and (wait := self._hidden(("global", ""), self.overall, now)):
            return Verdict(_refusal(wait, "global"), wait, "global")
        rate: Rate | None = {"channel": self.channel, "token": self.token}.get(limit or "")
        if limit is None or rate is None:
            return Verdict()
        window = self._window((limit, major), rate, now)
        window.used += 1
        wait = max(round(window.ends - now, 3), 0.001)
        headers = {
            "X-RateLimit-Limit": str(rate.limit),
            "X-RateLimit-Remaining": str(max(rate.limit - window.used, 0)),
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": f"{limit}-messages",
        }
        if window.used <= rate.limit:
            return Verdict(headers)
        return Verdict(headers | _refusal(wait, "user"), wait)

    def take_hidden(self, method: str, channel: str, token: str) -> Verdict:
        """Count an interaction's post or edit against the limits that no header shows."""
        now = time.monotonic()
        kinds: dict[str, tuple[tuple[str, str], Any]] = {
            "POST": (("posts", channel), self.posts),
            "PATCH": (("edits", token), self.edits),
        }
        wait = self._hidden(*kinds[method], now) if method in kinds else None
        return Verdict(_refusal(wait, "user"), wait) if wait else Verdict()

    def _window(self, key: tuple[str, str], rate: Rate, now: float) -> _Window:
        window = self._windows.setdefault(key, _Window())
        if now >= window.ends:
            window.ends, window.used = now + rate.window, 0
        return window

    def _hidden(self, key: tuple[str, str], rate: Rate | None, now: float) -> float | None:
        if rate is None:
            return None
        window = self._window(key, rate, now)
        window.used += 1
        return max(round(window.ends - now, 3), 0.001) if window.used > rate.limit else None


def _refusal(wait: float, scope: str) -> dict[str, str]:
    headers = {"Retry-After": str(int(wait) + 1), "X-RateLimit-Scope": scope}
    return headers | ({"X-RateLimit-Global": "true"} if scope == "global" else {})
