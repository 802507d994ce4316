"""Replays: a run card played again with its true timing, always marked as a recording.

Or told at once, as what it was: a demo that ended before the bot was started.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable

from bot.errors import EngineFailed
from bot.events import Failed, Finished, Notice, NoticeKind, Waiting
from bot.model import Delta, Loading
from bot.panes import (
    DemoEvent,
    Figures,
    Measured,
    Opened,
    PaneEvent,
    Planned,
    Prompted,
    Ran,
    Seat,
    Told,
)
from bot.runcard import CardPane, Recorder, RunCard, Step

_LONGEST_PAUSE = 120.0
"""Seconds a replay waits for one step at most."""


async def replay(
    card: RunCard,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    *,
    uploaded: bool = False,
) -> AsyncGenerator[DemoEvent]:
    """Play a card again with its true timing, marked as a recording; `sleep` takes seconds.

    `uploaded`: the card is a file of a member's.
    """
    yield _opened(card, card.recorded, uploaded=uploaded)
    yield Planned(card.plan)
    left = [sum(step.pane == pane for step in card.steps) for pane in range(len(card.contenders))]
    for pane, steps in enumerate(left):
        if not steps:
            for event in _untimed(card.contenders[pane]):
                yield Told(pane, event)
    now = 0.0
    for step in sorted(card.steps, key=lambda step: step.at):
        await sleep(min(max(0.0, step.at - now), _LONGEST_PAUSE))
        now = step.at
        yield Told(step.pane, _event(step, card.contenders[step.pane].model))
        left[step.pane] -= 1
        if not left[step.pane]:
            for event in _ends(card.contenders[step.pane]):
                yield Told(step.pane, event)
    yield Ran()


def recalled(card: RunCard, *, recording: bool, uploaded: bool) -> Recorder:
    """Return what was recorded of an ended demo; `recording`: it was a replay itself."""
    recorder = Recorder.of(card)
    board = recorder.board
    board.take(_opened(card, card.recorded if recording else None, uploaded=uploaded))
    board.take(Planned(card.plan))
    for pane, contender in enumerate(card.contenders):
        for event in _untimed(contender):
            board.take(Told(pane, event))
    board.take(Ran())
    return recorder


def _opened(card: RunCard, recorded: dt.datetime | None, *, uploaded: bool) -> Opened:
    return Opened(
        prompt=card.prompt,
        lineup=card.lineup,
        title=card.title,
        seats=tuple(_seat(pane) for pane in card.contenders),
        form=card.form,
        seed=card.seed,
        temperature=card.temperature,
        num_predict=card.num_predict,
        curated=card.curated,
        fairness=card.fairness,
        notices=card.notices,
        engine_version=card.engine_version,
        recorded=recorded,
        uploaded=uploaded,
    )


def _seat(pane: CardPane) -> Seat:
    return Seat(pane.contender, pane.installed, pane.digest, pane.parameter_size, pane.quantization)


def _event(step: Step, tag: str) -> PaneEvent:
    match step.kind:
        case "waiting":
            return Waiting(step.pieces, None)
        case "loading":
            return Loading(tag)
        case "delta":
            return Delta(step.text, step.thinking, step.pieces, step.thoughts)


def _untimed(pane: CardPane) -> list[PaneEvent]:
    """Return what a contender told of which no moment is known."""
    told: list[PaneEvent] = []
    if pane.text or pane.thinking:
        thoughts = pane.usage.thinking_tokens
        pieces = thoughts + pane.usage.answer_tokens
        told.append(Delta(pane.text, pane.thinking, pieces, thoughts))
    return told + _ends(pane)


def _ends(pane: CardPane) -> list[PaneEvent]:
    ending = pane.ended or "stopped"
    fields = {name: value for name, value in pane.usage if name != "tokens_per_second"}
    told: list[PaneEvent] = [Notice(NoticeKind.DEVIATION, text) for text in pane.notices]
    if pane.rendered_prompt is not None:
        how, exact = pane.rendered_how, pane.rendered_exactly
        told.append(Prompted(pane.rendered_prompt, how, exact))
    told.append(Measured(Figures(**fields, ended=ending)))
    if ending == "failed":
        told.append(Failed(EngineFailed(pane.model, pane.error or "It failed."), pane.text))
    else:
        told.append(Finished(pane.text, (), None, pane.model))
    return told
