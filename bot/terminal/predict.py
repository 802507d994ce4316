"""Predict first, in the terminal: what will each contender do? Asked before any of them runs."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output

from bot.board import Board
from bot.panes import DemoEvent, Opened
from bot.predicting import RULES, Outcome, Predictions, held_by, in_words
from bot.terminal.screen import Screen

ALONE = 0
"""The one who sits at the terminal."""


async def predicted(
    events: AsyncGenerator[DemoEvent], screen: Screen
) -> tuple[AsyncGenerator[DemoEvent], Predictions]:
    """Ask when the demo is set; return the stream, whole, and what was foreseen."""
    predictions = Predictions()
    first = await anext(events)
    if isinstance(first, Opened):
        await _ask(first, predictions, screen)
    predictions.closed = True
    return _whole(first, events), predictions


async def _whole(first: DemoEvent, events: AsyncGenerator[DemoEvent]) -> AsyncGenerator[DemoEvent]:
    yield first
    async with aclosing(events):
        async for event in events:
            yield event


async def _ask(opened: Opened, predictions: Predictions, screen: Screen) -> None:
    """Let a number be typed for each contender; Enter passes one over, Ctrl-D all the rest."""
    known = list(Outcome)
    screen.tell(f"> {opened.prompt}")
    screen.tell("What will each of them do? Type a number; Enter passes.", style="bold")
    for number, outcome in enumerate(known, 1):
        screen.tell(f"  {number} {outcome}: {RULES[outcome]}")
    # Questions go to standard error, as all that is no answer does.
    session: PromptSession[str] = PromptSession(output=create_output(stdout=sys.stderr))
    for pane, seat in enumerate(opened.seats):
        while seat.installed:
            try:
                typed = (await session.prompt_async(f"{seat.contender.name} › ")).strip()
            except EOFError:
                return
            if typed.isdecimal() and 1 <= int(typed) <= len(known):
                predictions.take(ALONE, pane, known[int(typed) - 1])
            elif typed:
                screen.tell(f"A number from 1 to {len(known)}, or Enter.")
                continue
            break


def tell_who_was_right(predictions: Predictions, board: Board, screen: Screen) -> None:
    """Say what each contender did, and which of it was foreseen."""
    picks = predictions.of(ALONE)
    for pane, held in held_by(board).items():
        foreseen = picks.get(pane)
        verdict = {True: "as you said", False: f"you said: {foreseen}"}[foreseen in held]
        told = "" if foreseen is None else f" ({verdict})"
        screen.say(f"{board.panes[pane].seat.contender.name} {in_words(held)}{told}.")
    for score in predictions.scores(board):
        screen.say(f"You were right about {score.right} of {score.of}.", style="bold")
