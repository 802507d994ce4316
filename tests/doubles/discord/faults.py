"""Faults on HTTP routes, planned by a test: the first rule that fits a request is used up by it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """A rule: what happens to the next `left` requests that fit.

    With `act_first` the fake does what was asked and only then fails: Discord accepted, the bot
    does not know. With `status` 0 the connection is reset (`reset`) or the request just waits
    `hang` seconds before it is served.
    """

    method: str
    path: str
    left: int = 1
    act_first: bool = False
    hang: float = 0.0
    reset: bool = False
    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


_JSON = {"Content-Type": "application/json", "Via": "1.1 google"}
# A number of times that no test reaches.
ALWAYS = 1_000_000_000


class Faults:
    """The planned faults.

    `method` and `path` are regular expressions; `path` is searched in the path below the API's
    base, such as `/webhooks/1/token/messages/@original`.
    """

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, if any, and count it."""
        for rule in self.rules:
            if rule.left and re.fullmatch(rule.method, method) and re.search(rule.path, path):
                rule.left -= 1
                return rule
        return None

    def clear(self) -> None:
        """End all faults."""
        self.rules.clear()

    def status(
        self,
        method: str,
        path: str,
        status: int,
        *,
        code: int = 0,
        message: str = "fault",
        times: int = 1,
        act_first: bool = False,
    ) -> None:
        """Answer with a status and Discord's error code."""
        body = json.dumps({"message": message, "code": code}).encode()
        fault = Fault(method, path, times, act_first, status=status, body=body, headers=_JSON)
        self.rules.append(fault)

    def reset(self, method: str, path: str, *, times: int = 1, act_first: bool = False) -> None:
        """Reset the connection (TCP RST)."""
        self.rules.append(Fault(method, path, times, act_first, reset=True))

    def hang(self, method: str, path: str, seconds: float, *, times: int = 1) -> None:
        """Wait, then serve the request."""
        self.rules.append(Fault(method, path, times, hang=seconds))

    def malformed(self, method: str, path: str, *, times: int = 1, act_first: bool = False) -> None:
        """Answer 200 with JSON that ends in the middle."""
        body = b'{"id": "1'
        fault = Fault(method, path, times, act_first, status=200, body=body, headers=_JSON)
        self.rules.append(fault)

    def cloudflare(self, method: str, path: str, *, times: int = 1) -> None:
        """Answer 429 as Cloudflare does to the banned: HTML, no Via."""
        headers = {"Content-Type": "text/html", "Retry-After": "600"}
        body = b"<html>error code: 1015</html>"
        self.rules.append(Fault(method, path, times, status=429, body=body, headers=headers))

    def global_limit(self, method: str, path: str, retry_after: float, *, times: int = 1) -> None:
        """Answer 429 for the whole bot; `retry_after` in seconds."""
        headers = _JSON | {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        data = {"message": "You are being rate limited.", "retry_after": retry_after}
        body = json.dumps(data | {"global": True}).encode()
        self.rules.append(Fault(method, path, times, status=429, body=body, headers=headers))
