"""A page: one Discord message as data, and its Components V2 form.

Model text stands alone in a container; everything of ours stands outside it, where no model
text can imitate it. Plain dictionaries, not `discord.ui` views: a view is kept by the library for
each edit that carried a button, and building one costs more than the edit's own JSON. Buttons are
found by their custom_id (`bot.present.controls`), so nothing needs to be kept.

Numbers: Discord's documentation, components/reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

TEXT_LIMIT = 4000
"""Characters of text in one message, over all its components."""
LABEL_LIMIT = 80
CUSTOM_ID_LIMIT = 100
ROW_LIMIT = 5
ALT_LIMIT = 1024

Component = dict[str, Any]

_ROW, _BUTTON, _SELECT, _WRITING, _TEXT = 1, 2, 3, 4, 10
_GALLERY, _FILE, _CONTAINER, _LABEL = 12, 13, 17, 18
_ROLES, _CHANNELS = 6, 8
_PARAGRAPH = 2
# Where people write: text, voice and announcement channels, and forums.
_WRITABLE = [0, 2, 5, 15]


class Style(IntEnum):
    """How a button looks."""

    PRIMARY = 1
    SECONDARY = 2
    DANGER = 4


@dataclass(frozen=True, slots=True)
class Button:
    """A button; `custom_id` says what a press means, see `bot.present.controls`."""

    label: str
    custom_id: str
    style: Style = Style.SECONDARY
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a select."""

    label: str
    value: str
    description: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A list to choose one from."""

    placeholder: str
    custom_id: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Picker:
    """A list of the server's channels or roles to choose up to `most` from, or none."""

    placeholder: str
    custom_id: str
    roles: bool
    chosen: tuple[int, ...] = ()
    most: int = 25


@dataclass(frozen=True, slots=True)
class Form:
    """A form with one line to write on; what is written comes back under `custom_id`."""

    title: str
    custom_id: str
    label: str
    description: str
    longest: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A file beside the text; one with `alt`, what it shows in words, is shown as a picture."""

    name: str
    data: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A model's text in a container of its own colour (RGB), below a line of ours."""

    head: str
    body: str
    colour: int


@dataclass(frozen=True, slots=True)
class Page:
    """One message: our lines above, the model's text or several boxes, our lines below, controls.

    `ping` is a role that may be pinged by our own line that names it; else nobody is.
    Two equal pages look the same, so that an edit from one to the other can be left out.
    """

    above: tuple[str, ...] = ()
    body: str = ""
    below: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    select: Select | Picker | None = None
    file: Attached | None = None
    boxes: tuple[Box, ...] = ()
    files: tuple[Attached, ...] = ()
    selects: tuple[Select, ...] = ()
    ping: int | None = None

    @property
    def attached(self) -> tuple[Attached, ...]:
        """Every file that goes with it."""
        return (self.file, *self.files) if self.file is not None else self.files


def components(page: Page) -> list[Component]:
    """Return the page as Components V2; never empty, never over Discord's limit of text."""
    room = TEXT_LIMIT - len(page.body[:TEXT_LIMIT]) - sum(len(box.body) for box in page.boxes)
    made: list[Component] = []
    for line in page.above:
        room -= _add_text(made, line, room)
    if page.body.strip():
        body = {"type": _TEXT, "content": page.body[:TEXT_LIMIT]}
        made.append({"type": _CONTAINER, "components": [body]})
    for box in page.boxes:
        room -= _add_text(made, box.head, room)
        if box.body.strip():
            text = {"type": _TEXT, "content": box.body}
            colour = {"accent_color": box.colour}
            made.append({"type": _CONTAINER, "components": [text], **colour})
    for line in page.below:
        room -= _add_text(made, line, room)
    made += [_attached(file) for file in page.attached]
    for select in (page.select, *page.selects):
        if select is not None:
            made.append({"type": _ROW, "components": [_select(select)]})
    for at in range(0, len(page.buttons), ROW_LIMIT):
        row = [_button(button) for button in page.buttons[at : at + ROW_LIMIT]]
        made.append({"type": _ROW, "components": row})
    return made or [{"type": _TEXT, "content": "…"}]


def form(wanted: Form) -> dict[str, Any]:
    """Return a form as the data of a modal. The writing may be left empty."""
    writing = {
        "type": _WRITING,
        "custom_id": "text",
        "style": _PARAGRAPH,
        "required": False,
        "max_length": wanted.longest,
    }
    label = {
        "type": _LABEL,
        "label": wanted.label[:45],
        "description": wanted.description[:100],
        "component": writing,
    }
    return {"custom_id": wanted.custom_id, "title": wanted.title[:45], "components": [label]}


def _add_text(made: list[Component], line: str, room: int) -> int:
    """Add a line as far as there is room; return its length."""
    content = line[: max(room, 0)]
    if not content.strip():
        return 0
    made.append({"type": _TEXT, "content": content})
    return len(content)


def _attached(file: Attached) -> Component:
    media = {"url": f"attachment://{file.name}"}
    if not file.alt:
        return {"type": _FILE, "file": media}
    return {"type": _GALLERY, "items": [{"media": media, "description": file.alt[:ALT_LIMIT]}]}


def _button(button: Button) -> Component:
    return {
        "type": _BUTTON,
        "style": int(button.style),
        "label": button.label[:LABEL_LIMIT],
        "custom_id": button.custom_id,
        "disabled": button.disabled,
    }


def _select(select: Select | Picker) -> Component:
    if isinstance(select, Picker):
        return _picker(select)
    options = [
        {
            "label": choice.label[:100],
            "value": choice.value[:100],
            "default": choice.chosen,
            **({"description": choice.description[:100]} if choice.description else {}),
        }
        for choice in select.choices[:25]
    ]
    return {
        "type": _SELECT,
        "custom_id": select.custom_id,
        "placeholder": select.placeholder[:150],
        "options": options,
    }


def _picker(picker: Picker) -> Component:
    kind = "role" if picker.roles else "channel"
    return {
        "type": _ROLES if picker.roles else _CHANNELS,
        "custom_id": picker.custom_id,
        "placeholder": picker.placeholder[:150],
        "min_values": 0,
        "max_values": picker.most,
        "default_values": [
            {"id": str(each), "type": kind} for each in picker.chosen[: picker.most]
        ],
        **({} if picker.roles else {"channel_types": _WRITABLE}),
    }
