"""A page as the body of a request, as Discord's routes want it.

Each carries `allowed_mentions` that allow nobody, or one role where the page says so, and the flag
that keeps links from unfolding (discord.py 2.7.1 leaves both out of some edits, and
`Message.edit` even removes the flag).
"""

from __future__ import annotations

import io
import json
from typing import Any

import discord

from bot.present.components import ALT_LIMIT, Page, components

Payload = dict[str, Any]

SUPPRESS_EMBEDS, EPHEMERAL, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 15
NOBODY: Payload = {"parse": []}


class Body:
    """A page as the body of a request: JSON, or a form when a file goes with it."""

    def __init__(self, page: Page, *, flags: int = 0, extra: Payload | None = None) -> None:
        self.payload: Payload = {
            "components": components(page),
            "flags": flags | SUPPRESS_EMBEDS | COMPONENTS_V2,
            "allowed_mentions": NOBODY
            if page.ping is None
            else {"parse": [], "roles": [str(page.ping)]},
            **(extra or {}),
        }
        self.files = [
            discord.File(io.BytesIO(file.data), file.name, description=file.alt[:ALT_LIMIT] or None)
            for file in page.attached
        ]
        self.payload["attachments"] = [file.to_dict(i) for i, file in enumerate(self.files)]

    def form(self, wrapped: Payload | None = None) -> list[dict[str, Any]]:
        """Return the parts of a multipart form; `wrapped` is sent in place of the payload."""
        whole = json.dumps(wrapped or self.payload)
        parts: list[dict[str, Any]] = [{"name": "payload_json", "value": whole}]
        for i, file in enumerate(self.files):
            kind = "application/octet-stream"
            part = {"name": f"files[{i}]", "value": file.fp, "filename": file.filename}
            parts.append(part | {"content_type": kind})
        return parts

    def content(self) -> dict[str, Any]:
        """Return it as the webhook adapter's arguments."""
        if not self.files:
            return {"payload": self.payload}
        return {"multipart": self.form(), "files": self.files}

    def params(self) -> discord.http.MultipartParameters:
        """Return it as the HTTP client's parameters."""
        if not self.files:
            return discord.http.MultipartParameters(
                payload=self.payload, multipart=None, files=None
            )
        return discord.http.MultipartParameters(
            payload=None, multipart=self.form(), files=self.files
        )
