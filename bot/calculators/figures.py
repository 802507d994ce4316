"""Figures that people give: looked at in one way."""

from __future__ import annotations

from bot.errors import FigureInvalid


def within(name: str, value: float, least: float, most: float) -> None:
    """Raise FigureInvalid for what lies outside, and for what is no number."""
    if not least <= value <= most:
        raise FigureInvalid(f"{name.capitalize()} must lie between {least:,.12g} and {most:,.12g}.")
