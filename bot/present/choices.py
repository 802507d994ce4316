"""Choices: what an autocomplete offers, in Discord's form."""

from __future__ import annotations

from collections.abc import Iterable

from discord import app_commands

Choices = list[app_commands.Choice[str]]


def choices(found: Iterable[tuple[str, str]]) -> Choices:
    """Return pairs of what a member reads and what the command gets as choices."""
    return [app_commands.Choice(name=title, value=value) for title, value in found]
