"""A sheet: rows as CSV that a spreadsheet opens as text, whatever somebody wrote into a cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return CSV in UTF-8 with its mark; None is an empty cell, and no text is read as a formula.

    Source: OWASP, CSV Injection.
    """
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(head)
    lines.writerows([_cell(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig", "replace")


def _cell(value: object) -> str:
    told = "" if value is None else str(value)
    return f"'{told}" if isinstance(value, str) and told.startswith(_FORMULA) else told
