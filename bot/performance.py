"""One contender's part of a demo: the prompt as its stage wants it, and what comes of it.

A base model gets the words themselves, never a chat template: what it does with bare text is what
a demo shows. The others get them as a member's turn, with `think` said outright, since an engine
that is not told lets a model think.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

from bot.curated import Form
from bot.errors import EngineError, EngineFailed, ModelMissing
from bot.events import Failed, Finished, Notice, NoticeKind
from bot.model import (
    Delta,
    Ended,
    Engine,
    Loading,
    Message,
    Model,
    ModelCard,
    ModelEvent,
    Sampling,
    Think,
    Usage,
)
from bot.panes import Ending, Measured, PaneEvent, Prompted, Seat, measured
from knowledge.stage import Stage
from prompts.loader import load_prompt

log = logging.getLogger(__name__)

FRAME_STOPS = ("\nQ:", "\n\n")
"""Where a base model's answer within the frame ends: before the question it would ask next."""
RAW = "as it was sent, without any template"
RENDERED = "the chat template applied by the engine"


@dataclass(frozen=True, slots=True)
class Part:
    """Who performs: a seat, the port to its model, and the model's card where it is known."""

    seat: Seat
    engine: Engine
    model: Model
    card: ModelCard | None
    cold: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """What is performed: the same for every contender of a demo."""

    prompt: str
    form: Form
    sampling: Sampling


@dataclass(slots=True)
class _Progress:
    """What came so far."""

    began: float
    first: float | None = None
    thought: int = 0
    wrote: int = 0
    text: str = ""

    def take(self, delta: Delta) -> None:
        if self.first is None:
            self.first = time.monotonic() - self.began
        self.thought += delta.thoughts
        self.wrote += delta.pieces - delta.thoughts
        self.text += delta.text

    def measured(self, usage: Usage | None, ended: Ending) -> Measured:
        figures = measured(usage, ended, thought=self.thought, wrote=self.wrote, first=self.first)
        return Measured(figures)


async def perform(part: Part, script: Script) -> AsyncGenerator[PaneEvent]:
    """Perform a part; ends with `Finished` or `Failed`, whatever happens."""
    progress = _Progress(time.monotonic())
    try:
        async with aclosing(_performed(part, script, progress)) as events:
            async for event in events:
                yield event
    except EngineError as error:
        yield progress.measured(None, "failed")
        yield Failed(error, progress.text)
    except Exception:  # a defect of ours must not end the other contenders
        log.exception("a contender failed: %s", part.seat.contender.tag)
        yield progress.measured(None, "failed")
        tag = part.seat.contender.tag
        yield Failed(EngineFailed(tag, f"Something went wrong here with {tag}."), progress.text)


