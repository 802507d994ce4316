"""What Discord refuses in a message, a modal or a list of choices (error 50035).

Numbers: Discord's documentation, resources/message, components/reference and
interactions/application-commands, as of 2026-08. The sum of 4000 characters over all text
displays is what Discord answers and discord.py documents (`LayoutView.content_length`).
"""

from collections.abc import Mapping
from typing import Any

from tests.doubles.discord.wire import ApiError, Json, Upload

CONTENT = 2000
EMBEDS = 10
EMBED_TEXT = 6000
CHOICES = 25
FILES = 10
FILE_BYTES = 10 * 2**20
REQUEST_BYTES = 25 * 2**20

_EMBED_LENGTHS = {"title": 256, "description": 4096, "footer.text": 2048, "author.name": 256}
_FIELD_LENGTHS = {"name": 256, "value": 1024}


class Problems:
    """Collects what is wrong in a form, in the shape of Discord's `errors` object."""

    def __init__(self) -> None:
        self.errors: Json = {}

    def add(self, path: str, code: str, message: str) -> None:
        """Something is wrong at a dotted path, such as `components.0.label`."""
        at = self.errors
        for part in path.split("."):
            at = at.setdefault(part, {})
        at.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, path: str, value: Any, most: int, least: int = 0) -> None:
        """Check a text's length; None passes unless at least one character is needed."""
        if value is None and not least:
            return
        if not isinstance(value, str) or not value:
            if least:
                self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
            return
        if len(value) > most:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def count(self, path: str, items: Any, most: int, least: int = 0) -> None:
        """Check a list's length."""
        if not least <= len(items or ()) <= most:
            message = f"Must be between {least} and {most} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", message)

    def settle(self) -> None:
        """Raise ApiError 50035 with everything found."""
        if self.errors:
            raise ApiError(400, 50035, "Invalid Form Body", self.errors)


def check_plain(problems: Problems, message: Json) -> None:
    """Content, embeds and polls of a message without Components V2."""
    problems.text("content", message.get("content"), CONTENT)
    embeds = message.get("embeds") or []
    problems.count("embeds", embeds, EMBEDS)
    total = 0
    for i, embed in enumerate(embeds):
        total += _check_embed(problems, f"embeds.{i}", embed)
    if total > EMBED_TEXT:
        message_text = f"Embed size exceeds maximum size of {EMBED_TEXT}"
        problems.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message_text)


def _check_embed(problems: Problems, path: str, embed: Json) -> int:
    """Check one embed; its number of characters that count towards the total."""
    total = 0
    for name, most in _EMBED_LENGTHS.items():
        outer, _, inner = name.partition(".")
        value = (embed.get(outer) or {}).get(inner) if inner else embed.get(outer)
        problems.text(f"{path}.{name}", value, most)
        total += len(value or "")
    fields = embed.get("fields") or []
    problems.count(f"{path}.fields", fields, 25)
    for i, item in enumerate(fields):
        for name, most in _FIELD_LENGTHS.items():
            problems.text(f"{path}.fields.{i}.{name}", item.get(name), most, least=1)
            total += len(item.get(name) or "")
    return total


def check_v2(problems: Problems, message: Json) -> None:
    """Check that a message with Components V2 has none of the older fields."""
    for name in ("content", "embeds", "poll", "sticker_ids"):
        if message.get(name):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            text = "The MESSAGE_FLAGS.IS_COMPONENTS_V2 flag does not allow this field"
            problems.add(name, code, text)


def check_allowed_mentions(problems: Problems, allowed: Json | None) -> None:
    """`parse` and the list of the same kind exclude each other."""
    for kind in ("users", "roles"):
        if allowed and kind in (allowed.get("parse") or ()) and allowed.get(kind):
            text = f"parse:[{kind}] and {kind}: [ids...] are mutually exclusive."
            problems.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def check_files(files: Mapping[int, Upload]) -> None:
    """Raise ApiError 40005 for a file or request that is too large."""
    sizes = [len(file.data) for file in files.values()]
    if sum(sizes) > REQUEST_BYTES or any(size > FILE_BYTES for size in sizes):
        raise ApiError(413, 40005, "Request entity too large")


def check_choices(choices: list[Json]) -> None:
    """Check the answer to an autocomplete. Raises ApiError 50035."""
    problems = Problems()
    problems.count("data.choices", choices, CHOICES)
    for i, choice in enumerate(choices):
        problems.text(f"data.choices.{i}.name", choice.get("name"), 100, least=1)
        if isinstance(choice.get("value"), str):
            problems.text(f"data.choices.{i}.value", choice["value"], 100, least=1)
    problems.settle()


def check_thread_name(name: Any) -> None:
    """Check a thread's or forum post's name. Raises ApiError 50035."""
    problems = Problems()
    problems.text("name", name, 100, least=1)
    problems.settle()
