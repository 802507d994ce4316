"""The picture of a member's progress: answers by day, and what is known and read of each lesson.

It stands on a ground of its own, so that it reads alike on a dark and on a light page. matplotlib
is imported on the first call and draws for some tenths of a second: call it through a door.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from bot.chart import FAINT, GROUND, INK
from bot.scores import MASTERED, SHOWN_DAYS, Progress

if TYPE_CHECKING:  # imported for real where a picture is drawn
    from matplotlib.axes import Axes

RIGHT, WRONG, KNOWN, READ = "#59c98c", "#e5735f", "#5aa9e6", "#f2b134"
MOST = 14
"""Lessons that have room."""
_LONGEST = 40


def draw_progress(progress: Progress) -> bytes:
    """Return the picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes a second
    from matplotlib.figure import Figure  # noqa: PLC0415  as above

    rows = max(1, min(len(progress.begun), MOST))
    below = 0.9 + 0.42 * rows
    # The object interface: pyplot keeps global state and is not made for threads.
    figure = Figure(figsize=(8.0, 2.6 + below), dpi=150, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    days, lessons = figure.subplots(2, 1, height_ratios=(2.0, below))
    for axes in (days, lessons):
        axes.set_facecolor(GROUND)
        axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9)
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
    _draw_days(days, progress)
    _draw_lessons(lessons, progress)
    row = progress.streak.now
    title = f"{progress.points:,} points, {row} {'day' if row == 1 else 'days'} in a row"
    figure.suptitle(title, color=INK, fontsize=12, x=0.02, ha="left")
    made = BytesIO()
    figure.savefig(made, format="png", facecolor=GROUND)
    return made.getvalue()


def _draw_days(axes: Axes, progress: Progress) -> None:
    """Draw right and wrong answers of each day; hatched is wrong, for who does not see the hues."""
    right = [one[1] for one in progress.days]
    wrong = [one[2] for one in progress.days]
    places = range(len(progress.days))
    axes.bar(places, right, color=RIGHT, width=0.8, label="right")
    above = axes.bar(places, wrong, bottom=right, color=WRONG, width=0.8, label="wrong")
    for bar in above:
        bar.set(hatch="///", edgecolor=GROUND, linewidth=0)
    weekly = [place for place in places if (SHOWN_DAYS - 1 - place) % 7 == 0]
    names = [progress.days[place][0].strftime("%d %b") for place in weekly]
    axes.set_xticks(weekly, names)
    axes.set_xlim(-0.7, len(progress.days) - 0.3)
    most = max(4, *map(sum, zip(right, wrong, strict=True)))
    axes.set_ylim(0, most * 1.1)
    axes.set_yticks(range(0, most + 1, -(-most // 4)))
    axes.set_ylabel("answers a day", color=INK, fontsize=9)
    axes.grid(axis="y", color=FAINT, alpha=0.25)
    _add_legend(axes)


def _draw_lessons(axes: Axes, progress: Progress) -> None:
    """Draw two bars for each lesson: the questions that are known, and the sections read."""
    begun = progress.begun[:MOST]
    for row, one in enumerate(begun):
        read = 100 * one.read / one.sections if one.sections else 0.0
        first = row == 0
        axes.barh(row - 0.17, 100 * one.part, 0.34, color=KNOWN, label="known" if first else None)
        axes.barh(row + 0.2, read, 0.2, color=READ, label="read" if first else None)
        told = f"{one.right}/{one.questions} known" if one.questions else "no questions"
        axes.text(101, row - 0.19, told, color=INK, va="center", fontsize=8)
        told = f"{one.read}/{one.sections} read"
        axes.text(101, row + 0.24, told, color=INK, va="center", fontsize=8)
    names = [_short(one.title).replace("$", r"\$") for one in begun]
    axes.set_yticks(range(len(begun)), names, color=INK, fontsize=9)
    axes.set_ylim(max(len(begun), 1) - 0.4, -0.6)
    axes.set_xlim(0, 117)
    axes.set_xticks(range(0, 101, 20))
    axes.axvline(100 * MASTERED, color=INK, linewidth=0.9, linestyle=":")
    more = len(progress.begun) - len(begun)
    left_out = f"\n{more} more lessons are not drawn" if more else ""
    axes.set_xlabel(
        f"per cent of a lesson's questions and sections; mastered from the dotted line{left_out}",
        color=INK,
        fontsize=9,
    )
    axes.grid(axis="x", color=FAINT, alpha=0.25)
    if begun:
        _add_legend(axes)


def _add_legend(axes: Axes) -> None:
    """Tell the colours above what they stand for."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        frameon=False,
        labelcolor=INK,
        fontsize=9,
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"
