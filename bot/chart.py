"""The chart of a demo: where the seconds of each contender went.

It stands on a ground of its own, so that it reads alike on a dark and on a light page. matplotlib
is imported on the first call and draws for some tenths of a second: call it through a door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # all that a demo is made of; a calculator's picture needs none of it
    from bot.panes import Figures

GROUND, INK, FAINT = "#23272e", "#f2f3f5", "#8b93a1"
PARTS = (
    ("load", "load_seconds", "#9aa5b1"),
    ("prompt", "prompt_seconds", "#5aa9e6"),
    ("thinking", "thinking_seconds", "#f2b134"),
    ("answer", "answer_seconds", "#59c98c"),
)
"""Names, fields and colours, each readable on the ground; a gap parts them for who does not see
their hues, and they stand in the order of the legend."""
_LONGEST_NAME = 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One contender: its name, its model and its figures, None where there are none."""

    name: str
    model: str
    figures: Figures | None


def draw(bars: Sequence[Bar]) -> bytes:
    """Return the chart as PNG: one bar for each contender, in seconds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes a second
    from matplotlib.figure import Figure  # noqa: PLC0415  as above

    # The object interface: pyplot keeps global state and is not made for threads.
    figure = Figure(figsize=(8.0, 1.25 + 0.62 * len(bars)), dpi=150, facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=GROUND)
    longest = max((_total(bar.figures) for bar in bars), default=0.0) or 1.0
    for row, bar in enumerate(bars):
        left = 0.0
        for name, field, colour in PARTS:
            seconds = getattr(bar.figures, field) if bar.figures else 0.0
            label = name if row == 0 else None
            drawn = axes.barh(row, seconds, left=left, color=colour, height=0.62, label=label)
            drawn[0].set(edgecolor=GROUND, linewidth=0.8)
            left += seconds
        told = _told(bar.figures)
        axes.text(left + longest * 0.012, row, told, color=INK, va="center", fontsize=9)
    names = [f"{bar.name}\n{_short(bar.model)}" for bar in bars]
    axes.set_yticks(range(len(bars)), names, color=INK, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, longest * 1.32)
    axes.set_xlabel("seconds", color=INK, fontsize=9)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9)
    axes.grid(axis="x", color=FAINT, alpha=0.25)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="upper center",
        ncols=len(PARTS),
        frameon=False,
        labelcolor=INK,
        fontsize=9,
    )
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    made = BytesIO()
    figure.savefig(made, format="png", facecolor=GROUND)
    return made.getvalue()


def _total(figures: Figures | None) -> float:
    return sum(getattr(figures, field) for _, field, _ in PARTS) if figures else 0.0


def _told(figures: Figures | None) -> str:
    if figures is None:
        return "not run"
    total = _total(figures)
    if figures.ended == "failed":
        return "failed"
    if not total:
        return "not measured"
    tokens = figures.thinking_tokens + figures.answer_tokens
    return f"{total:.1f} s, {tokens} tokens"


def _short(name: str) -> str:
    plain = name.replace("$", r"\$")  # a pair of dollar signs would be read as mathematics
    return plain if len(plain) <= _LONGEST_NAME else f"…{plain[1 - _LONGEST_NAME :]}"
