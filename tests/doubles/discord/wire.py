"""What comes in over HTTP, what goes out, and the table of routes between them."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, Any]

# discord.py parses a body only under exactly this type, without a charset.
JSON_TYPE = "application/json"
# A 429 without a Via header counts as a ban by Cloudflare.
VIA = "1.1 google"


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request, read and parsed; `params` are the values in the route's braces."""

    method: str
    path: str
    query: Mapping[str, str]
    params: Mapping[str, str]
    body: Any
    files: Mapping[int, Upload]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers; without data the status is 204."""

    data: Any = None
    status: int = 200


class ApiError(Exception):
    """Discord refuses: an HTTP status, Discord's error code and, for a form, where it is wrong."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    @property
    def body(self) -> Json:
        """The error as Discord writes it."""
        body: Json = {"message": self.message, "code": self.code}
        return body | ({"errors": self.errors} if self.errors else {})


def not_found(code: int, thing: str) -> ApiError:
    """404: "Unknown …"."""
    return ApiError(404, code, f"Unknown {thing}")


Handler: TypeAlias = Callable[[Incoming], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template in the words of Discord's OpenAPI document.

    `limit` names the rate limit: "channel", "token" or none. `bot` routes need the bot's token
    and count against the global limit; interaction routes do neither.
    """

    method: str
    template: str
    handler: Handler
    limit: str | None = None
    bot: bool = True


class Routes:
    """Finds a route by method and number of path segments, then by the literal segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._table: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        # Fewest parameters first: `@original` wins over `{message_id}`.
        for route in sorted(routes, key=lambda r: r.template.count("{")):
            parts = route.template.split("/")
            self._table.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, Json] | None:
        """Find the route of a path and its parameters."""
        parts = path.split("/")
        for pattern, route in self._table.get((method, len(parts)), ()):
            if all(p == part or p[:1] == "{" for p, part in zip(pattern, parts, strict=True)):
                found = zip(pattern, parts, strict=True)
                return route, {p[1:-1]: part for p, part in found if p[:1] == "{"}
        return None


def response(status: int, data: Any, headers: Mapping[str, str]) -> web.Response:
    """Build an HTTP response that discord.py accepts."""
    if status == 204:
        return web.Response(status=204, headers={"Via": VIA, **headers})
    body = json.dumps(data, separators=(",", ":")).encode()
    return web.Response(
        body=body, status=status, headers={"Content-Type": JSON_TYPE, "Via": VIA, **headers}
    )


async def read_body(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """Read the JSON body and the uploaded files by index (`payload_json` and `files[n]`).

    Raises ApiError 50109 when the body is no JSON.
    """
    files: dict[int, Upload] = {}
    raw: bytes | None = None
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        for name, field in form.items():
            if isinstance(field, web.FileField):
                upload = Upload(field.filename, field.content_type, field.file.read())
                files[int(name.removeprefix("files[").removesuffix("]"))] = upload
            elif name == "payload_json":
                raw = str(field).encode()
    else:
        raw = await request.read()
    if not raw:
        return None, files
    try:
        return json.loads(raw), files
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None
