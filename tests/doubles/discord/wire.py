"""What comes in over HTTP and what goes out, in the form that discord.py expects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, Any]
Headers: TypeAlias = Mapping[str, str]

# discord.py parses a body only under exactly this type, without a charset, and takes a 429
# without a Via header for a ban by Cloudflare.
HEADERS = {"Content-Type": "application/json", "Via": "1.1 google"}


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    name: str
    content_type: str
    data: bytes


Files: TypeAlias = Mapping[int, Upload]


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request: `params` are the values in the route's braces, files go by their index."""

    query: Mapping[str, str]
    params: Mapping[str, str]
    body: Any
    files: Files


class ApiError(Exception):
    """Discord refuses: an HTTP status, Discord's error code and, for a form, where it is wrong."""

    def __init__(
        self, status: int, code: int, text: str, headers: Headers | None = None, **more: Any
    ) -> None:
        super().__init__(text)
        self.status, self.code, self.headers = status, code, headers or {}
        self.body: Json = {"message": text, "code": code, **more}


async def read_body(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """Read the JSON body and the uploaded files by index. Raises ApiError 50109 for bad JSON."""
    files: dict[int, Upload] = {}
    raw: str | None = None
    if request.content_type.startswith("multipart/"):
        for name, field in (await request.post()).items():
            if isinstance(field, web.FileField):
                upload = Upload(field.filename, field.content_type, field.file.read())
                files[int(name.removeprefix("files[").removesuffix("]"))] = upload
            elif name == "payload_json":
                raw = str(field)
    else:
        raw = await request.text()
    try:
        return (json.loads(raw) if raw else None), files
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None
