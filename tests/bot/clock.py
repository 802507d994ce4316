"""A clock that a test sets."""

import datetime as dt


class Clock:
    """Tells `now` in seconds since 1970; it begins on Wednesday, 25 November 2026, at 8:00 UTC."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)

    def __call__(self) -> float:
        """Return the time."""
        return self.now.timestamp()

    def set(self, when: str) -> None:
        """Let it be this time (UTC)."""
        self.now = dt.datetime.fromisoformat(when).replace(tzinfo=dt.UTC)
