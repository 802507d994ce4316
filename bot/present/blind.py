"""Blind demos: which letter stands for which contender, and what may be seen before the reveal."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.board import ENDED, Board, Pane, PaneState
from bot.present.components import Button, Style

FAMILY = "vote"
LETTERS = "ABCD"
EQUAL, REVEAL = "equal", "reveal"
INVITATION = "🙈 **Blind:** read, then vote for the best. The names come with the reveal."
# Thinking looks like writing: which one thinks would name its stage.
_STATES = {
    PaneState.WAITING: "⏳ waiting",
    PaneState.LOADING: "📦 loading",
    PaneState.THINKING: "✍️ at work",
    PaneState.WRITING: "✍️ at work",
    PaneState.DONE: "✅ done",
    PaneState.CUT: "✂️ cut",
    PaneState.FAILED: "⚠️ failed",
}


@dataclass(slots=True)
class Blind:
    """A blind demo's secret; `result` is what the vote came to.

    `order` is the contenders in the order of their letters, drawn anew for each demo.
    """

    revealed: bool = False
    result: str = ""
    order: list[int] = field(default_factory=list)

    def lettered(self, board: Board) -> list[tuple[str, Pane]]:
        """Return the panes under their letters, in the order in which they are shown."""
        if len(self.order) != len(board.panes):
            self.order = list(range(len(board.panes)))
            secrets.SystemRandom().shuffle(self.order)
        return [(LETTERS[n], board.panes[at]) for n, at in enumerate(self.order)]

    def choices(self, board: Board) -> dict[str, Pane]:
        """Return the panes that can be voted for: those with a text."""
        return {letter: pane for letter, pane in self.lettered(board) if pane.text.strip()}

    def buttons(self, board: Board, request_id: str) -> tuple[Button, ...]:
        """Return what votes."""
        made = [
            Button(letter, f"{FAMILY}:{letter}:{request_id}", Style.PRIMARY)
            for letter in self.choices(board)
        ]
        return (*made, Button("All equal", f"{FAMILY}:{EQUAL}:{request_id}"))


def reveal_button(request_id: str) -> Button:
    """Return what reveals; only who started the demo may press it."""
    return Button("Reveal", f"{FAMILY}:{REVEAL}:{request_id}")


def veiled(letter: str, pane: Pane, seconds: float) -> str:
    """Return the line above a pane that gives nothing away.

    `seconds` are the demo's own: those of a pane's state would tell when it began to answer.
    """
    since = "" if pane.state in ENDED else f", {seconds:.0f} s"
    return f"**{letter}**\n{_STATES[pane.state]}{since}"


def result_line(counts: Mapping[str, int], choices: Mapping[str, Pane]) -> str:
    """Say how many voted for what; `counts` are by letter, or `EQUAL`."""
    total = sum(counts.values())
    if not total:
        return "🗳️ Nobody voted."
    parts = [
        f"{letter} ({choices[letter].seat.contender.stage}) {counts.get(letter, 0)}"
        for letter in choices
    ]
    parts.append(f"all equal {counts.get(EQUAL, 0)}")
    return f"🗳️ **{total} vote{'s' if total > 1 else ''}:** {', '.join(parts)}"
