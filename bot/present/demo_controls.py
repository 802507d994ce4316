"""The controls of a demo: what stands beneath it while it runs and when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bot.board import Board
from bot.present.components import Button, Choice, Select, Style
from knowledge.stage import Stage

FAMILY = "demo"


class Verb(StrEnum):
    """What a button of a demo does; the second part of its custom_id."""

    STOP = "stop"
    SAW = "saw"
    THINKING = "thinking"
    TEXTS = "texts"
    WHY = "why"
    AGAIN = "again"
    REFRAME = "reframe"
    REPLAY = "replay"
    EXPORT = "export"
    LINEUP = "lineup"
    TRY = "try"


def custom_id(verb: Verb, what: str) -> str:
    """Return the custom_id of a control: of a demo by its id, `TRY` by the name of its demo."""
    return f"{FAMILY}:{verb}:{what}"


def stop_button(request_id: str) -> Button:
    """Return what ends a running demo."""
    return Button("Stop", custom_id(Verb.STOP, request_id), Style.DANGER)


def texts_button(request_id: str) -> Button:
    """Return what shows the whole texts."""
    return Button("Whole texts", custom_id(Verb.TEXTS, request_id))


def ended_buttons(board: Board, request_id: str) -> tuple[Button, ...]:
    """Return what looks behind an ended demo, and what runs it again; a recording has no again."""
    opened = board.opened
    if opened is None:
        return ()

    def button(label: str, verb: Verb) -> Button:
        return Button(label, custom_id(verb, request_id))

    made = [button("What it saw", Verb.SAW)]
    if any(pane.thinking for pane in board.panes):
        made.append(button("Thinking", Verb.THINKING))
    if any(pane.text for pane in board.panes):
        made.append(texts_button(request_id))
    made += [button("Read why", Verb.WHY), button("Export", Verb.EXPORT)]
    if opened.recorded is not None:
        return tuple(made)
    made.append(button("Again", Verb.AGAIN))
    if opened.form == "plain" and any(s.contender.stage is Stage.BASE for s in opened.seats):
        made.append(button("Reframe", Verb.REFRAME))
    return (*made, button("Replay", Verb.REPLAY))


def lineup_select(
    board: Board, request_id: str, lineups: Sequence[tuple[str, str]]
) -> Select | None:
    """Return what runs an ended demo with another line-up, of `lineups` as (name, title)."""
    opened = board.opened
    if not board.ended or not lineups or opened is None or opened.recorded:
        return None
    choices = tuple(Choice(title, name) for name, title in lineups)
    return Select("Again with another line-up", custom_id(Verb.LINEUP, request_id), choices)
