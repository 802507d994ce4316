"""What a demo tells while it runs, and the board on which a front end folds it.

A demo's stream is `Opened`, perhaps `Waiting`, then `Planned` and `Told` in any order, and last
exactly one of `Ran` and `Refused`. `Told` wraps the events of one contender; the last of them is
`Finished` or `Failed`, and before it comes `Measured`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from bot.cost import Cost
from bot.curated import Curated, Form
from bot.errors import BotError
from bot.events import Event, Waiting
from bot.lineup import Contender
from bot.model import EndReason, Usage

Ending = EndReason | Literal["failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one text cost; seconds. `first_token_seconds` is None where there was no token.

    Ollama counts thinking and answer together. They are told apart by the pieces in which
    the text came, which are nearly always one token each, so the two are near and their sum exact.
    A provider may count thinking by itself. `cost` is None where nothing is paid for.
    """

    first_token_seconds: float | None = None
    load_seconds: float = 0.0
    prompt_seconds: float = 0.0
    thinking_seconds: float = 0.0
    answer_seconds: float = 0.0
    thinking_tokens: int = 0
    answer_tokens: int = 0
    prompt_tokens: int = 0
    ended: Ending = "stop"
    cost: Cost | None = None

    @property
    def tokens_per_second(self) -> float:
        """Tokens a second while writing, thinking included; 0.0 when nothing was measured."""
        seconds = self.thinking_seconds + self.answer_seconds
        return (self.thinking_tokens + self.answer_tokens) / seconds if seconds else 0.0


def measured(
    usage: Usage | None, ended: Ending, *, thought: int, wrote: int, first: float | None
) -> Figures:
    """Return the figures of a text of about `thought` and `wrote` tokens."""
    if usage is None or not usage.answer_tokens:
        return Figures(first, thinking_tokens=thought, answer_tokens=wrote, ended=ended)
    share = thought / (thought + wrote) if thought + wrote else 0.0
    if usage.thinking_tokens is not None:
        share = usage.thinking_tokens / usage.answer_tokens
    thinking = round(usage.answer_tokens * share)
    return Figures(
        first_token_seconds=first,
        load_seconds=usage.load_seconds,
        prompt_seconds=usage.prompt_seconds,
        thinking_seconds=usage.answer_seconds * share,
        answer_seconds=usage.answer_seconds * (1 - share),
        thinking_tokens=thinking,
        answer_tokens=usage.answer_tokens - thinking,
        prompt_tokens=usage.prompt_tokens,
        ended=ended,
    )


@dataclass(frozen=True, slots=True)
class Prompted:
    """What the model was given. Not `exact`: `text` is the nearest that is known, `how` says it."""

    text: str
    how: str
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """The text is over, and this is what it cost."""

    figures: Figures


PaneEvent = Event | Prompted | Measured


@dataclass(frozen=True, slots=True)
class Told:
    """An event of one contender, by its number from 0."""

    pane: int
    event: PaneEvent


@dataclass(frozen=True, slots=True)
class Seat:
    """A contender and what its engine says of its model; empty where it is not installed."""

    contender: Contender
    installed: bool = True
    digest: str = ""
    parameter_size: str = ""
    quantization: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The demo is set: who answers what, and how.

    `fairness` says in which respects the set is not matched, `notices` what else a reader should
    know; `recorded` is when, where it is a recording, and `uploaded` that a member brought it.
    """

    prompt: str
    lineup: str
    title: str
    seats: tuple[Seat, ...]
    form: Form = "plain"
    seed: int = 0
    temperature: float = 0.0
    num_predict: int = 0
    curated: Curated | None = None
    fairness: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    engine_version: str = ""
    recorded: dt.datetime | None = None
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """In which order the contenders run, or which model loads next."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Ran:
    """Every contender has ended."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The demo cannot run, or not on."""

    error: BotError


DemoEvent = Opened | Waiting | Planned | Told | Ran | Refused
