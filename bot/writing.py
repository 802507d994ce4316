"""Writing: a model answers from passages; its citations are checked while it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from bot.citations import Checked, Claim, strip_refuted
from bot.echo import EchoGuard
from bot.errors import EngineError, EngineProtocol, IndexUnavailable, RequestRefused
from bot.events import (
    Citation,
    Declined,
    Event,
    Failed,
    Finished,
    Notice,
    NoticeKind,
    Verdict,
)
from bot.grounding import CitationChecker
from bot.levels import Level
from bot.memory import Turn
from bot.model import Delta, Ended, EndReason, Model, Sampling
from bot.prompting import NOT_IN_LESSONS, Prompt, answer_prompt, rewrite_prompt
from knowledge.passages import Hit, SearchUnavailable, SentenceEncoder

ANSWER = Sampling(num_predict=800, temperature=0.2)
REWRITE = Sampling(num_predict=64, temperature=0.0)

_ENDS = frozenset(".!?…。！？]\n")
"""Characters with which a sentence, or a marker behind it, may end."""


_CUTS: Mapping[EndReason, str] = {
    "length": "at its length limit",
    "cut": "by the engine before its end",
    "time": "because the model had been writing for as long as I let it",
    "loop": "because the model had begun to repeat itself",
}


_ECHOED = "The model began to recite its instructions, so I stopped it there."


class WriterSilent(Exception):
    """The model ended without an answer; the message says how."""


@dataclass(slots=True)
class _Draft:
    """An answer that is being written."""

    checker: CitationChecker
    guard: EchoGuard
    raw: str = ""
    held: str = ""
    shown: bool = False
    thought: bool = False
    ended: Ended | None = None
    unfed: str = ""
    after_end: bool = False
    checks: list[asyncio.Task[tuple[Checked, ...]]] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)

    def take(self, text: str) -> str:
        """Add newly written text; return what may be shown of it now.

        The beginning is held back while it may still become NOT_IN_LESSONS, and whatever may
        become an echo of the prompt.
        """
        return self._take(self.guard.take(text))

    def _take(self, text: str) -> str:
        self.raw += text
        if self.shown:
            return text
        self.held += text
        if NOT_IN_LESSONS.startswith(_bare(self.held)[: len(NOT_IN_LESSONS)]):
            return ""
        return self.release()

    def release(self) -> str:
        """Return what was held back; from now on everything is shown."""
        held, self.held, self.shown = self.held, "", True
        return held

    def last(self) -> str:
        """Return what is still held back when the model has ended, unless it declined."""
        text = self._take(self.guard.rest())
        if not self.shown and self.held and not self.declines:
            return self.release()
        return text

    @property
    def declines(self) -> bool:
        """Whether the model said, in the fixed way, that the passages do not answer."""
        return _bare(self.raw).startswith(NOT_IN_LESSONS)

    def check(self, text: str) -> None:
        """Begin to check the citing sentences that `text` completes.

        Most tokens can end no sentence; they are looked at together with one that can,
        or with the one after it, which tells that the sentence is over.
        """
        self.unfed += text
        ends = not _ENDS.isdisjoint(text)
        if ends or self.after_end:
            self._begin(self.checker.feed(self.unfed))
            self.unfed = ""
        self.after_end = ends

    def _begin(self, claims: list[Claim]) -> None:
        for claim in claims:
            self.checks.append(asyncio.create_task(self.checker.check(claim)))

    def verdicts(self) -> list[Verdict]:
        """Return the verdicts that have come in since the last call."""
        done = [task for task in self.checks if task.done()]
        self.checks = [task for task in self.checks if not task.done()]
        fresh = [checked for task in done for checked in task.result()]
        self.checked.extend(fresh)
        return [Verdict(c.n, c.supported, c.sentence) for c in fresh]

    async def rest(self) -> list[Verdict]:
        """Wait for every check, also of the last sentence, and return their verdicts."""
        self._begin(self.checker.feed(self.unfed))
        self._begin(self.checker.end())
        if self.checks:
            await asyncio.wait(self.checks)
        return self.verdicts()


class Writer:
    """Lets a model answer from passages."""

    def __init__(self, model: Model, encoder: SentenceEncoder) -> None:
        self._model = model
        self._encoder = encoder

    async def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        """Return `question` as one clear English question; "" when the model fails at that.

        Raises EngineError when the engine could not write an answer either.
        """
        messages = rewrite_prompt(question, history, num_ctx=self._model.entry.num_ctx)
        try:
            async with aclosing(
                self._model.chat(messages, think=False, sampling=REWRITE)
            ) as stream:
                pieces = [event.text async for event in stream if isinstance(event, Delta)]
        except (RequestRefused, EngineProtocol):  # the question as it was asked still serves
            return ""
        lines = "".join(pieces).strip().splitlines()
        return lines[0].strip(" \"'*") if lines else ""

    async def write(
        self,
        question: str,
        history: Sequence[Turn],
        hits: Sequence[Hit],
        *,
        level: Level | None = None,
    ) -> AsyncGenerator[Event]:
        """Yield the answer and its verdicts, then Finished, Declined or Failed.

        Raises EngineError while nothing was shown yet, and WriterSilent when
        the model ends without text.
        """
        prompt = answer_prompt(
            question,
            history,
            hits,
            num_ctx=self._model.entry.num_ctx,
            num_predict=ANSWER.num_predict,
            level=level,
        )
        if prompt.left_out:
            yield _trimmed(prompt, self._model.entry.num_ctx)
        guard = EchoGuard(prompt.ours, prompt.boundary)
        draft = _Draft(CitationChecker(self._encoder, prompt.hits), guard)
        try:
            async with aclosing(self._stream(prompt, draft)) as events:
                async for event in events:
                    yield event
            async with aclosing(self._finish(prompt, draft)) as events:
                async for event in events:
                    yield event
        except EngineError as error:
            if not draft.shown:
                raise
            yield Failed(error, draft.raw)
        except SearchUnavailable as error:  # the citations could not be checked
            yield Failed(IndexUnavailable(str(error)), draft.raw)
        finally:
            for task in draft.checks:
                task.cancel()

    async def _stream(self, prompt: Prompt, draft: _Draft) -> AsyncGenerator[Event]:
        """Pass on what the model writes at once; verdicts follow as they come in."""
        async with aclosing(
            self._model.chat(prompt.messages, think=False, sampling=ANSWER)
        ) as stream:
            async for event in stream:
                if isinstance(event, Ended):
                    draft.ended = event
                elif isinstance(event, Delta):
                    text = draft.take(event.text)
                    draft.thought |= bool(event.thinking)
                    if text or event.thinking:
                        yield Delta(text, event.thinking, event.pieces)
                    draft.check(text)
                    for verdict in draft.verdicts():
                        yield verdict
                    if draft.guard.echoed:
                        break
                else:
                    yield event
        if held := draft.last():
            yield Delta(held)
            draft.check(held)

    async def _finish(self, prompt: Prompt, draft: _Draft) -> AsyncGenerator[Event]:
        if draft.declines and not draft.shown:
            nearest = prompt.hits[0].passage if prompt.hits else None
            yield Declined("The lessons I found do not answer this.", nearest)
            return
        if not draft.raw.strip():
            thought = " thought and" if draft.thought else ""
            tag = self._model.entry.tag
            raise WriterSilent(f"{tag}{thought} ended without writing an answer.")
        for verdict in await draft.rest():
            yield verdict
        for notice in _notices(draft, self._model.entry.num_ctx):
            yield notice
        answer = strip_refuted(draft.raw, draft.checked).strip()
        usage = draft.ended.usage if draft.ended else None
        yield Finished(answer, _citations(prompt, draft), usage, self._model.entry.tag)


def _bare(text: str) -> str:
    return text.strip(" \n*_`\"'“”.").upper()


def _trimmed(prompt: Prompt, num_ctx: int) -> Notice:
    what = ", ".join(prompt.left_out)
    text = f"The model reads {num_ctx} tokens at once, so I left out {what}."
    return Notice(NoticeKind.TRIMMED, text)


def _notices(draft: _Draft, num_ctx: int) -> list[Notice]:
    notices: list[Notice] = []
    read = draft.ended.usage.prompt_tokens if draft.ended else 0
    if read >= num_ctx:
        text = f"The engine read {read} tokens, and {num_ctx} fit: it must have dropped some."
        notices.append(Notice(NoticeKind.TRIMMED, text))
    refuted = [checked for checked in draft.checked if not checked.supported]
    if refuted:
        removed = "; ".join(f"[{c.n}] after “{_short(c.sentence)}”" for c in refuted)
        notices.append(
            Notice(
                NoticeKind.REFUTED,
                f"Removed, because the passage does not bear it out: {removed}.",
            )
        )
    if not any(checked.supported for checked in draft.checked):
        notices.append(
            Notice(
                NoticeKind.UNSUPPORTED,
                "No sentence of this answer rests on a passage I could confirm. "
                "Check it against the lessons.",
            )
        )
    reason = draft.ended.reason if draft.ended else "cut"
    if draft.guard.echoed:
        notices.append(Notice(NoticeKind.CUT, _ECHOED))
    elif reason != "stop":
        rest = "" if reason == "loop" else " Ask me to “continue” for the rest."
        notices.append(Notice(NoticeKind.CUT, f"The answer was cut {_CUTS[reason]}.{rest}"))
    return notices


def _citations(prompt: Prompt, draft: _Draft) -> tuple[Citation, ...]:
    """Return each number once for each verdict, in the order of the passages."""
    verdicts = sorted({(c.n, c.supported) for c in draft.checked})
    hits = prompt.hits
    return tuple(
        Citation(n, hits[n - 1].passage if 1 <= n <= len(hits) else None, supported)
        for n, supported in verdicts
    )


def _short(sentence: str) -> str:
    limit = 80
    return sentence if len(sentence) <= limit else sentence[: limit - 1] + "…"
