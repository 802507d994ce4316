"""The calculators' pictures, as PNG on a ground of their own, alike on dark and on light pages.

matplotlib is imported on the first call and draws for some tenths of a second: call these through
a door.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from bot.calculators.breakeven import Comparison
from bot.calculators.tokens import Cut, Piece, pieces
from bot.calculators.vram import Load, Memory
from bot.chart import FAINT, GROUND, INK
from bot.cost import amount_of
from knowledge.hardware import Hardware

if TYPE_CHECKING:  # imported for real where a picture is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WEIGHTS, CACHE, OVERHEAD = "#5aa9e6", "#f2b134", "#9aa5b1"
FITS, TOO_SMALL = "#59c98c", "#e5735f"
RENTED, OWNED = "#f2b134", "#5aa9e6"
TOKENS = ("#24527a", "#6b4a12", "#1f5c40", "#6a2d4f", "#4a3b7a")
"""Grounds of neighbouring tokens, each dark enough for the ink."""
COLUMNS, LINES = 80, 24
"""Characters of a line, and lines, in the picture of tokens."""
_WIDTH, _DPI, _CELL = 8.0, 150, 14
"""Inches of a picture, pixels of an inch, and pixels of a letter: a whole number, as drawn."""
_FONT, _LETTER = "DejaVu Sans Mono", 0.602
"""The font that matplotlib brings, and the width of its letters for one of size."""


def draw_vram(wanted: Load, needed: Memory, hardware: Hardware) -> bytes:
    """Draw what is needed as one bar, and each card as a bar that it fits into or does not."""
    figure, axes = _canvas(1.5 + 0.42 * (len(hardware.cards) + 1))
    left = 0.0
    parts = (
        ("weights", needed.weights, WEIGHTS),
        ("KV cache", needed.cache, CACHE),
        ("overhead", needed.overhead, OVERHEAD),
    )
    most = max(needed.whole, *(card.bytes for card in hardware.cards)) / 1e9
    for name, size, colour in parts:
        told = f"{name}, {size / 1e9:.1f} GB"
        axes.barh(0, size / 1e9, left=left, color=colour, height=0.62, label=told)
        left += size / 1e9
    _beside(axes, 0, left, most, f"{left:.1f} GB")
    for row, card in enumerate(hardware.cards, 1):
        size, fits = card.bytes / 1e9, needed.fits(card)
        colour = FITS if fits else TOO_SMALL
        axes.barh(row, size, height=0.5, facecolor="none", edgecolor=colour, linewidth=1.8)
        _beside(axes, row, size, most, "fits" if fits else "too small", colour)
    axes.axvline(left, color=INK, linewidth=0.9, linestyle=":")
    names = ["needed", *(card.name for card in hardware.cards)]
    axes.set_yticks(range(len(names)), names, color=INK, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, most * 1.16)
    axes.set_xlabel("GB (a billion bytes)", color=INK, fontsize=9)
    axes.grid(axis="x", color=FAINT, alpha=0.25)
    title = f"{wanted.name}, {wanted.stored}, {wanted.context:,} tokens × {wanted.together}"
    return _finished(figure, title, columns=3)


def draw_breakeven(found: Comparison) -> bytes:
    """Draw what renting and owning have cost by month, and where the lines meet."""
    figure, axes = _canvas(4.4)
    months = (0, found.months)
    currency = found.rate.currency
    for name, colour, style, cost in (
        ("rented", RENTED, "-", found.rented),
        ("owned", OWNED, "--", found.owned),
    ):
        axes.plot(months, [cost(month) for month in months], style, color=colour, lw=2, label=name)
        end = amount_of(cost(found.months), currency).replace("$", r"\$")
        axes.text(found.months * 1.01, cost(found.months), end, color=colour, fontsize=9)
    title, met = "Rent or own", found.breakeven
    if met is not None and met <= found.months:
        axes.scatter(met, found.rented(met), color=INK, s=42, zorder=3)
        title = f"Rent or own: owning pays after {met:.1f} months"
    axes.set_xlim(0, found.months * 1.18)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("months", color=INK, fontsize=9)
    axes.set_ylabel(f"cost in all, {currency}", color=INK, fontsize=9)
    axes.grid(color=FAINT, alpha=0.25)
    return _finished(figure, title, columns=2)


def draw_tokens(cut: Cut) -> bytes:
    """Draw the text with neighbouring tokens on different grounds; a long one is cut short."""
    rows, left_out = _laid_out(pieces(cut))
    height = 0.6 + 0.27 * len(rows)
    figure, axes = _canvas(height)
    width = COLUMNS * _CELL / _DPI / _WIDTH
    axes.set_position((0.02, 0.1 / height, width, 0.27 * len(rows) / height))
    size = _CELL / _DPI * 72 / _LETTER
    for colour, places in _grounds(rows).items():
        lines, columns = zip(*places, strict=True)
        axes.barh(lines, 1, left=columns, align="center", height=0.86, color=colour)
    for line, row in enumerate(rows):
        shown = "".join(letter for letter, _ in row).replace("$", r"\$")
        axes.text(0, line, shown, color=INK, family=_FONT, fontsize=size, va="center_baseline")
    axes.set_xlim(0, COLUMNS)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_axis_off()
    more = f"; the last {left_out:,} characters are not drawn" if left_out else ""
    return _finished(figure, f"{len(cut.tokens):,} tokens by {cut.by}{more}", fixed=True)


_Row = list[tuple[str, int | None]]
"""Letters, each with the number of its piece; None for one of no token."""


def _laid_out(found: tuple[Piece, ...]) -> tuple[list[_Row], int]:
    """Return the lines, and how many characters have no room on them."""
    rows: list[_Row] = [[]]
    left_out, glyphs = 0, _glyphs()
    for number, piece in enumerate(found):
        sign = f"{piece.text}×{piece.tokens}" if piece.tokens > 1 else piece.text
        for letter in _drawable(sign, glyphs):
            if letter == "\n" or len(rows[-1]) == COLUMNS:
                rows.append([])
            if letter != "\n" and len(rows) <= LINES:
                rows[-1].append((letter, number if piece.tokens else None))
            left_out += letter != "\n" and len(rows) > LINES
    return rows[:LINES], left_out


def _grounds(rows: Sequence[_Row]) -> dict[str, list[tuple[int, int]]]:
    """Return the lines and columns of the letters on each ground."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line, row in enumerate(rows):
        for column, (_, number) in enumerate(row):
            if number is not None:
                found.setdefault(TOKENS[number % len(TOKENS)], []).append((line, column))
    return found


