"""The board: a demo as it comes about, folded from its events; both front ends show it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import BotError
from bot.events import Failed, Finished, Notice, Waiting
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
    Refused,
    Seat,
    Told,
    measured,
)


class PaneState(StrEnum):
    """How far a contender is."""

    WAITING = "waiting"
    LOADING = "loading"
    THINKING = "thinking"
    WRITING = "writing"
    DONE = "done"
    CUT = "cut"
    FAILED = "failed"


ENDED = frozenset({PaneState.DONE, PaneState.CUT, PaneState.FAILED})


@dataclass(slots=True)
class Pane:
    """One contender as it comes about."""

    seat: Seat
    clock: Callable[[], float] = time.monotonic
    state: PaneState = PaneState.WAITING
    prompted: Prompted | None = None
    notices: list[str] = field(default_factory=list)
    sentence: str = ""
    figures: Figures | None = None
    position: int | None = None
    thought: int = 0
    wrote: int = 0
    since: float = 0.0
    _text: list[str] = field(default_factory=list)
    _thinking: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take the time."""
        self.since = self.clock()

    @property
    def text(self) -> str:
        """What the model answered so far, untouched."""
        return "".join(self._text)

    @property
    def thinking(self) -> str:
        """What the model thought so far, untouched."""
        return "".join(self._thinking)

    @property
    def seconds(self) -> float:
        """For how long it has been in its state."""
        return self.clock() - self.since

    def take(self, event: PaneEvent) -> None:
        """Fold an event in."""
        match event:
            case Waiting():
                self.position = event.position
            case Loading():
                self._enter(PaneState.LOADING)
            case Delta():
                self._take(event)
            case Prompted():
                self.prompted = event
            case Notice():
                self.notices.append(event.text)
            case Measured():
                self.figures = event.figures
            case Finished():
                stopped = self.figures is not None and self.figures.ended != "stop"
                self._enter(PaneState.CUT if stopped else PaneState.DONE)
            case Failed():
                self.sentence = event.error.sentence
                self._enter(PaneState.FAILED)
            case _:
                pass

    def stop(self, sentence: str) -> None:
        """End it before its stream did; what was written stays."""
        if self.state not in ENDED:
            self.sentence = sentence
            self.figures = measured(
                None, "stopped", thought=self.thought, wrote=self.wrote, first=None
            )
            self._enter(PaneState.CUT)

    def _take(self, delta: Delta) -> None:
        self.thought += delta.thoughts
        self.wrote += delta.pieces - delta.thoughts
        if delta.thinking:
            self._thinking.append(delta.thinking)
            self._enter(PaneState.WRITING if self._text else PaneState.THINKING)
        if delta.text:
            self._text.append(delta.text)
            self._enter(PaneState.WRITING)

    def _enter(self, state: PaneState) -> None:
        if state is not self.state:
            self.state, self.since = state, self.clock()


@dataclass(slots=True)
class Board:
    """A whole demo as it comes about: what both front ends show."""

    clock: Callable[[], float] = time.monotonic
    opened: Opened | None = None
    panes: list[Pane] = field(default_factory=list)
    waiting: Waiting | None = None
    plan: str = ""
    error: BotError | None = None
    ended: bool = False
    began: float | None = None

    @property
    def seconds(self) -> float:
        """For how long its contenders have been at it, the queue not counted."""
        return 0.0 if self.began is None else self.clock() - self.began

    def take(self, event: DemoEvent) -> bool:
        """Fold an event in; return whether it brought the first text of any pane."""
        match event:
            case Opened():
                self.opened = event
                self.panes = [Pane(seat, self.clock) for seat in event.seats]
            case Waiting():
                self.waiting = event
            case Planned():
                self.waiting, self.plan = None, event.sentence
                self.began = self.clock() if self.began is None else self.began
            case Told():
                quiet = not any(pane.wrote or pane.thought for pane in self.panes)
                self.panes[event.pane].take(event.event)
                return quiet and isinstance(event.event, Delta)
            case Ran():
                self.ended = True
            case Refused():
                self.error = event.error
                self.stop(event.error.sentence)
        return False

    def stop(self, sentence: str) -> None:
        """End every pane that has not ended."""
        for pane in self.panes:
            pane.stop(sentence)
        self.waiting, self.ended = None, True
