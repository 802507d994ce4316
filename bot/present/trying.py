"""Trying it: the button beneath an answer that runs the demo which shows what was answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.present.components import Button, Style

Suggest = Callable[[Sequence[str]], str | None]
"""Names the demo that shows what one of these passages (their ids) explains, if there is one."""


def no_demo(_cited: Sequence[str]) -> str | None:
    """Suggest none."""
    return None


def try_it(demo: str) -> Button:
    """Return the button; it names the demo, so nothing needs to be remembered for it."""
    return Button("Try it", f"demo:try:{demo}", Style.PRIMARY)
