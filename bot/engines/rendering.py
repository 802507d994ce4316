"""What a model is given for a chat: Ollama renders its template and generates nothing.

`_debug_render_only` is a field of the request that older servers do not know; those begin to
generate, and are left at their first line.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from bot.engines.faults import LIBRARY_ERRORS, from_library, from_status

_LIMIT = 30.0  # seconds; the model may be in use by others


async def first_rendered(http: httpx.AsyncClient, body: Mapping[str, Any]) -> str | None:
    """Return the rendered prompt for the body of a chat. Raises `EngineError`."""
    model = str(body["model"])
    asked = {**body, "stream": True, "_debug_render_only": True}
    try:
        async with (
            asyncio.timeout(_LIMIT),
            http.stream("POST", "/api/chat", json=asked, timeout=_LIMIT) as response,
        ):
            if not response.is_success:
                text = (await response.aread()).decode("utf-8", "replace")
                raise from_status(response.status_code, text, model)
            async for line in response.aiter_lines():
                info = json.loads(line).get("_debug_info") or {}
                rendered = info.get("rendered_template")
                return rendered if isinstance(rendered, str) else None
    except LIBRARY_ERRORS as error:  # a TimeoutError is an OSError
        raise from_library(error, model, _LIMIT) from error
    return None
