"""What the fake remembers: requests, refusals, messages with their history, interactions.

Times are `time.monotonic()` seconds at the moment the fake acted; a person sees a change
`FakeDiscord.latency` seconds later.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.discord.wire import Json, Upload

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; `route` is the template, `code` and `errors` are Discord's answer."""

    at: float
    method: str
    route: str
    path: str
    body: Any
    status: int
    code: int
    errors: Json


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component of a message, nested ones included, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        yield from walk([component["accessory"]] if component.get("accessory") else [])


def visible_text(payload: Json) -> str:
    """Return what a person reads: the content, then each text display, joined by newlines."""
    displays = (c.get("content") for c in walk(payload.get("components") or []) if c["type"] == 10)
    return "\n".join(text for text in (payload.get("content"), *displays) if text)


@dataclass(slots=True)
class Message:
    """A message: its payload now, and each state until then in `history` as (time, payload)."""

    id: str
    channel_id: str
    payload: Json
    ephemeral: bool = False
    history: list[tuple[float, Json]] = field(default_factory=list)
    files: dict[str, Upload] = field(default_factory=dict)
    deleted_at: float | None = None

    @property
    def text(self) -> str:
        """What a person reads now."""
        return visible_text(self.payload)

    @property
    def file(self) -> Upload:
        """The one attached file. Raises ValueError unless there is exactly one."""
        (upload,) = self.files.values()
        return upload


@dataclass(slots=True)
class Interaction:
    """One thing a member did, and what the bot made of it.

    `kind`: 2 command, 3 component, 4 autocomplete, 5 form. `response` is the accepted callback type
    (None: none yet), `choices` what came with type 8.
    """

    id: str
    token: str
    kind: int
    channel_id: str
    born: float
    payload: Json
    source: str | None = None
    response: int | None = None
    answered_at: float | None = None
    original: str | None = None
    followups: list[str] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None
