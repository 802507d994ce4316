"""The reference of a request: a member is shown it, an organiser finds it in the log.

It follows the work through every task that the request starts.
"""

from __future__ import annotations

import re
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What is being worked on. `began` is in seconds of the monotonic clock."""

    reference: str
    began: float


_REFERENCE = re.compile(r"[0-9a-f]{1,32}")
_CURRENT: ContextVar[Request | None] = ContextVar("request", default=None)


def new_reference() -> str:
    """Return a reference that was not used before."""
    return secrets.token_hex(4)


def is_reference(text: str) -> bool:
    """Say whether a text that somebody sent has the form of a reference."""
    return _REFERENCE.fullmatch(text) is not None


def begin_request(reference: str | None = None) -> Request:
    """Let what this task does from here on belong to one request."""
    request = Request(reference or new_reference(), time.monotonic())
    _CURRENT.set(request)
    return request


def current_request() -> Request | None:
    """Return the request that this task works on."""
    return _CURRENT.get()
