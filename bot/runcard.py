"""Run cards: a demo as a file, to read, to compare and to play again; never shown as live."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, ValidationError

from bot.board import Board, Pane
from bot.bounds import read_json
from bot.cost import Cost
from bot.curated import Curated, Form
from bot.errors import CardUnreadable
from bot.events import Waiting
from bot.lineup import Contender
from bot.model import Delta, Loading
from bot.order import Order
from bot.panes import (
    DemoEvent,
    Figures,
    Planned,
    Told,
)

_NO_CARD = "This is no run card that I can play:"
FORMAT: Literal["llm-landscape-demo/1"] = "llm-landscape-demo/1"
LARGEST = 4_000_000
"""Bytes of a card that are read at all."""
MOST_STEPS = 50_000
LONGEST_RUN, LONGEST_WAIT = 7_200.0, 86_400.0
"""Seconds of all steps, and of one figure; no demo of ours comes near."""
_FIRST = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Usage(_Record):
    """What a text cost; seconds and tokens."""

    first_token_seconds: float | None = Field(default=None, ge=0)
    load_seconds: float = Field(default=0.0, ge=0)
    prompt_seconds: float = Field(default=0.0, ge=0)
    thinking_seconds: float = Field(default=0.0, ge=0)
    answer_seconds: float = Field(default=0.0, ge=0)
    thinking_tokens: int = Field(default=0, ge=0)
    answer_tokens: int = Field(default=0, ge=0)
    prompt_tokens: int = Field(default=0, ge=0)
    tokens_per_second: float = Field(default=0.0, ge=0)
    cost: Cost | None = None


class CardPane(_Record):
    """One contender of a card. `ended` is None where it did not end."""

    stage: str
    model: str
    label: str
    installed: bool
    digest: str
    parameter_size: str
    quantization: str
    rendered_prompt: str | None
    rendered_exactly: bool
    rendered_how: str
    thinking: str
    text: str
    notices: tuple[str, ...]
    error: str | None
    usage: Usage
    ended: Literal["stop", "length", "cut", "time", "loop", "filter", "failed", "stopped"] | None
    contender: Contender


class Step(_Record):
    """Something a contender told, `at` seconds after the start."""

    at: float = Field(ge=0)
    pane: int = Field(ge=0)
    kind: Literal["waiting", "loading", "delta"]
    text: str = ""
    thinking: str = ""
    pieces: int = Field(default=1, ge=0)
    thoughts: int = Field(default=0, ge=0)


class RunCard(_Record):
    """A whole demo. Without `steps` it can be read and not played."""

    format: Literal["llm-landscape-demo/1"] = FORMAT
    recorded: AwareDatetime
    prompt: str
    lineup: str
    title: str
    form: Form
    seed: int
    temperature: float
    num_predict: int
    engine_version: str
    fairness: tuple[str, ...]
    notices: tuple[str, ...]
    plan: str
    curated: Curated | None
    contenders: tuple[CardPane, ...] = Field(min_length=1, max_length=8)
    steps: Annotated[tuple[Step, ...], FailFast()] = ()

    def order(self, member: str) -> Order:
        """Return what runs this demo again for a member."""
        return Order(
            self.prompt,
            member,
            self.lineup,
            tuple(dict.fromkeys(pane.contender.stage for pane in self.contenders)),
            self.seed,
            self.temperature,
            self.num_predict,
            self.form,
            self.curated,
        )

    def without_steps(self) -> RunCard:
        """Return what there is to read of it."""
        return self.model_copy(update={"steps": ()})


class Recorder:
    """Folds a stream into a board, and notes when what was told."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.board = Board(clock)
        self.recorded = dt.datetime.now(dt.UTC)
        self._clock = clock
        self._began: float | None = None
        self._steps: list[Step] = []

    @classmethod
    def of(cls, card: RunCard) -> Recorder:
        """Return one that holds what a card recorded, and an empty board."""
        recorder = cls()
        recorder.recorded, recorder._steps = card.recorded, list(card.steps)
        return recorder

    def take(self, event: DemoEvent) -> bool:
        """Fold an event in; return whether it brought the first text of any pane."""
        if isinstance(event, Planned) and self._began is None:
            self._began = self._clock()
        if isinstance(event, Told):
            self._note(event)
        return self.board.take(event)

    def _note(self, told: Told) -> None:
        at = round(self._clock() - (self._began or self._clock()), 3)
        match told.event:
            case Delta(text, thinking, pieces, thoughts):
                step = Step(
                    at=at,
                    pane=told.pane,
                    kind="delta",
                    text=text,
                    thinking=thinking,
                    pieces=pieces,
                    thoughts=thoughts,
                )
            case Loading():
                step = Step(at=at, pane=told.pane, kind="loading")
            case Waiting():
                step = Step(at=at, pane=told.pane, kind="waiting", pieces=told.event.position)
            case _:
                return
        self._steps.append(step)

    def card(self) -> RunCard | None:
        """Return the card of what was folded so far; None before the demo was set."""
        opened = self.board.opened
        if opened is None:
            return None
        return RunCard(
            recorded=opened.recorded or self.recorded,
            prompt=opened.prompt,
            lineup=opened.lineup,
            title=opened.title,
            form=opened.form,
            seed=opened.seed,
            temperature=opened.temperature,
            num_predict=opened.num_predict,
            engine_version=opened.engine_version,
            fairness=opened.fairness,
            notices=opened.notices,
            plan=self.board.plan,
            curated=opened.curated,
            contenders=tuple(_card_pane(pane) for pane in self.board.panes),
            steps=tuple(self._steps),
        )


