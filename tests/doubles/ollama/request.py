"""What the fake was asked, and what became of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_THINK_LEVELS = ("high", "medium", "low", "max")
_INTEGERS = ("num_ctx", "num_predict", "seed", "num_keep", "num_batch", "num_gpu", "top_k")
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(ms|h|m|s)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
DEFAULT_KEEP_ALIVE = 300.0


class Refusal(Exception):
    """The fake answers with this HTTP status and Ollama's text for it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class FakeRequest:
    """One request as it came in; times are of the running loop's clock, in seconds.

    `prompt` is what the model reads: the rendered template, or the raw prompt.
    Exactly one of `finished` and `closed_early_at` is set when `over` is.
    """

    method: str
    path: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    started: float
    prompt: str = ""
    status: int | None = None
    lines_sent: int = 0
    finished: float | None = None
    closed_early_at: float | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tag(self) -> str:
        """The model as named by the client."""
        return str(self.body.get("model", ""))

    @property
    def options(self) -> dict[str, Any]:
        """The request's options; empty when none were sent."""
        return dict(self.body.get("options") or {})

    @property
    def wants_text(self) -> bool:
        """Whether a model has to write, and not merely be loaded or unloaded."""
        if self.path == "/api/chat":
            return bool(self.body.get("messages"))
        return self.path == "/api/generate" and bool(self.body.get("prompt"))

    @property
    def keep_alive(self) -> float:
        """Seconds the model stays after this request; negative = for ever, 0 = unload."""
        given = self.body.get("keep_alive")
        if given is None:
            return DEFAULT_KEEP_ALIVE
        if isinstance(given, int | float):
            return float(given)
        parts = _DURATION.findall(str(given))
        if not parts:
            raise Refusal(400, f'time: invalid duration "{given}"')
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def parse_body(raw: bytes) -> dict[str, Any]:
    """Read a request body as Ollama does; raises `Refusal`."""
    if not raw:
        raise Refusal(400, "missing request body")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal(400, "invalid character looking for beginning of value") from None
    if not isinstance(body, dict):
        raise Refusal(400, "json: cannot unmarshal into Go value")
    return body


def check_generation(request: FakeRequest, capabilities: tuple[str, ...]) -> None:
    """Refuse what Ollama refuses before it loads a model; raises `Refusal`."""
    body, tag = request.body, request.tag
    verb = "chat" if request.path == "/api/chat" else "generate"
    if body.get("raw") and any(body.get(key) for key in ("template", "system", "context")):
        raise Refusal(400, "raw mode does not support template, system, or context")
    think = body.get("think")
    if isinstance(think, str) and think not in _THINK_LEVELS:
        levels = ", ".join(f'"{level}"' for level in _THINK_LEVELS)
        raise Refusal(400, f'invalid think value: "{think}" (must be {levels}, true, or false)')
    if "completion" not in capabilities:
        raise Refusal(400, f'"{tag}" does not support {verb}')
    if think and "thinking" not in capabilities:
        raise Refusal(400, f'"{tag}" does not support thinking')
    for name in _INTEGERS:
        value = request.options.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise Refusal(500, f'option "{name}" must be of type integer')