async def _performed(part: Part, script: Script, progress: _Progress) -> AsyncGenerator[PaneEvent]:
    tag = part.seat.contender.tag
    if not part.seat.installed:
        raise ModelMissing(tag)
    given = _given(part, script)
    for told in _before(part, given):
        yield told
    rendering = _Rendering(part, given)
    progress.began = time.monotonic()
    try:
        async with aclosing(_stream(part.model, given)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    progress.take(event)
                    rendering.begin()  # now the model is loaded
                if not isinstance(event, Ended):
                    yield event
                    continue
                async for last in _endings(event, progress, tag, given, rendering):
                    yield last
    except EngineError:
        async for prompted in rendering.told():
            yield prompted
        raise
    finally:
        await rendering.close()


def _before(part: Part, given: _Given) -> list[PaneEvent]:
    """Return what is told before there is any text."""
    told: list[PaneEvent] = [Loading(part.seat.contender.tag)] if part.cold else []
    told += [Notice(NoticeKind.DEVIATION, line) for line in given.deviations]
    return [*told, Prompted(given.raw, RAW)] if given.raw is not None else told


@dataclass(frozen=True, slots=True)
class _Given:
    """What the model is given: raw text, or the member's words as a turn of a chat."""

    raw: str | None
    messages: tuple[Message, ...]
    think: Think
    sampling: Sampling
    deviations: tuple[str, ...]


def _given(part: Part, script: Script) -> _Given:
    raw = raw_prompt(part.seat.contender.stage, script)
    think, doubt = _think(part, raw=raw is not None)
    sampling, stops = _sampling(part, script, raw=raw is not None)
    deviations = tuple(line for line in (doubt, stops) if line)
    return _Given(raw, (Message("user", script.prompt),), think, sampling, deviations)


def _stream(model: Model, given: _Given) -> AsyncGenerator[ModelEvent]:
    if given.raw is not None:
        return model.complete(given.raw, sampling=given.sampling)
    return model.chat(given.messages, think=given.think, sampling=given.sampling)


def raw_prompt(stage: Stage, script: Script) -> str | None:
    """Return the prompt as raw text, or None where the model gets it as a turn of a chat."""
    if script.form == "swapped":
        if stage is not Stage.BASE:
            return script.prompt
        return load_prompt("chatml", prompt=script.prompt) + "\n"
    if stage is not Stage.BASE:
        return None
    framed = script.form == "framed"
    return load_prompt("frame", prompt=script.prompt) if framed else script.prompt


def _think(part: Part, *, raw: bool) -> tuple[Think, str]:
    """Return what to send as `think`, and a line where that is not what the line-up wants."""
    wanted = part.seat.contender.thinks
    if raw or not wanted or part.card is None or "thinking" in part.card.capabilities:
        return wanted, ""
    tag = part.seat.contender.tag
    return False, f"{tag} cannot be told to think; what it thinks by itself is read by its tags."


def _sampling(part: Part, script: Script, *, raw: bool) -> tuple[Sampling, str]:
    """Return the options, and a line where they are not those of the others."""
    contender = part.seat.contender
    framed = script.form == "framed" and contender.stage is Stage.BASE
    stop = (*contender.stop, *(FRAME_STOPS if framed else ())) if raw else ()
    if not stop:
        return script.sampling, ""
    common = script.sampling
    sampling = Sampling(common.num_predict, common.temperature, common.seed, stop)
    marks = ", ".join(repr(mark) for mark in stop)
    return sampling, f"It ends where it would write one of {marks}; the others have no such mark."


class _Rendering:
    """Asks once, beside the text, what the model was given."""

    def __init__(self, part: Part, given: _Given) -> None:
        self._part = part
        self._given = given
        self._asking: asyncio.Task[Prompted] | None = None

    def begin(self) -> None:
        """Ask, unless it was asked or is known."""
        if self._asking is None and self._given.raw is None:
            self._asking = asyncio.create_task(self._ask())

    async def told(self) -> AsyncGenerator[Prompted]:
        """Yield what was found, if it was asked."""
        if self._asking is not None:
            yield await self._asking

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> Prompted:
        part, given = self._part, self._given
        text = None
        with suppress(EngineError):
            text = await part.engine.render(
                part.model.entry, given.messages, think=given.think, sampling=given.sampling
            )
        if text is not None:
            return Prompted(text, RENDERED)
        how = "this engine cannot show it rendered; this is the message that went into the template"
        told = "\n".join(turn.content for turn in given.messages)
        if part.card is not None and part.card.template:
            told += f"\n\n{part.card.template}"
            how += ", and below it the template"
        return Prompted(told, how, exact=False)


async def _endings(
    ended: Ended, progress: _Progress, tag: str, given: _Given, rendering: _Rendering
) -> AsyncGenerator[PaneEvent]:
    async for prompted in rendering.told():
        yield prompted
    if ended.reason == "length":
        bound = given.sampling.num_predict
        yield Notice(NoticeKind.CUT, f"Cut at {bound} tokens, the bound of this demo.")
    elif ended.reason == "cut":
        why = "The engine ended it without a word, as it does when a model repeats itself."
        yield Notice(NoticeKind.CUT, why)
    elif ended.reason == "loop":
        yield Notice(NoticeKind.CUT, "Cut, because it had begun to repeat itself.")
    elif ended.reason == "time":
        yield Notice(NoticeKind.CUT, "Cut, because it had been writing for as long as I let it.")
    if not progress.text.strip():
        what = "It thought, and came to no answer." if progress.thought else "It wrote nothing."
        yield Notice(NoticeKind.EMPTY, what)
    yield progress.measured(ended.usage if ended.counted else None, ended.reason)
    yield Finished(progress.text, (), ended.usage, tag)
