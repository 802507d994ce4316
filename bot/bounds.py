"""JSON from outside, read within bounds before anything looks at what it means.

A model of a file names every fault of it; of a file with a million of them that takes a minute.
"""

from __future__ import annotations

import json
from typing import Any

LONGEST_TEXT = 200_000
"""Characters of one text."""
LONGEST_LIST = 50
LARGEST_INTEGER = 2**64
LARGEST_FLOAT = 1e12


def read_json(data: bytes, **longer: int) -> Any:
    """Return what `data` says. Raises ValueError with a few words of ours.

    Lists and objects have up to `LONGEST_LIST` items; `longer` names lists that may have more.
    """
    try:
        told = json.loads(data, parse_constant=_refuse)
        fault = _fault(told, LONGEST_LIST, longer)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON, or not whole") from None
    if fault:
        raise ValueError(fault)
    return told


def _refuse(_name: str) -> None:
    """Refuse NaN and Infinity, which JSON does not know and Python's reader takes."""
    raise ValueError


def _fault(value: Any, most: int, longer: dict[str, int]) -> str:
    """Say what is beyond its bound, in a value or inside it; empty where nothing is."""
    match value:
        case str():
            return "a text is too long" if len(value) > LONGEST_TEXT else ""
        case int() | float():
            bound = LARGEST_INTEGER if isinstance(value, int) else LARGEST_FLOAT
            return "" if abs(value) <= bound else "a number is too large"
        case dict() | list() if len(value) > most:
            return "a list is too long"
        case dict():
            parts = ((item, longer.get(name, LONGEST_LIST)) for name, item in value.items())
        case list():
            parts = ((item, LONGEST_LIST) for item in value)
        case _:
            return ""
    return next(filter(None, (_fault(item, bound, longer) for item, bound in parts)), "")
