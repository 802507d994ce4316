"""An asked question: its answer while it runs, and the same answer later as its buttons see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.asking import Question
from bot.events import NoticeKind
from bot.figures import End, Outcome
from bot.memory import GapKind, KeptAnswer, Place
from bot.present.answer import Answer, State
from bot.present.components import Page
from bot.present.surface import Surface
from knowledge.added import PREFIX
from knowledge.passages import Passage

_OUTCOMES: dict[State, Outcome] = {
    State.DONE: "done",
    State.DECLINED: "declined",
    State.FAILED: "failed",
    State.STOPPED: "stopped",
}


class Shown(Surface, Protocol):
    """A surface that knows its messages, and for how many seconds it lasts (None: for ever)."""

    @property
    def ids(self) -> list[int]:
        """The messages shown so far."""
        ...

    @property
    def lasts(self) -> float | None:
        """Seconds for which it can still be written to."""
        ...

    @property
    def token(self) -> str | None:
        """What opens the messages where they answer an interaction."""
        ...

    @property
    def replies_to(self) -> int | None:
        """The message that the first of them replies to."""
        ...


@dataclass(slots=True)
class Asked:
    """An answer, whose it is, and the task that reads the model while it runs.

    `at` is in seconds since 1970. `again`: the question was asked before. `forgotten`: the member
    wants nothing of it kept.
    """

    owner: int
    question: Question
    answer: Answer
    private: bool
    place: Place
    surface: Shown
    at: float
    again: bool = False
    forgotten: bool = False
    reader: asyncio.Task[None] | None = None
    done: asyncio.Task[None] | None = None

    def kept(self) -> KeptAnswer:
        """Return what is kept of it now. It is open until its end is shown."""
        answer = self.answer
        return KeptAnswer(
            request_id=answer.request_id,
            member=self.owner,
            place=self.place,
            at=self.at,
            question=self.question.text,
            lesson=self.question.lesson,
            private=self.private,
            text=answer.raw if answer.ended else "",
            thinking=answer.thinking if answer.ended else "",
            passages=tuple(hit.passage.id for hit in answer.hits),
            cited=tuple(n for n, _ in answer.cited()),
            messages=tuple(self.surface.ids),
            token=self.surface.token,
            replies_to=self.surface.replies_to,
            end=self._end(),
        )

    def _end(self) -> End | None:
        answer, outcome = self.answer, _OUTCOMES.get(self.answer.state)
        if outcome is None:
            return None
        return End(outcome, answer.model, answer.first_text, answer.seconds)

    def said(self) -> str:
        """Return what becomes part of the conversation: whole answers only."""
        return self.answer.final or "" if self.answer.state is State.DONE else ""

    def gap(self) -> GapKind | None:
        """Return what the lessons lack for this question."""
        if self.answer.state is State.DECLINED:
            return "declined"
        kinds = {notice.kind for notice in self.answer.notices}
        return "unsupported" if NoticeKind.UNSUPPORTED in kinds else None

    def past(self) -> Past:
        """Return it as its buttons see it."""
        answer = self.answer
        return Past(
            request_id=answer.request_id,
            owner=self.owner,
            place=self.place,
            question=self.question,
            private=self.private,
            sources=answer.cited() or [(n, hit.passage) for n, hit in enumerate(answer.hits, 1)],
            thinking=answer.thinking,
            text=answer.final or answer.raw,
            running=None if answer.ended else self,
        )


@dataclass(frozen=True, slots=True)
class Past:
    """An answer as its buttons see it, whether this process wrote it or an earlier one.

    `question` is None where its words were not stored; `lost` says that some sources are no longer
    in the lessons.
    """

    request_id: str
    owner: int
    place: Place
    question: Question | None
    private: bool
    sources: list[tuple[int, Passage]] = field(default_factory=list)
    thinking: str = ""
    text: str = ""
    running: Asked | None = None
    lost: bool = False


def past_of(kept: KeptAnswer, passages: Mapping[str, Passage]) -> Past:
    """Return a kept answer as its buttons see it; `passages` are those of the lessons, by id."""
    numbered = list(enumerate(kept.passages, 1))
    wanted = [pair for pair in numbered if pair[0] in kept.cited] or numbered
    asked = Question(kept.question, str(kept.member), lesson=kept.lesson)
    sources = [(n, passages[name]) for n, name in wanted if name in passages]
    return Past(
        request_id=kept.request_id,
        owner=kept.member,
        place=kept.place,
        question=asked if kept.question else None,
        private=kept.private,
        sources=sources,
        thinking=kept.thinking,
        text=kept.text,
        lost=len(sources) < len(wanted),
    )


def still_there(past: Past, passages: Mapping[str, Passage]) -> Past:
    """Return an answer without the sources that curators removed since; see `past_of`."""
    kept = [(n, p) for n, p in past.sources if not p.lesson.startswith(PREFIX) or p.id in passages]
    return past if len(kept) == len(past.sources) else replace(past, sources=kept, lost=True)


class NotedSurface:
    """A surface that tells when its messages became others."""

    def __init__(self, surface: Shown, changed: Callable[[], Any]) -> None:
        self._surface = surface
        self._changed = changed
        self._told: list[int] = []

    async def show(self, n: int, page: Page) -> None:
        """See `Surface.show`."""
        await self._surface.show(n, page)
        self._note()

    async def remove(self) -> None:
        """See `Surface.remove`."""
        await self._surface.remove()
        self._note()

    async def look(self, n: int) -> list[Any]:
        """See `Surface.look`."""
        return await self._surface.look(n)

    def forget(self) -> None:
        """See `Surface.forget`."""
        self._surface.forget()

    async def discard(self) -> None:
        """See `Surface.discard`."""
        await self._surface.discard()

    def _note(self) -> None:
        if self._surface.ids != self._told:
            self._told = list(self._surface.ids)
            self._changed()
