"""Tables: what a bench hands back, shown on the screen or as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable

Cell = str | int | float | None
"""None = does not apply."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `name` is its key in the JSON object, `title` what the screen shows above it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def records(self) -> list[dict[str, Cell]]:
        """Return each row as an object of the columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def show(tables: Sequence[Table], *, as_json: bool, notes: Sequence[str] = ()) -> None:
    """Print `tables`, and `notes` below them; as JSON, one object with a key for each table."""
    if as_json:
        found: dict[str, object] = {table.name: table.records() for table in tables}
        print(json.dumps(found | {"notes": list(notes)}, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:  # a pipe has no width: show every column whole
        console = Console(highlight=False, width=160)
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left")
        for column in table.columns:
            drawn.add_column(column, justify="left" if column == table.columns[0] else "right")
        for row in table.rows:
            drawn.add_row(*map(_written, row))
        console.print(drawn)
    for note in notes:
        console.print(note, markup=False)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value at `share` (0 to 1) of the sorted `values`, the nearest one."""
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


def _written(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)
