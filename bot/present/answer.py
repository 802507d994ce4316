"""One answer as it comes about: events are folded in, pages come out.

The pages at any moment hold the same kinds of lines in the same places: what is going on, the
model's text, notices, sources, a footer, buttons. What was shown once stays.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.events import (
    Citation,
    Declined,
    Event,
    Failed,
    Finished,
    Notice,
    SourcesFound,
    Waiting,
)
from bot.model import Delta, Loading, Usage
from bot.present.answer_controls import ended_buttons, stop_button
from bot.present.components import Attached, Button, Page, Select
from bot.present.sanitise import sanitise
from bot.present.split import Shown, shown
from bot.present.trying import Suggest, no_demo
from knowledge.passages import Hit, Passage

QUESTION_SHOWN = 100  # characters; the chrome of a message has 600 in all
NOTICES_SHOWN = 220
SOURCES_SHOWN = 180
_MINUTE = 60.0


class State(StrEnum):
    """How far an answer is."""

    SEARCHING = "searching"
    WAITING = "waiting"
    LOADING = "loading"
    THINKING = "thinking"
    WRITING = "writing"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"
    STOPPED = "stopped"


ENDED = frozenset({State.DONE, State.DECLINED, State.FAILED, State.STOPPED})


@dataclass(slots=True)
class Answer:
    """The state of one answer. `request_id` is what an organiser looks for in the log.

    `next` is what can be asked next, once it has ended.
    """

    request_id: str
    question: str
    show_question: bool = True
    suggest: Suggest = no_demo
    next: Select | None = None
    state: State = State.SEARCHING
    hits: tuple[Hit, ...] = ()
    citations: tuple[Citation, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    model: str | None = None
    usage: Usage | None = None
    sentence: str = ""
    nearest: Passage | None = None
    final: str | None = None
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    first_text: float | None = None
    tokens: int = 0
    thought: int = 0
    _text: list[str] = field(default_factory=list)
    _thinking: list[str] = field(default_factory=list)
    _waiting: Waiting | None = None

    @property
    def raw(self) -> str:
        """What the model wrote, untouched; the quoted passages when no model wrote."""
        return "".join(self._text) or self.final or ""

    @property
    def thinking(self) -> str:
        """What the model thought, untouched."""
        return "".join(self._thinking)

    @property
    def ended(self) -> bool:
        """Is there nothing more to come?"""
        return self.state in ENDED

    def take(self, event: Event) -> bool:
        """Fold an event in; return whether it brought the first text."""
        match event:
            case Delta():
                return self._take_delta(event)
            case Waiting():
                self.state, self._waiting = State.WAITING, event
            case Loading():
                self.state, self.model = State.LOADING, event.model
            case SourcesFound():
                self.hits = event.hits
            case Notice():
                self.notices.append(event)
            case Finished():
                self.final, self.citations = event.answer, event.citations
                self.usage, self.model = event.usage, event.model
                self._end(State.DONE)
            case Declined():
                self.sentence, self.nearest = event.reason, event.nearest
                self._end(State.DECLINED)
            case Failed():
                self.sentence = event.error.sentence
                self._text = self._text or [event.text_so_far]
                self._end(State.FAILED)
        return False

    def stop(self, sentence: str) -> None:
        """End before the stream did; what was written stays."""
        if not self.ended:
            self.sentence = sentence
            self._end(State.STOPPED)

    def fail(self, sentence: str) -> None:
        """End by a failure that the stream did not tell of."""
        if not self.ended:
            self.sentence = sentence
            self._end(State.FAILED)

    def _take_delta(self, delta: Delta) -> bool:
        self.tokens += delta.pieces
        if delta.thinking:
            self._thinking.append(delta.thinking)
            self.thought += delta.pieces
            if not self._text:
                self.state = State.THINKING
        if not delta.text:
            return False
        first = not self._text
        if first:
            self.first_text = time.monotonic() - self.started
        self._text.append(delta.text)
        self.state = State.WRITING
        return first

    def _end(self, state: State) -> None:
        self.state = state
        self.seconds = time.monotonic() - self.started
        if self.first_text is None and self.raw:
            self.first_text = self.seconds  # passages that were quoted come whole

    def pages(self) -> tuple[Page, ...]:
        """Return the messages that show this moment."""
        text = self.final if self.final is not None else self.raw
        seen = shown(sanitise(text).strip())
        last = len(seen.pages) - 1
        return tuple(self._page(n, seen, last) for n in range(len(seen.pages)))

    def _page(self, n: int, seen: Shown, last: int) -> Page:
        body = seen.pages[n]
        above = list(self._asked() if n == 0 else ())
        if n == last and not self.ended:
            above.append(self._going_on())
        if n == last and seen.left_out:
            rest = f"… {seen.left_out:,} characters are left out here"
            above.append(f"{rest}; the whole is in the file." if self.ended else f"{rest} …")
        if n < last:
            return Page(tuple(above), body)
        file = self._file() if self.ended and last > 0 else None
        return Page(tuple(above), body, self._below(), self._buttons(), self.next, file)

    def cut(self, shown_pages: tuple[Page, ...], why: str, whole: bool) -> tuple[Page, ...]:  # noqa: FBT001  a callback
        """Return the messages as they stand, the last with the sentence that says `why`.

        With `whole`, what the model wrote goes along as a file.
        """
        kept = [
            replace(page, buttons=(), select=None, file=None) for page in shown_pages or (Page(),)
        ]
        above = self._asked() if len(kept) == 1 else ()
        below = (f"⚠️ {why}", *self._below())
        file = self._file() if whole else None
        kept[-1] = Page(above, kept[-1].body, below, self._buttons(), self.next, file)
        return tuple(kept)

    def _asked(self) -> tuple[str, ...]:
        return (f"-# {one_line(self.question, QUESTION_SHOWN)}",) if self.show_question else ()

    def _file(self) -> Attached:
        return Attached(f"answer-{self.request_id}.md", self.raw.encode("utf-8", "replace"))

    def _going_on(self) -> str:
        match self.state:
            case State.WAITING if self._waiting is not None and self._waiting.position:
                place = self._waiting.position
                turn = "You are next" if place == 1 else f"{place - 1} before you"
                return f"⏳ {turn}{_expected(self._waiting.expected_seconds)}."
            case State.LOADING:
                return f"⏳ {one_line(self.model or 'The model', 60)} is being loaded …"
            case State.THINKING:
                return f"💭 Thinking … {self.thought} tokens so far"
            case State.WRITING:
                return "✍️ Writing …"
            case State.WAITING:
                return "📖 Reading the passages …"
            case _:
                return "🔎 Looking through the lessons …"

    def _below(self) -> tuple[str, ...]:
        lines: list[str] = []
        if self.state is State.DECLINED:
            lines.append(f"🤷 {self.sentence}")
            if self.nearest is not None:
                where = one_line(f"{self.nearest.lesson_title} › {self.nearest.heading}", 150)
                lines.append(f"The nearest lesson: **{where}**")
        elif self.state in (State.FAILED, State.STOPPED):
            sign = "⚠️" if self.state is State.FAILED else "⏹️"
            lines.append(f"{sign} {one_line(self.sentence, NOTICES_SHOWN)}")
        notices = [f"ℹ️ {one_line(notice.text, NOTICES_SHOWN)}" for notice in self.notices]
        if notices:
            lines.append("\n".join(notices)[:NOTICES_SHOWN])
        if self.ended and (sources := self._sources()):
            lines.append(sources)
        if self.ended:
            lines.append(self._footer())
        return tuple(lines)

    def _sources(self) -> str:
        """Return the passages cited, one line each, as far as there is room."""
        lines = ["**Sources**"]
        left = SOURCES_SHOWN
        for n, passage in self.cited():
            line = f"-# [{n}] {one_line(f'{passage.lesson_title} › {passage.heading}', 70)}"
            left -= len(line) + 1
            if left < 0:
                lines.append("-# …")
                break
            lines.append(line)
        return "\n".join(lines) if len(lines) > 1 else ""

    def cited(self) -> list[tuple[int, Passage]]:
        """Return each passage that bears the answer out, with its number."""
        found = {c.n: c.passage for c in self.citations if c.supported and c.passage is not None}
        return sorted(found.items(), key=lambda item: item[0])

    def near(self) -> list[Passage]:
        """Return the passages beside which one may ask on, the most important first."""
        if self.state is State.DECLINED:
            return [self.nearest] if self.nearest is not None else []
        if self.state is not State.DONE:
            return []
        return [passage for _, passage in self.cited()] or [hit.passage for hit in self.hits[:1]]

    def _footer(self) -> str:
        parts = [one_line(self.model, 60)] if self.model else []
        parts.append(f"{self.seconds:.1f} s")
        if self.usage is not None and self.usage.answer_tokens:
            parts.append(f"{self.usage.answer_tokens} tokens")
        parts.append(self.request_id)
        return "-# " + " · ".join(parts)

    def _buttons(self) -> tuple[Button, ...]:
        if not self.ended:
            return (stop_button(self.request_id),)
        cited = [passage.id for _, passage in self.cited()]
        return ended_buttons(
            self.request_id,
            sources=bool(self.hits) and self.state is not State.DECLINED,
            thinking=bool(self._thinking),
            demo=self.suggest(cited) if self.state is State.DONE else None,
            votes=self.state in (State.DONE, State.DECLINED),
        )


def one_line(text: str, most: int) -> str:
    """Return `text` as one line of at most `most` characters, without any mark of its own."""
    flat = " ".join(text.split())
    if len(flat) > most:
        flat = flat[: most - 1].rstrip() + "…"
    return sanitise(flat.replace("`", "'").replace("*", "").replace("|", "/").replace("~", "-"))


def _expected(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return f", about {max(1, round(seconds))} s"
    return f", about {round(seconds / _MINUTE)} min"
