"""Where an Ollama server is, and what is sent there beside the request."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from bot.errors import SettingsInvalid

_SENTENCE = (
    "The address of an Ollama engine must look like http://127.0.0.1:11434: "
    "with http or https, with its port, and without a user name."
)


def checked_address(base_url: str) -> str:
    """Return `base_url` without a slash at its end; raises `SettingsInvalid`.

    The port is asked for because `http://host` means port 80 and nobody who
    writes that for Ollama means it; a path is kept (a proxy may serve there).
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port or (443 if parts.scheme == "https" else None)
    except ValueError as error:
        raise SettingsInvalid(_SENTENCE) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not port or parts.username:
        raise SettingsInvalid(_SENTENCE)
    return base_url.rstrip("/")


def without_key(request: httpx.Request) -> httpx.Request:
    """Drop the key that the ollama library takes from the environment for any host."""
    request.headers.pop("authorization", None)
    return request
