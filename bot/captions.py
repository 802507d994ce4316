"""Captions: what stands at a pane in words, the same in every front end."""

from __future__ import annotations

import datetime as dt

from bot.board import Board, Pane, PaneState
from bot.cost import cost_line
from bot.panes import Figures

_MINUTE = 60.0

_ENDED = {
    "stop": "ended by itself",
    "length": "cut at the bound",
    "cut": "cut by the engine",
    "time": "cut after its time",
    "loop": "cut, it repeated itself",
    "filter": "cut by the provider's filter",
    "failed": "failed",
    "stopped": "stopped",
}


def state_line(pane: Pane) -> str:
    """Say how far a pane is, with what is counted now."""
    before = f", {pane.position} before it" if pane.position else ""
    return {
        PaneState.WAITING: f"⏳ waiting {pane.seconds:.0f} s{before}",
        PaneState.LOADING: f"📦 loading {pane.seconds:.0f} s",
        PaneState.THINKING: f"💭 thinking {pane.seconds:.0f} s, {pane.thought} tokens so far",
        PaneState.WRITING: f"✍️ writing {pane.seconds:.0f} s, {pane.wrote} tokens so far",
        PaneState.DONE: "✅ done",
        PaneState.CUT: f"✂️ {_ended(pane.figures)}",
        PaneState.FAILED: "⚠️ failed",
    }[pane.state]


def figures_line(figures: Figures | None) -> str:
    """Say what a text cost, from the engine's own counters."""
    if figures is None:
        return ""
    parts = []
    if figures.first_token_seconds is not None:
        parts.append(f"first token {figures.first_token_seconds:.1f} s")
    if figures.load_seconds >= 0.05:  # noqa: PLR2004  less is no load from disk
        parts.append(f"load {figures.load_seconds:.1f} s")
    if figures.thinking_tokens:
        parts.append(f"{figures.thinking_tokens} thinking + {figures.answer_tokens} answer tokens")
    else:
        parts.append(f"{figures.answer_tokens} tokens")
    if figures.tokens_per_second:
        parts.append(f"{figures.tokens_per_second:.0f} tokens/s")
    parts.append(_ended(figures))
    parts += [line for line in (cost_line(figures.cost),) if line]
    return ", ".join(parts)


def queue_line(board: Board) -> str:
    """Say where the demo stands in the queue; empty when it does not wait."""
    if board.waiting is None:
        return ""
    place, seconds = board.waiting.position, board.waiting.expected_seconds
    turn = "Next in the queue" if place == 1 else f"{place - 1} demos before this one"
    if seconds is None:
        return f"{turn}."
    about = f"{max(1, round(seconds))} s" if seconds < _MINUTE else f"{seconds / _MINUTE:.0f} min"
    return f"{turn}, about {about}."


def recording_line(board: Board) -> str:
    """Say that what is shown is a recording, if it is."""
    if board.opened is None or board.opened.recorded is None:
        return ""
    moment = f"{board.opened.recorded.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    if board.opened.uploaded:
        return f"A recording of {moment} from a file, not a live run: nobody checked who wrote it."
    return f"A recording of {moment}, not a live run."


def figures_text(board: Board) -> str:
    """Say the figures of all panes in one text, for who cannot see the chart."""
    return " ".join(
        f"{pane.seat.contender.name} ({pane.seat.contender.tag}): {figures_line(pane.figures)}."
        for pane in board.panes
    )


def _ended(figures: Figures | None) -> str:
    return _ENDED[figures.ended] if figures else "ended"