def _card_pane(pane: Pane) -> CardPane:
    figures = pane.figures or Figures(thinking_tokens=pane.thought, answer_tokens=pane.wrote)
    fields = {name: getattr(figures, name) for name in Usage.model_fields}
    prompted = pane.prompted
    return CardPane(
        stage=pane.seat.contender.stage.value,
        model=pane.seat.contender.tag,
        label=pane.seat.contender.name,
        installed=pane.seat.installed,
        digest=pane.seat.digest,
        parameter_size=pane.seat.parameter_size,
        quantization=pane.seat.quantization,
        rendered_prompt=prompted.text if prompted else None,
        rendered_exactly=prompted.exact if prompted else False,
        rendered_how=prompted.how if prompted else "nothing was sent, or it was not learnt",
        thinking=pane.thinking,
        text=pane.text,
        notices=tuple(pane.notices),
        error=pane.sentence or None,
        usage=Usage.model_validate(fields),
        ended=pane.figures.ended if pane.figures else None,
        contender=pane.seat.contender,
    )


def read_card(data: bytes) -> RunCard:
    """Read a card. Raises CardUnreadable."""
    if len(data) > LARGEST:
        raise CardUnreadable("This file is too large for a run card.")
    try:
        read_json(data, steps=MOST_STEPS)
        card = RunCard.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # A key that does not belong there is the writer's own text.
        known = [str(part) for part in first["loc"] if re.fullmatch(r"\w{1,30}", str(part))]
        where = ".".join(known) or "the file"
        raise CardUnreadable(f"{_NO_CARD} {where}: {first['msg']}.") from error
    except ValueError as error:
        raise CardUnreadable(f"{_NO_CARD} {error}.") from error
    if fault := _implausible(card):
        raise CardUnreadable(f"{_NO_CARD} {fault}.")
    return card


def _implausible(card: RunCard) -> str:
    """Say what no recorded demo can have; empty where there is nothing."""
    if any(step.pane >= len(card.contenders) for step in card.steps):
        return "a step belongs to no contender"
    if any(step.at > LONGEST_RUN for step in card.steps):
        return f"it runs for more than {LONGEST_RUN / 3600:.0f} hours"
    if not _FIRST < card.recorded < dt.datetime.now(dt.UTC) + dt.timedelta(days=1):
        return "nothing was recorded at its date"
    waits = [n for pane in card.contenders for name, n in pane.usage if name.endswith("_seconds")]
    return "a figure is beyond a day" if max(n or 0.0 for n in waits) > LONGEST_WAIT else ""


def read_card_file(path: Path) -> RunCard:
    """Read a card from a file. Raises CardUnreadable."""
    try:
        with path.open("rb") as file:
            return read_card(file.read(LARGEST + 1))
    except OSError as error:
        raise CardUnreadable(f"{path.name} cannot be read: {error.strerror}.") from error