def _glyphs() -> Container[int]:
    """Return the numbers of the letters that the font has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415  as below

    return get_font(findfont(FontProperties(family=_FONT))).get_charmap()


def _drawable(text: str, glyphs: Container[int]) -> Iterator[str]:
    """Return the letters of a text as the font has them; a break of a line shows a sign first."""
    for letter in text:
        if letter == "\n":
            yield "↵"
            yield "\n"
        elif letter == " ":
            yield "·"
        else:
            yield letter if letter.isprintable() and ord(letter) in glyphs else "□"


def _canvas(height: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes a second
    from matplotlib.figure import Figure  # noqa: PLC0415  as above

    # The object interface: pyplot keeps global state and is not made for threads.
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=GROUND)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=9)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    return figure, axes


def _beside(axes: Axes, row: int, right: float, most: float, text: str, colour: str = INK) -> None:
    axes.text(right + most * 0.012, row, text, color=colour, va="center", fontsize=9)


def _finished(figure: Figure, title: str, *, columns: int = 0, fixed: bool = False) -> bytes:
    """Return the picture: with a title, a legend of so many columns, laid out unless `fixed`."""
    figure.suptitle(title.replace("$", r"\$"), color=INK, fontsize=11, x=0.02, ha="left")
    if columns:
        (axes,) = figure.axes
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="lower right",
            ncols=columns,
            frameon=False,
            labelcolor=INK,
            fontsize=9,
        )
    if not fixed:
        figure.tight_layout(rect=(0, 0.05 if columns else 0, 1, 1))
    made = BytesIO()
    figure.savefig(made, format="png", facecolor=GROUND)
    return made.getvalue()
