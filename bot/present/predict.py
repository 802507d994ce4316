"""Predict first: what members see of a demo that waits for their predictions, and who was right."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bot.board import Board
from bot.panes import Opened
from bot.predicting import RULES, Outcome, Predictions, held_by, in_words
from bot.present.answer import one_line
from bot.present.components import Button, Choice, Page, Select, Style

FAMILY = "predict"
OPEN, START = "open", "start"
PREDICT_SECONDS = 300.0
"""How long a demo waits for predictions before it starts by itself."""
_NAMED = 8
"""Members who are named in the summary."""


@dataclass(slots=True)
class Forecast:
    """The predictions before a demo, and its start. `until` is in seconds since 1970."""

    predictions: Predictions = field(default_factory=Predictions)
    until: float = 0.0
    _begin: asyncio.Event = field(default_factory=asyncio.Event)

    def invite(self) -> None:
        """Begin to wait for predictions."""
        self.until = time.time() + PREDICT_SECONDS

    def start(self) -> None:
        """Take no more predictions; the demo begins."""
        self.predictions.closed = True
        self._begin.set()

    async def started(self) -> None:
        """Wait until it is started, or has waited long enough."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PREDICT_SECONDS):
                await self._begin.wait()
        self.start()

    def invitation(self) -> str:
        """Return the line that asks for predictions; Discord counts the time down by itself."""
        count = self.predictions.members
        so_far = f" {count} member{'s have' if count > 1 else ' has'} predicted." if count else ""
        return (
            "🔮 **Predict first:** what will each of them do? It starts when who asked for it "
            f"presses Start, or <t:{self.until:.0f}:R>.{so_far}"
        )

    def buttons(self, request_id: str) -> tuple[Button, ...]:
        """Return what opens the predictions, and what starts the demo."""
        return (
            Button("Predict", f"{FAMILY}:{OPEN}:{request_id}", Style.PRIMARY),
            Button("Start", f"{FAMILY}:{START}:{request_id}"),
        )

    def outcome_lines(self, board: Board) -> dict[int, str]:
        """Return what each contender did and how many foresaw it, by contender."""
        lines = {}
        for n, held in held_by(board).items():
            right, of = self.predictions.foreseen(n, held)
            foresaw = f"; {right} of {of} foresaw it" if of else ""
            lines[n] = f"-# 🔮 It {in_words(held)}{foresaw}."
        return lines

    def summary(self, board: Board) -> str:
        """Say who was right; nothing where no contender can be judged."""
        scores = self.predictions.scores(board)
        if not scores:
            return "🔮 Nobody predicted what they would do."
        if not scores[0].of:
            return ""
        named = [f"<@{score.member}> {score.right} of {score.of}" for score in scores[:_NAMED]]
        more = f" and {len(scores) - _NAMED} more" if len(scores) > _NAMED else ""
        return f"🔮 **Who was right:** {', '.join(named)}{more}."


def panel(opened: Opened, forecast: Forecast, member: int, request_id: str) -> Page:
    """Return a member's own predictions, to choose and to change."""
    picks = forecast.predictions.of(member)
    selects = tuple(
        Select(
            f"{one_line(seat.contender.name, 40)} · {one_line(seat.contender.tag, 60)}",
            f"{FAMILY}:{n}:{request_id}",
            tuple(Choice(o.value, o.name, RULES[o], picks.get(n) is o) for o in Outcome),
        )
        for n, seat in enumerate(opened.seats)
        if seat.installed
    )
    chosen = sum(n in picks for n, _ in enumerate(opened.seats))
    lines = (
        "**What will each of them do?** You can change it until the start.",
        f"-# {chosen} of {len(selects)} chosen. Only you see this; the end shows who was right.",
    )
    return Page(lines, selects=selects)
