"""Asking: one question in, one stream of events out, grounded in the lessons.

    find passages → may we answer? → a model writes, or the passages are quoted

Whatever happens, the stream ends with exactly one of Finished, Declined, Failed.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.errors import BotError, EngineError, IndexUnavailable, QuestionInvalid
from bot.events import (
    Declined,
    Event,
    Failed,
    Finished,
    Notice,
    NoticeKind,
    SourcesFound,
    Waiting,
)
from bot.grounding import may_answer
from bot.levels import Level
from bot.memory import Turn
from bot.queue import FairQueue
from bot.quoting import quote
from bot.writing import Writer, WriterSilent
from knowledge.passages import Found, PassageSearch, SearchUnavailable

log = logging.getLogger(__name__)

__all__ = ["Asking", "Question", "Turn"]

LONGEST_QUESTION = 12_000
"""Characters of a question that are read at all; the model's budget cuts further."""

LONGEST_SEARCHED = 1_000
"""Characters a search looks at: what the embedding model can read."""

REWRITE_BELOW = 0.45
"""A question covered less than this is rewritten for retrieval when a model is there; one in a
language the embedding model does not read always is (measured in `bench rewrite`)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a member asks. `member` is the key under which they queue; `lesson` a slug.

    `model` None is the bot's own. `server` is where it was asked: only lessons of everybody and of
    that server answer it. At a `level` a model writes for it; quotations stay as they are.
    """

    text: str
    member: str
    history: tuple[Turn, ...] = ()
    lesson: str | None = None
    hits: int = 8
    model: str | None = None
    server: int | None = None
    level: Level | None = None

    @property
    def previous(self) -> str | None:
        """The member's turn before this one, for follow-ups."""
        turns = [turn.content for turn in self.history if turn.role == "user"]
        return turns[-1][:LONGEST_SEARCHED] if turns else None


def _awake() -> EngineError | None:
    """Say that a model may always be asked."""
    return None


class Asking:
    """Answers questions. Without a writer it quotes the passages; `why` then says why.

    While `resting` returns a reason, it does the same at once: nobody waits in the queue for
    an engine that failed just now.
    `other` gives the writer of another model than the usual one.
    """

    def __init__(
        self,
        search: PassageSearch,
        queue: FairQueue,
        writer: Writer | None,
        *,
        other: Callable[[str], Writer] | None = None,
        why: str = "No model was asked.",
        resting: Callable[[], EngineError | None] = _awake,
    ) -> None:
        self._search = search
        self._queue = queue
        self._writer = writer
        self._other = other
        self._why = why
        self._resting = resting

    async def ask(self, question: Question) -> AsyncGenerator[Event]:
        """Answer `question`. Closing the stream stops the model."""
        try:
            async with aclosing(self._answer(_cleaned(question))) as events:
                async for event in events:
                    yield event
        except SearchUnavailable as error:
            yield Failed(IndexUnavailable(str(error)))
        except BotError as error:
            yield Failed(error)

    async def _answer(self, question: Question) -> AsyncGenerator[Event]:
        found = await self._find(question, question.text)
        writer, why, told = self._writer_for(question), self._why, False
        if writer is self._writer is not None and (reason := self._resting()):
            writer, why = None, reason.sentence
        if writer is not None:
            if not _unclear(found):
                told = True
                yield SourcesFound(found.hits)
            try:
                async with aclosing(self._written(question, found, writer)) as events:
                    async for event in events:
                        if isinstance(event, SourcesFound):
                            # What is quoted must be what was told. An answer is begun only
                            # where these sources cover the question.
                            told, found = True, Found(event.hits, covered=1.0)
                        yield event
            except (EngineError, WriterSilent) as error:
                why = str(error)
            else:
                return
        sources, *rest = self._quoted(found, why)
        if not told:
            yield sources
        for event in rest:
            yield event

    def _writer_for(self, question: Question) -> Writer | None:
        if question.model is None or self._other is None:
            return self._writer
        return self._other(question.model)

    async def _written(
        self, question: Question, found: Found, writer: Writer
    ) -> AsyncGenerator[Event]:
        """Wait for a slot, make an unclear question clear, and let the model write."""
        async with self._queue.place(question.member) as place:
            waited = False
            async for turn in place.turns():
                waited = True
                yield Waiting(turn.position, turn.expected_seconds)
            if waited:
                yield Waiting(0, None)
            if _unclear(found):
                found = await self._rewritten(question, found, writer)
                yield SourcesFound(found.hits)
                if not may_answer(found):
                    yield _declined(found)
                    return
            written = writer.write(
                question.text, question.history, found.hits, level=question.level
            )
            async with aclosing(written):
                async for event in written:
                    yield event

    async def _find(self, question: Question, text: str) -> Found:
        previous = question.previous if text is question.text else None
        found = await self._search.search(
            text[:LONGEST_SEARCHED],
            previous=previous,
            lesson=question.lesson,
            limit=question.hits,
            server=question.server,
        )
        return _of_server(found, question.server)

    async def _rewritten(self, question: Question, found: Found, writer: Writer) -> Found:
        """Search again with a clear English question, and keep the better result."""
        clear = await writer.rewrite(question.text, question.history)
        if not clear:
            return found
        again = await self._find(question, clear)
        better = again.covered > found.covered or (again.legible and not found.legible)
        return again if better else found

    def _quoted(self, found: Found, why: str) -> list[Event]:
        """Return the events of an answer made of quotations."""
        sources = SourcesFound(found.hits)
        answer, citations = quote(found.hits)
        if not may_answer(found) or not answer:
            return [sources, _declined(found)]
        text = f"These are the lessons' own words, not a model's: {why[0].lower()}{why[1:]}"
        return [sources, Notice(NoticeKind.NO_MODEL, text), Finished(answer, citations)]


def _of_server(found: Found, server: int | None) -> Found:
    """Test again what was found: of another server's lessons nothing may reach this one."""
    hits = tuple(hit for hit in found.hits if hit.passage.server in (None, server))
    if len(hits) == len(found.hits):
        return found
    log.error("a search found %d passages of another server", len(found.hits) - len(hits))
    # What spoke for an answer may have been among them.
    return replace(found, hits=hits, covered=0.0)


def _unclear(found: Found) -> bool:
    return found.covered < REWRITE_BELOW or not found.legible


def _declined(found: Found) -> Declined:
    nearest = found.hits[0].passage if found.hits else None
    return Declined("The lessons do not cover this.", nearest)


def _cleaned(question: Question) -> Question:
    """Drop what no model or index can read: NUL and other controls, half surrogates, excess.

    Raises QuestionInvalid when nothing is left.
    """
    text = _readable(question.text[:LONGEST_QUESTION]).strip()
    if not any(c.isalnum() for c in text):
        raise QuestionInvalid("Please ask a question in words.")
    history = tuple(Turn(turn.role, _readable(turn.content)) for turn in question.history)
    return replace(question, text=text, history=history)


def _readable(text: str) -> str:
    text = text.encode("utf-8", "ignore").decode()
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
