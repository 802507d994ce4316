"""Ollama's JSON, field for field: what is always present and what is left out when zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.ollama.request import FakeRequest
from tests.doubles.ollama.script import FakeModel, Step

_PROMPT_NS_PER_TOKEN = 100_000
_ANSWER_NS_PER_TOKEN = 1_000_000
_FOR_EVER = timedelta(days=106_751)  # Go's longest duration, about 292 years


def stamp(moment: datetime | None = None) -> str:
    """Return RFC 3339 with nanoseconds, UTC."""
    when = moment or datetime.now(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def chunk(request: FakeRequest, step: Step) -> dict[str, Any]:
    """One streamed object with `done` false."""
    line: dict[str, Any] = {"model": request.tag, "created_at": stamp()}
    thinking = {"thinking": step.thinking} if step.thinking else {}
    if request.path == "/api/chat":
        line["message"] = {"role": "assistant", "content": step.text, **thinking}
    else:
        line |= {"response": step.text, **thinking}
    return line | {"done": False}


def counters(
    model: FakeModel, request: FakeRequest, *, tokens: int, load_seconds: float
) -> dict[str, int]:
    """Counters of the last line, from the script and not from a clock; zeros left out."""
    per_token = _ANSWER_NS_PER_TOKEN
    if model.tokens_per_second:
        per_token = round(1e9 / model.tokens_per_second)
    prompt_tokens = model.prompt_tokens or len(request.prompt.split()) + 1
    values = {
        "load_duration": round(load_seconds * 1e9),
        "prompt_eval_count": prompt_tokens,
        "prompt_eval_duration": prompt_tokens * _PROMPT_NS_PER_TOKEN,
        "eval_count": tokens,
        "eval_duration": tokens * per_token,
    }
    total = sum(value for name, value in values.items() if name.endswith("_duration"))
    return {name: value for name, value in {"total_duration": total, **values}.items() if value}


def last(request: FakeRequest, step: Step, reason: str, numbers: dict[str, int]) -> dict[str, Any]:
    """Return the object that ends an answer."""
    line = chunk(request, step) | {"done": True, "done_reason": reason}
    if request.path == "/api/generate" and not request.body.get("raw") and request.wants_text:
        line["context"] = [1, 2, 3]
    return line | numbers


def whole(request: FakeRequest, said: Sequence[Step], end: dict[str, Any]) -> dict[str, Any]:
    """Return the one object of a request with `stream` false."""
    text = "".join(step.text for step in said)
    thinking = "".join(step.thinking for step in said)
    joined = chunk(request, Step(text, thinking))
    return end | {key: joined[key] for key in ("message", "response", "thinking") if key in joined}


def rendered(request: FakeRequest) -> dict[str, Any]:
    """Return the answer to `_debug_render_only`."""
    line = chunk(request, Step()) | {"_debug_info": {"rendered_template": request.prompt}}
    if "message" in line:
        line["message"]["role"] = ""
    return line


def _details(model: FakeModel) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": model.parameter_size,
        "quantization_level": model.quantization,
    }


def installed(model: FakeModel) -> dict[str, Any]:
    """Return one entry of `/api/tags`."""
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": stamp(),
        "size": model.size,
        "digest": model.digest,
        "details": _details(model),
        "capabilities": list(model.capabilities),
    }


def running(model: FakeModel, num_ctx: int, keep_alive: float) -> dict[str, Any]:
    """Return one entry of `/api/ps`."""
    left = timedelta(seconds=keep_alive) if keep_alive >= 0 else _FOR_EVER
    return {
        "name": model.name,
        "model": model.name,
        "size": model.size,
        "digest": model.digest,
        "details": _details(model),
        "expires_at": stamp(datetime.now(UTC) + left),
        "size_vram": model.size,
        "context_length": num_ctx,
    }


def shown(model: FakeModel) -> dict[str, Any]:
    """Return the answer of `/api/show`."""
    return {
        "license": "",
        "modelfile": f"FROM {model.tag}",
        "parameters": 'stop                           "<|end|>"',
        "template": model.template,
        "details": _details(model),
        "model_info": {
            "general.architecture": model.family,
            f"{model.family}.context_length": model.context_length,
        },
        "capabilities": list(model.capabilities),
        "modified_at": stamp(),
    }
