"""The server-sent events of both protocols, one after the other.

OpenAI: `data:` lines with `chat.completion.chunk` objects; with `stream_options.include_usage`
every chunk has `usage: null` and one more, without choices, has the numbers; then `[DONE]`
(platform.openai.com/docs/api-reference/chat-streaming). Reasoning that is shown comes as
`reasoning_content`, as at DeepSeek and vLLM, or as `reasoning`.
Anthropic: named events, content in blocks, cumulative usage in `message_delta`
(docs.anthropic.com/en/api/messages-streaming).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.doubles.hosted.server import HostedRequest, Rented


def openai_events(model: Rented, request: HostedRequest) -> Iterator[tuple[bool, bytes]]:
    """Yield each event, and whether it carries a token."""
    counted = bool((request.body.get("stream_options") or {}).get("include_usage"))

    def chunk(choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> bytes:
        told: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_764_000_000,
            "model": request.model,
            "choices": choices,
        }
        return _data(told | {"usage": usage} if counted else told)

    def delta(fields: dict[str, Any], reason: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": fields, "finish_reason": reason}], None)

    yield False, delta({"role": "assistant", "content": ""})
    for piece in model.thinking:
        yield True, delta({model.thinks_in: piece})
    for piece in model.tokens:
        yield True, delta({"content": piece})
    if model.ends is None:
        return
    yield False, delta({}, model.ends)
    if counted:
        hidden = {"reasoning_tokens": model.reasoning_tokens}
        usage = {
            "prompt_tokens": model.prompt_tokens,
            "completion_tokens": model.answer_tokens,
            "total_tokens": model.prompt_tokens + model.answer_tokens,
            "completion_tokens_details": hidden,
        }
        yield False, chunk([], usage)
    yield False, b"data: [DONE]\n\n"


def anthropic_events(model: Rented, request: HostedRequest) -> Iterator[tuple[bool, bytes]]:
    """Yield each event, and whether it carries a token."""
    begun: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": model.prompt_tokens, "output_tokens": 1},
    }
    yield False, _event("message_start", {"message": begun})
    yield False, _event("ping", {})
    index = 0
    for kind, pieces in (("thinking", model.thinking), ("text", model.tokens)):
        if kind == "thinking" and not pieces:
            continue
        block = {"type": kind, kind: ""} | ({"signature": ""} if kind == "thinking" else {})
        yield False, _event("content_block_start", {"index": index, "content_block": block})
        for piece in pieces:
            delta = {"type": f"{kind}_delta", kind: piece}
            yield True, _event("content_block_delta", {"index": index, "delta": delta})
        yield False, _event("content_block_stop", {"index": index})
        index += 1
    if model.ends is None:
        return
    reason = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}[model.ends]
    last = {
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"input_tokens": model.prompt_tokens, "output_tokens": model.answer_tokens},
    }
    yield False, _event("message_delta", last)
    yield False, _event("message_stop", {})


def error_event(path: str) -> bytes:
    """Return an error inside a stream that had begun with 200."""
    error = {"type": "overloaded_error", "message": "Overloaded at /srv/secret"}
    if path.endswith("/messages"):
        return _event("error", {"error": error})
    return _data({"error": error})


def refusal(path: str, code: str) -> dict[str, Any]:
    """Return the body of an HTTP error, with a text that is for nobody's eyes."""
    message = "Incorrect API key provided: sk-live-1234. See https://internal.example"
    if path.endswith("/messages"):
        return {"type": "error", "error": {"type": code, "message": message}}
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


def _event(name: str, fields: dict[str, Any]) -> bytes:
    return f"event: {name}\n".encode() + _data({"type": name, **fields})


def _data(fields: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"
