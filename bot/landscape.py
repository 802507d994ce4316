"""The landscape as a picture: which system has a build at which stage, alive or retired.

The picture has an opaque ground of its own, so that it reads the same on dark and on light pages,
and tells by shape as well as by colour.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.roster import Ecosystem, System
from knowledge.stage import Stage

if TYPE_CHECKING:  # imported for real in draw_landscape: matplotlib takes a second
    from matplotlib.axes import Axes

GROUND, INK, FAINT, GONE = "#f7f5f0", "#22252a", "#cfcabf", "#77736a"
COLOUR = {Ecosystem.FRONTIER: "#b4471f", Ecosystem.OPEN_WEIGHT: "#1f6f8b"}
WIDTH, ROW, ABOVE, BELOW = 8.6, 0.34, 0.95, 0.5
"""Inches: of the picture, of a row, of what stands above the rows and below them."""

KEY = "●  a build, alive      ×  a build, retired      ◇  only a relative's build      –  none"

Row = Ecosystem | System


def draw_landscape(systems: Sequence[System]) -> bytes:
    """Return a PNG. Blocks for about a second: call it in a thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  see above
    from matplotlib.figure import Figure  # noqa: PLC0415  see above

    rows = _rows(systems) or list[Row](Ecosystem)
    height = ABOVE + ROW * len(rows) + BELOW
    figure = Figure(figsize=(WIDTH, height), dpi=150, facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.2, BELOW / height, 0.78, ROW * len(rows) / height), facecolor=GROUND)
    _rule(axes, rows)
    for place, row in enumerate(rows):
        if isinstance(row, System):
            _draw(axes, place, row)
    checked = min((system.checked for system in systems), default="never")
    title = f"The LLM landscape, checked {checked}"
    figure.text(0.02, 1 - 0.15 / height, title, color=INK, fontsize=13, va="top")
    figure.text(0.02, 0.15 / height, KEY, color=INK, fontsize=9.5)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _rows(systems: Sequence[System]) -> list[Row]:
    """Return each ecosystem that has systems, followed by them, the living before the retired."""
    rows: list[Row] = []
    for ecosystem in Ecosystem:
        members = [system for system in systems if system.ecosystem is ecosystem]
        rows += [ecosystem, *sorted(members, key=lambda s: not s.alive)] if members else []
    return rows


def _rule(axes: Axes, rows: Sequence[Row]) -> None:
    """Set the columns, one a stage, and the rows with their names."""
    axes.set(xlim=(-0.5, len(Stage) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xticks(range(len(Stage)), [str(stage) for stage in Stage], color=INK, fontsize=11)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, label in zip(rows, axes.get_yticklabels(), strict=True):
        if isinstance(row, Ecosystem):
            label.set(color=COLOUR[row], fontweight="bold")
        else:
            label.set_color(INK if row.alive else GONE)


def _name(row: Row) -> str:
    return str(row) if isinstance(row, Ecosystem) else row.name


def _draw(axes: Axes, place: int, system: System) -> None:
    axes.axhline(place, color=FAINT, linewidth=0.6, zorder=0)
    colour = COLOUR[system.ecosystem]
    for column, stage in enumerate(Stage):
        builds = [build for build in system.builds if build.stage is stage]
        own = any(build.kin is None for build in builds)
        if own and system.alive:
            axes.scatter(column, place, s=95, color=colour)
        elif own:
            axes.scatter(column, place, s=75, marker="x", color=GONE, linewidths=2)
        elif builds:
            axes.scatter(column, place, s=60, marker="D", facecolor=GROUND, edgecolor=colour)
        else:
            axes.scatter(column, place, s=60, marker="_", color=GONE)
