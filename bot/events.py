"""What every service yields: frozen events that front ends only translate.

A stream of `Event` ends with exactly one of `Finished`, `Declined`, `Failed`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import BotError
from bot.model import Delta, Loading, Usage
from knowledge.passages import Hit, Passage

__all__ = [
    "Citation",
    "Collected",
    "Declined",
    "Delta",
    "Ending",
    "Event",
    "Failed",
    "Finished",
    "Loading",
    "Notice",
    "NoticeKind",
    "SourcesFound",
    "Verdict",
    "Waiting",
    "collect",
]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The question stands in the queue: `position` 1 is next; the wait is a guess.

    After a wait comes position 0: its turn has come.
    """

    position: int
    expected_seconds: float | None


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The passages the answer may rest on, best first; `[n]` names the n-th, from 1."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A citing sentence was checked: does passage `n` support it?"""

    n: int
    supported: bool
    sentence: str


class NoticeKind(StrEnum):
    """Why a line was added outside the model's text."""

    NO_MODEL = "no_model"
    REWRITTEN = "rewritten"
    TRIMMED = "trimmed"
    REFUTED = "refuted"
    UNSUPPORTED = "unsupported"
    CUT = "cut"
    EMPTY = "empty"
    DEVIATION = "deviation"


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of ours beside the answer, never inside it."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """`[n]` in the answer, the passage it names, and whether the passage bears it out.

    A citation that is not supported was removed from the answer's text.
    `passage` is None when `n` names nothing that was retrieved.
    """

    n: int
    passage: Passage | None
    supported: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer, whole or cut with a notice. `model` is None when the passages were quoted."""

    answer: str
    citations: tuple[Citation, ...] = ()
    usage: Usage | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """The lessons do not cover the question; `nearest` is the closest passage they hold."""

    reason: str
    nearest: Passage | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or not to its end; `text_so_far` is what the reader has seen."""

    error: BotError
    text_so_far: str = ""


Ending = Finished | Declined | Failed
Event = Waiting | Loading | SourcesFound | Delta | Verdict | Notice | Finished | Declined | Failed


@dataclass(frozen=True, slots=True)
class Collected:
    """A stream turned into a value."""

    events: tuple[Event, ...]
    ending: Ending
    hits: tuple[Hit, ...] = field(default=())
    notices: tuple[Notice, ...] = field(default=())


async def collect(stream: AsyncIterator[Event]) -> Collected:
    """Read `stream` to its end.

    Raises ValueError when it ends without one of the three endings.
    """
    events = tuple([event async for event in stream])
    if not events or not isinstance(events[-1], Finished | Declined | Failed):
        raise ValueError("the stream ended without Finished, Declined or Failed")
    hits = next((e.hits for e in events if isinstance(e, SourcesFound)), ())
    notices = tuple(e for e in events if isinstance(e, Notice))
    return Collected(events, events[-1], hits, notices)
