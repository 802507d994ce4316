"""One contender's part of a demo: its text, what it was given, and what it cost."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from bot.cost import reckon
from bot.errors import EngineError, EngineFailed, ModelMissing, RentalUnavailable
from bot.events import Failed, Finished, Notice, NoticeKind
from bot.model import Delta, Ended, EndReason, Loading, Model, ModelEvent, Usage
from bot.panes import Ending, Measured, PaneEvent, Prompted, measured
from bot.script import Given, Part, Script, given_to

log = logging.getLogger(__name__)

RAW = "as it was sent, without any template"
RENDERED = "the chat template applied by the engine"
RENTED = "the messages that were sent; the template they went into is the provider's own"


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

    def measured(self, usage: Usage | None, ended: Ending, part: Part | None = None) -> Measured:
        figures = measured(usage, ended, thought=self.thought, wrote=self.wrote, first=self.first)
        if part is not None and part.rented and usage is not None:
            figures = replace(figures, cost=reckon(usage, part.price))
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
    await _ready(part)
    given = given_to(part, script)
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
                async for last in _endings(event, progress, part, given, rendering):
                    yield last
    except EngineError:
        async for prompted in rendering.told():
            yield prompted
        raise
    finally:
        await rendering.close()


async def _ready(part: Part) -> None:
    """Raise `EngineError` for a model that is not there; bring a rented one's library in."""
    tag = part.seat.contender.tag
    if part.lack:
        raise RentalUnavailable(tag, part.lack)
    if not part.seat.installed:
        raise ModelMissing(tag)
    if part.rented:  # the time to the first token is to be without that
        await part.model.preload()


def _before(part: Part, given: Given) -> list[PaneEvent]:
    """Return what is told before there is any text."""
    told: list[PaneEvent] = [Loading(part.seat.contender.tag)] if part.cold else []
    told += [Notice(NoticeKind.DEVIATION, line) for line in given.deviations]
    if given.raw is not None:
        told.append(Prompted(given.raw, RAW))
    elif part.rented:
        sent = [{"role": turn.role, "content": turn.content} for turn in given.messages]
        text = json.dumps(sent, ensure_ascii=False, indent=1)
        told.append(Prompted(text, RENTED, exact=False))
    return told


def _stream(model: Model, given: Given) -> AsyncGenerator[ModelEvent]:
    if given.raw is not None:
        return model.complete(given.raw, sampling=given.sampling)
    return model.chat(given.messages, think=given.think, sampling=given.sampling)


class _Rendering:
    """Asks once, beside the text, what the model was given."""

    def __init__(self, part: Part, given: Given) -> None:
        self._part = part
        self._given = given
        self._asking: asyncio.Task[Prompted] | None = None

    def begin(self) -> None:
        """Ask, unless it was asked or is known."""
        if self._asking is None and self._given.raw is None and not self._part.rented:
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
        if part.engine is not None:
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
    ended: Ended, progress: _Progress, part: Part, given: Given, rendering: _Rendering
) -> AsyncGenerator[PaneEvent]:
    async for prompted in rendering.told():
        yield prompted
    if why := _why(ended.reason, given.sampling.num_predict, rented=part.rented):
        yield Notice(NoticeKind.CUT, why)
    if not progress.text.strip():
        what = "It thought, and came to no answer." if progress.thought else "It wrote nothing."
        yield Notice(NoticeKind.EMPTY, what)
    if part.rented and (secret := _kept_secret(ended, progress)):
        yield Notice(NoticeKind.DEVIATION, secret)
    yield progress.measured(ended.usage if ended.counted else None, ended.reason, part)
    yield Finished(progress.text, (), ended.usage, part.seat.contender.tag)


def _why(reason: EndReason, bound: int, *, rented: bool) -> str:
    """Say why a text is not whole; empty where it is."""
    silent = "The engine ended it without a word, as it does when a model repeats itself."
    return {
        "stop": "",
        "length": f"Cut at {bound} tokens, the bound of this demo.",
        "cut": "The provider ended it without a word." if rented else silent,
        "filter": "The provider's filter withheld the rest.",
        "loop": "Cut, because it had begun to repeat itself.",
        "time": "Cut, because it had been writing for as long as I let it.",
    }[reason]


def _kept_secret(ended: Ended, progress: _Progress) -> str:
    """Say what a provider did not tell of a text."""
    if not ended.counted:
        return "Its provider did not say what this cost."
    if ended.usage.thinking_tokens and not progress.thought:
        return "It thought, and its provider keeps that to itself."
    return ""
