"""Every failure of an Ollama server or of the road to it, as one of `bot.errors`.

The texts that a server sends are read for what they tell and never shown: they
hold paths, addresses and advice for somebody else.
"""

from __future__ import annotations

import httpx

from bot.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineStalled,
    EngineUnreachable,
    ModelMissing,
    RequestRefused,
)

# What the client libraries let through, beside httpx's own: refused sockets
# (OSError), lines that are no JSON or lack a field (ValueError, of which
# pydantic's ValidationError is one), and lines that are JSON but no object,
# on which the ollama library trips (TypeError, AttributeError).
LIBRARY_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)

MID_STREAM = -1
"""The status of an error line inside a stream that had begun with 200."""

_MEMORY = ("memory", "oom", "cudamalloc", "alloc_buffer")
_CRASH = ("has terminated", "unexpectedly stopped", "runner", "exit status", "signal:")
_READ = 2000
"""Characters of an engine's error text that are read for what they tell."""


def from_library(error: Exception, model: str, limit: float) -> EngineError:
    """Translate what httpx or a parser raised; `limit` = the seconds a read may take."""
    if isinstance(error, httpx.PoolTimeout):
        return EngineBusy(model)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | ConnectionError):
        return EngineUnreachable(model)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return EngineStalled(model, limit)
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | OSError):
        return EngineFailed(model, f"The connection to {model} broke off.")
    return EngineProtocol(model)


def from_status(status: int, text: str, model: str) -> EngineError:
    """Translate an HTTP status with Ollama's text, or the text alone (`MID_STREAM`)."""
    told = text[:_READ].lower()
    if status == httpx.codes.NOT_FOUND:
        # A 404 that does not speak of a model is no Ollama: a wrong path or another server.
        return ModelMissing(model) if "model" in told else EngineProtocol(model)
    if status in (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS):
        return EngineBusy(model)
    if status in (httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT):
        return EngineUnreachable(model)
    if httpx.codes.is_client_error(status):
        return RequestRefused(model, _refusal(status, told, model))
    if status == MID_STREAM or httpx.codes.is_server_error(status):
        return _failure(status, told, model)
    return EngineProtocol(model)


def _refusal(status: int, told: str, model: str) -> str:
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return f"The engine that runs {model} does not let me in. An organiser has to look."
    if "does not support thinking" in told:
        return f"{model} cannot think on request."
    if "does not support" in told:
        return f"{model} cannot do what was asked of it."
    if "context length" in told:
        return f"That is too long for {model}."
    return f"The engine that runs {model} refused this request."


def _failure(status: int, told: str, model: str) -> EngineFailed:
    if any(word in told for word in _MEMORY):
        return EngineCrashed(model, f"There is not enough memory for {model} where it runs.")
    sentence = f"{model} stopped with an error of its engine. Try again, or ask another model."
    # A runner that dies while it loads would die again. One that dies in a text had loaded: Ollama
    # starts another one for the next request.
    crashed = status != MID_STREAM and any(word in told for word in _CRASH)
    return EngineCrashed(model, sentence) if crashed else EngineFailed(model, sentence)
