"""Choices: what an autocomplete offers, in Discord's form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from discord import app_commands

MOST, LONGEST = 25, 100
"""Choices, and characters of one. Source: Discord's documentation of application commands."""

Choices = list[app_commands.Choice[str]]


def choices(found: Iterable[tuple[str, str]]) -> Choices:
    """Return pairs of what a member reads and what the command gets as choices."""
    return [app_commands.Choice(name=title, value=value) for title, value in found]


def named(names: Iterable[str]) -> Choices:
    """Return names that stand for themselves as choices."""
    return choices((name, name) for name in names)


def holding(typed: str, known: Sequence[str]) -> list[str]:
    """Return the names that hold what was typed, as many as can be offered."""
    wanted = typed.strip().casefold()
    return [name for name in known if wanted in name.casefold() and len(name) <= LONGEST][:MOST]
