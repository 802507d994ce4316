"""Prompts: Markdown files with `{{variables}}`, filled strictly and once.

Variables are replaced in a single pass, so nothing that a member, a lesson or
a model wrote is ever read as a template: a `{{name}}` inside a value stays text.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

FOLDER = Path(__file__).parent

_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


class PromptFault(Exception):
    """A prompt file and the code that fills it disagree; the message says where."""


def load_prompt(name: str, **values: str) -> str:
    """Return the prompt `name` (a file `name.md`) with every variable filled.

    Raises PromptFault when the file is missing, a variable has no value, or a
    value has no variable.
    """
    path = FOLDER / f"{name}.md"
    try:
        text = path.read_text("utf-8").strip()
    except OSError as error:
        raise PromptFault(f"there is no prompt file {path.name}") from error
    wanted = set(_VARIABLE.findall(text))
    missing, unused = wanted - values.keys(), values.keys() - wanted
    if missing:
        raise PromptFault(f"{path.name}: no value is given for {', '.join(sorted(missing))}")
    if unused:
        raise PromptFault(f"{path.name}: nothing uses {', '.join(sorted(unused))}")
    return _VARIABLE.sub(partial(_fill, values), text)


def _fill(values: dict[str, str], found: re.Match[str]) -> str:
    return values[found.group(1)]
