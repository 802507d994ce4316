"""What Discord refuses in a form (error 50035): lengths, and the few other rules.

Numbers, in `limits.json`: Discord's documentation, resources/message, components/reference and
interactions/application-commands, as of 2026-08. The sum of 4000 characters over all text
displays is what Discord answers and discord.py documents (`LayoutView.content_length`).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Any, TypeAlias

from tests.doubles.discord.records import COMPONENTS_V2
from tests.doubles.discord.wire import ApiError, Json

# Where a text or list stands → its greatest length. `*` is every item of a list, a `!` at the
# end says that it must be there.
Limits: TypeAlias = Mapping[str, int]
Problem: TypeAlias = tuple[str, str]  # a dotted path, such as `components.0.label`; what is wrong

CONTENT, EMBED_TEXT, DISPLAYED, PARTS = 2000, 6000, 4000, 40
FILE_BYTES, REQUEST_BYTES = 10 * 2**20, 25 * 2**20
# By name, or by a component's type.
_TABLES: Mapping[str, Limits] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
CHOICES, MODAL = _TABLES["choices"], _TABLES["modal"]

ROW, BUTTON, SELECT, SECTION, TEXT, THUMBNAIL = 1, 2, 3, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER = 12, 13, 14, 17
SELECTS = frozenset({SELECT, 5, 6, 7, 8})
_BLOCKS = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
# What may stand at the top of a message without the flag and with it; and inside what.
_V1, _V2 = frozenset({ROW}), _BLOCKS | {CONTAINER}
_INSIDE: Mapping[tuple[int, str], frozenset[int]] = {
    (ROW, "components"): SELECTS | {BUTTON},
    (SECTION, "components"): frozenset({TEXT}),
    (SECTION, "accessory"): frozenset({BUTTON, THUMBNAIL}),
    (CONTAINER, "components"): _BLOCKS,
}


def refuse(problems: Iterable[Problem]) -> None:
    """Raise ApiError 50035 if there are problems, in the shape of Discord's `errors` object."""
    errors: Json = {}
    for path, problem in problems:
        at = errors
        for part in path.split("."):
            at = at.setdefault(part, {})
        at.setdefault("_errors", []).append({"code": problem.split(":")[0], "message": problem})
    if errors:
        raise ApiError(400, 50035, "Invalid Form Body", errors=errors)


def lengths(form: Any, limits: Limits, at: str = "") -> Iterator[Problem]:
    """Check each length in a form that stands at a dotted path."""
    for path, most in limits.items():
        for where, value in _places(form, path.removesuffix("!").split("."), at):
            size = len(value) if isinstance(value, Sized) else 0
            yield from _most(where, "BASE_TYPE_MAX_LENGTH", size, most)
            if path.endswith("!") and not size:
                yield where, "BASE_TYPE_REQUIRED"


def _most(path: str, code: str, value: int, most: int) -> Iterator[Problem]:
    if value > most:
        yield path, f"{code}: {value} is more than {most}"


def _places(value: Any, path: list[str], at: str) -> Iterator[tuple[str, Any]]:
    """Find what stands at a path, with its dotted place."""
    if not path:
        yield at, value
        return
    name, *rest = path
    items = enumerate(value or ()) if name == "*" else [(name, (value or {}).get(name))]
    for key, item in items:
        yield from _places(item, rest, f"{at}.{key}" if at else str(key))


def check_message(message: Json, body: Json) -> Iterator[Problem]:
    """Check a message as it will be, and what only the request says."""
    if v2 := message["flags"] & COMPONENTS_V2:
        for name in ("content", "embeds", "poll", "sticker_ids"):
            if message.get(name) or body.get(name):
                yield name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    else:
        yield from lengths(message, _TABLES["plain"])
        size = sum(len(embed.get("description") or "") for embed in message.get("embeds") or ())
        yield from _most("embeds", "MAX_EMBED_SIZE_EXCEEDED", size, EMBED_TEXT)
    yield from lengths(message, {"attachments": 10})
    yield from _check_components(message["components"], _V2 if v2 else _V1)
    allowed = body.get("allowed_mentions") or {}
    for kind in ("users", "roles"):
        if kind in (allowed.get("parse") or ()) and allowed.get(kind):
            yield "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"


def _check_components(components: list[Json], top: frozenset[int]) -> Iterator[Problem]:
    found = list(_walk("components", components, top))
    custom_ids = [component.get("custom_id") for _, component, _ in found]
    for i, (path, component, allowed) in enumerate(found):
        if component["type"] not in allowed:
            yield f"{path}.type", f"UNION_TYPE_CHOICES: not one of {sorted(allowed)}"
        yield from _check_component(path, component)
        if custom_ids[i] and custom_ids[i] in custom_ids[:i]:
            yield f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"
    yield from _most("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", len(found), PARTS)
    size = sum(len(c.get("content") or "") for _, c, _ in found if c["type"] == TEXT)
    yield from _most("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", size, DISPLAYED)


def _walk(
    path: str, components: list[Json], allowed: frozenset[int]
) -> Iterator[tuple[str, Json, frozenset[int]]]:
    """Every component, with its path and the types that may stand there."""
    for i, component in enumerate(components):
        yield f"{path}.{i}", component, allowed
        for (outer, field), inner in _INSIDE.items():
            if outer == component["type"] and (value := component.get(field)):
                children = value if isinstance(value, list) else [value]
                yield from _walk(f"{path}.{i}.{field}", children, inner)


def _check_component(path: str, component: Json) -> Iterator[Problem]:
    """Check the lengths of one component and what its kind demands."""
    what = component["type"]
    yield from lengths(component, _TABLES.get(str(what), {}), path)
    if what == BUTTON:
        for names in (("label", "emoji"), ("custom_id", "url", "sku_id")):
            if not any(component.get(name) for name in names):
                yield f"{path}.{names[0]}", "BASE_TYPE_REQUIRED"
    elif what == SELECT:
        most, options = component.get("max_values") or 1, component.get("options") or ()
        yield from _most(f"{path}.max_values", "NUMBER_TYPE_MAX", most, len(options))
    elif what == ROW:
        kinds = [inside["type"] for inside in component.get("components") or ()]
        if len(kinds) > 1 and not SELECTS.isdisjoint(kinds):
            yield path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED"


def check_event(event: Json) -> Iterator[Problem]:
    """Check a scheduled event: an external one, which needs a place and an end."""
    yield from lengths(event, _TABLES["event"])
    if (event.get("scheduled_end_time") or "") <= event["scheduled_start_time"]:
        yield "scheduled_end_time", "GUILD_SCHEDULED_EVENT_SCHEDULE_END: not after its begin"


def check_commands(commands: list[Json]) -> Iterator[Problem]:
    """Check the commands of one scope."""
    slash = [command for command in commands if command.get("type", 1) == 1]
    yield from lengths(slash, _TABLES["commands"])
    yield from _most("commands", "APPLICATION_COMMAND_TOO_MANY", len(commands), 100)
    names = [str(command.get("name")) for command in commands]
    for i, name in enumerate(names):
        plain = commands[i] not in slash or (re.fullmatch(r"[-_'\w]+", name) and name.islower())
        if not plain or name in names[:i]:
            yield f"{i}.name", "APPLICATION_COMMAND_INVALID_NAME: or used twice"
