"""Every failure of a provider or of the road to it, as one of `bot.errors`.

What a provider writes is read for what it tells and never shown: it may quote a part of the key.
The exceptions are told apart by what they carry, since their libraries are optional.
"""

from __future__ import annotations

from typing import Any

from bot.errors import (
    EngineBusy,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineUnreachable,
    RequestRefused,
)
from bot.provider import Provider

_LIBRARIES = {"openai", "anthropic", "langchain_core", "httpx2", "json"}
_BUSY = (408, 429, 503, 529)
_UNPAID = ("quota", "billing", "credit")
_LONGEST_WAIT = 86_400.0


def from_provider(
    error: Exception, tag: str, provider: Provider, *, begun: bool
) -> EngineError | None:
    """Translate what a library raised; None for a defect of ours. `begun`: text had come."""
    if isinstance(error, EngineError):
        return error
    kinds = type(error).__mro__
    names = {kind.__name__ for kind in kinds}
    status = getattr(error, "status_code", None)
    told: EngineError | None = EngineProtocol(tag)
    if not {kind.__module__.partition(".")[0] for kind in kinds} & _LIBRARIES:
        told = EngineUnreachable(tag) if isinstance(error, OSError) else None
    elif isinstance(status, int) and status >= 300:  # noqa: PLR2004  the first that is no success
        told = _from_status(status, error, tag, provider)
    elif names & {"APIConnectionError", "TransportError"}:  # a time-out is one, too
        broke = EngineFailed(tag, f"The connection to {provider.host} broke off.")
        told = broke if begun else EngineUnreachable(tag)
    elif "APIError" in names:  # an error inside a stream that had begun with 200
        told = _failed(tag, provider)
    return told


def _from_status(status: int, error: Exception, tag: str, provider: Provider) -> EngineError:
    code = _code(error)
    if any(word in code for word in _UNPAID):
        status = 402
    if status in _BUSY:
        return EngineBusy(tag, _wait(error))
    if status >= 500:  # noqa: PLR2004  theirs
        return _failed(tag, provider)
    host = provider.host
    no_key = f"{host} does not accept the key. An organiser has to look at {provider.key_name}."
    sentences = {
        401: no_key,
        402: f"The account at {host} has no credit left.",
        403: no_key,
        404: f"{host} has no model {tag}, or none for this key.",
    }
    other = f"{host} refused this request for {tag}."
    if status < 400:  # noqa: PLR2004  a redirect
        other = f"{host} sends elsewhere, where I do not go."
    return RequestRefused(tag, sentences.get(status, other))


def _failed(tag: str, provider: Provider) -> EngineFailed:
    return EngineFailed(tag, f"{provider.host} stopped {tag} with an error of its own.")


def _code(error: Any) -> str:
    """Return the code by which a provider names its error, in lower case."""
    body = getattr(error, "body", None)
    body = body.get("error", body) if isinstance(body, dict) else {}
    told = body if isinstance(body, dict) else {}
    return f"{told.get('code')} {told.get('type')}".lower()


def _wait(error: Any) -> float | None:
    """Return the seconds a provider asks to wait, where it says them."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:  # absent, or a date
        return None
    return seconds if 0 < seconds <= _LONGEST_WAIT else None
