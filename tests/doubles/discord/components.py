"""What Discord refuses in components: nesting, counts, lengths, ids used twice.

Source: Discord's documentation, components/reference, as of 2026-08.
"""

from collections.abc import Iterator
from typing import Any

from tests.doubles.discord.limits import Problems
from tests.doubles.discord.wire import Json

ROW, BUTTON, SELECT, INPUT = 1, 2, 3, 4
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR = 9, 10, 11, 12, 13, 14
CONTAINER, LABEL, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 17, 18, 19, 21, 22, 23
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK, PREMIUM = 5, 6

MOST = 40
ROWS = 5
DISPLAYED = 4000

_IN_ROW = SELECTS | {BUTTON}
_IN_FORM_ROW = frozenset({INPUT})
_IN_CONTAINER = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
_IN_LABEL = SELECTS | {INPUT, UPLOAD, RADIO, CHECKBOXES, CHECKBOX}
_ROOTS = {
    "v1": frozenset({ROW}),
    "v2": _IN_CONTAINER | {CONTAINER},
    "modal": frozenset({ROW, TEXT, LABEL}),
}
# Per type: its lists (or single places) of components, what may stand there, least and most.
_NESTS: dict[int, tuple[tuple[str, frozenset[int], int, int], ...]] = {
    ROW: (("components", _IN_ROW, 1, 5),),
    SECTION: (
        ("components", frozenset({TEXT}), 1, 3),
        ("accessory", frozenset({BUTTON, THUMBNAIL}), 1, 1),
    ),
    CONTAINER: (("components", _IN_CONTAINER, 1, MOST),),
    LABEL: (("component", _IN_LABEL, 1, 1),),
}
# Per type: a text's field, its greatest length, its least.
_TEXTS: dict[int, tuple[tuple[str, int, int], ...]] = {
    BUTTON: (("label", 80, 0), ("url", 512, 0)),
    TEXT: (("content", 4000, 1),),
    INPUT: (("label", 45, 0), ("placeholder", 100, 0), ("value", 4000, 0)),
    THUMBNAIL: (("description", 1024, 0),),
    LABEL: (("label", 45, 1), ("description", 100, 0)),
}
_TEXTS |= dict.fromkeys(SELECTS, (("placeholder", 150, 0),))
# Per type: how many options it has.
_OPTIONS = {SELECT: (1, 25), RADIO: (2, 10), CHECKBOXES: (1, 10)}
_WITHOUT_ID = frozenset({ROW, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL})


def check_components(problems: Problems, components: list[Json], kind: str) -> None:
    """Check the components of a message ("v1", "v2") or of a "modal"."""
    found = list(_walk(problems, "components", components, _ROOTS[kind], kind))
    seen: set[str] = set()
    for path, component in found:
        for field, most, least in _TEXTS.get(component["type"], ()):
            problems.text(f"{path}.{field}", component.get(field), most, least)
        _check_custom_id(problems, path, component, seen)
        _check_options(problems, path, component)
        if component["type"] == GALLERY:
            problems.count(f"{path}.items", component.get("items"), 10, 1)
    if kind == "v1":
        problems.count("components", components, ROWS)
    if kind == "modal":
        problems.count("components", components, 5, 1)
    if len(found) > MOST:
        text = f"The total number of components exceeds {MOST}"
        problems.add("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
    if sum(len(c.get("content") or "") for _, c in found if c["type"] == TEXT) > DISPLAYED:
        text = f"The total displayable text size exceeds {DISPLAYED}"
        problems.add("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)


def check_modal(problems: Problems, modal: Json) -> None:
    """Check the data of a callback of type 9."""
    problems.text("title", modal.get("title"), 45, least=1)
    problems.text("custom_id", modal.get("custom_id"), 100, least=1)
    check_components(problems, modal.get("components") or [], "modal")


def _walk(
    problems: Problems, path: str, components: list[Any], allowed: frozenset[int], kind: str
) -> Iterator[tuple[str, Json]]:
    for i, component in enumerate(components):
        at = f"{path}.{i}"
        what = component.get("type") if isinstance(component, dict) else None
        if what not in allowed:
            text = f'Value of field "type" must be one of {sorted(allowed)}.'
            problems.add(f"{at}.type", "UNION_TYPE_CHOICES", text)
            continue
        yield at, component
        for field, inner, least, most in _NESTS.get(what, ()):
            value = component.get(field) or []
            children = value if isinstance(value, list) else [value]
            problems.count(f"{at}.{field}", children, most, least)
            wide = what == ROW and len(children) > 1
            if wide and any(c.get("type") != BUTTON for c in children):
                problems.add(at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The row is too wide")
            allowed_inside = _IN_FORM_ROW if (what, kind) == (ROW, "modal") else inner
            yield from _walk(problems, f"{at}.{field}", children, allowed_inside, kind)


def _check_custom_id(problems: Problems, path: str, component: Json, seen: set[str]) -> None:
    if component["type"] in _WITHOUT_ID:
        return
    style = component.get("style") if component["type"] == BUTTON else None
    if style == PREMIUM:
        return
    if component["type"] == BUTTON and not component.get("label") and not component.get("emoji"):
        problems.add(path, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")
    if style == LINK:
        problems.text(f"{path}.url", component.get("url"), 512, least=1)
        return
    custom_id = component.get("custom_id")
    problems.text(f"{path}.custom_id", custom_id, 100, least=1)
    if custom_id in seen:
        text = "Component custom id cannot be duplicated"
        problems.add(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", text)
    seen.add(str(custom_id))


def _check_options(problems: Problems, path: str, component: Json) -> None:
    if component["type"] not in _OPTIONS:
        return
    least, most = _OPTIONS[component["type"]]
    options = component.get("options") or []
    problems.count(f"{path}.options", options, most, least)
    for i, option in enumerate(options):
        for field, needed in (("label", 1), ("value", 1), ("description", 0)):
            problems.text(f"{path}.options.{i}.{field}", option.get(field), 100, needed)
    if len({option.get("value") for option in options}) < len(options):
        text = "The specified option value is already used"
        problems.add(f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text)
    if (component.get("max_values") or 1) > len(options):
        text = "max_values must not be more than the number of options"
        problems.add(f"{path}.max_values", "NUMBER_TYPE_MAX", text)
