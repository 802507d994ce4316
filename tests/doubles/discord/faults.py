"""Faults on HTTP routes, planned by a test: the first rule that fits a request is used up by it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.discord.wire import HEADERS


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests that fit.

    With `hang` the request waits that many seconds and is served, else it gets the answer, or
    for status 0 a reset connection. With `act_first` the fake does what was asked and only then
    fails: Discord accepted, the bot does not know.
    """

    method: str
    path: str
    times: int
    act_first: bool = False
    hang: float = 0.0
    status: int = 0
    body: bytes = b'{"message": "fault", "code": 0}'
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


class Faults:
    """The planned faults; `path` is a pattern searched in the path below the API's base."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, if any, and count it."""
        for rule in self.rules:
            if rule.times and re.fullmatch(rule.method, method) and re.search(rule.path, path):
                rule.times -= 1
                return rule
        return None

    def status(self, method: str, path: str, status: int, code: int = 0, **more: Any) -> None:
        """Answer with a status and Discord's error code; `more` as in Fault, once if not told."""
        body = f'{{"message": "fault", "code": {code}}}'.encode()
        self.rules.append(Fault(method, path, status=status, **{"times": 1, "body": body, **more}))

    def reset(self, method: str, path: str, *, times: int = 1, act_first: bool = False) -> None:
        """Reset the connection (TCP RST)."""
        self.rules.append(Fault(method, path, times, act_first))

    def hang(self, method: str, path: str, seconds: float, *, times: int = 1) -> None:
        """Wait, then serve the request."""
        self.rules.append(Fault(method, path, times, hang=seconds))
