"""What aiohttp tells of each call to Discord, measured under a route that names nobody.

Interactions and webhooks share the client's session, so nothing is missed.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from types import SimpleNamespace

import aiohttp

from bot.meters import Meters
from bot.reference import current_request

_VERSION = re.compile(r"^/api/v\d+")
_WORD = re.compile(r"@?[a-z]+(?:-[a-z]+)*")
_TOKENS_AFTER = ("webhooks", "interactions")
_MESSAGES = 200  # whose edits' intervals are told
_LONGEST = 8  # parts of a path; Discord has none longer that this bot calls


def route_of(method: str, path: str) -> str:
    """Return a call's template, such as `PATCH /webhooks/{id}/{token}/messages/@original`."""
    parts: list[str] = []
    for part in _VERSION.sub("", path).strip("/").split("/")[:_LONGEST]:
        if len(parts) == 2 and parts[0] in _TOKENS_AFTER:  # noqa: PLR2004  kind and id stand before
            parts.append("{token}")
        elif part in ("@me", "@original") or _WORD.fullmatch(part):
            parts.append(part)
        else:
            parts.append("{id}")
    return f"{method} /{'/'.join(parts)}"


def http_trace(meters: Meters) -> aiohttp.TraceConfig:
    """Return what lets `meters` count every call of a session."""
    edited: OrderedDict[str, float] = OrderedDict()  # the newest messages, by their paths

    async def start(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _params: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.began = meters.now()

    async def end(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        status = params.response.status
        route = route_of(params.method, params.url.path)
        meters.called(route, status, params.response.headers.get("X-RateLimit-Scope"))
        if params.method == "PATCH":
            now, path = meters.now(), params.url.path
            meters.edits.observe(now - context.began)
            if (before := edited.pop(path, None)) is not None:
                meters.intervals.observe(now - before)
            edited[path] = now
            if len(edited) > _MESSAGES:
                edited.popitem(last=False)
        request = current_request()
        if route.endswith("/callback") and status < 300 and request is not None:  # noqa: PLR2004  HTTP
            meters.acknowledged.observe(meters.now() - request.began)

    async def failed(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        params: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        meters.called(route_of(params.method, params.url.path), 0, None)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(failed)
    return trace
