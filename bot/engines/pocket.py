"""The pocket lineage as an engine: toy models that run in this process, where no other engine is.

They are loaded when they are first asked. One thread computes for all of them, a token at a time,
so that texts that are written side by side take turns, and one that is closed stops at once.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engines.payload import turns_of
from bot.errors import ModelMissing, RequestRefused, ToysUnusable
from bot.lineup import POCKET
from bot.model import (
    Delta,
    Ended,
    InstalledModel,
    Loading,
    Message,
    ModelCard,
    ModelEntry,
    ModelEvent,
    Sampling,
    Think,
    Usage,
)
from knowledge.door import Door
from pocket.lineage import SHIPPED, Damaged, read_lineage
from pocket.lineage import Toy as Shipped

if TYPE_CHECKING:  # importing it takes seconds
    from bot.engines.toy import Token, Toy, Writing

ROOM = 16
"""Tokens of the context that a prompt leaves to the answer at least."""


def unusable(error: Damaged) -> str:
    """Say what is wrong with a toy, and what mends it."""
    return f"The toy models cannot be used: {error}. Get the program's files anew."


def tag_of(stage: str) -> str:
    """Return the tag of a stage's toy."""
    return f"{POCKET}:3m-{stage}-f16"


class PocketEngine:
    """The toys of `folder`: `bot.model.Engine`. `aclose` it."""

    base_url = POCKET

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._door = Door()
        self._loaded: dict[str, Toy] = {}

    async def version(self) -> str:
        """Return the first digits of the manifest's digests: they change with the weights."""
        toys = (await self._shipped()).values()
        return "-".join(toy.digest[:6] for toy in toys)

    async def models(self) -> tuple[InstalledModel, ...]:
        """List the toys. Raises `EngineError`."""
        return tuple(
            InstalledModel(
                name=tag,
                size_bytes=toy.size,
                parameter_size=_size(toy),
                quantization="F16",
                digest=toy.digest,
                family="llama",
                capabilities=_capabilities(toy),
                loaded=tag in self._loaded,
                memory_bytes=2 * toy.size if tag in self._loaded else 0,  # computed in float32
            )
            for tag, toy in (await self._shipped()).items()
        )

    async def show(self, tag: str) -> ModelCard:
        """Return what a toy is. Raises `EngineError`."""
        toy = await self.shipped(tag)
        return ModelCard(
            tag=tag,
            capabilities=_capabilities(toy),
            template="",
            parameters="",
            family="llama",
            parameter_size=_size(toy),
            quantization="F16",
            context_length=toy.context,
        )

    def model(self, entry: ModelEntry) -> PocketModel:
        """Return the port to one toy."""
        return PocketModel(self, entry)

    async def render(
        self,
        entry: ModelEntry,
        messages: Sequence[Message],
        *,
        think: Think,
        sampling: Sampling,  # noqa: ARG002  the port's: it changes no prompt here
    ) -> str | None:
        """Return what `chat` gives the toy. Raises `EngineError`."""
        shipped = await self.shipped(entry.tag)
        toy = await self.load(entry.tag)
        switch = bool(think) if shipped.thinks else None
        return await self._door.through(toy.render, turns_of(messages), think=switch)

    async def load(self, tag: str) -> Toy:
        """Return the toy, brought into memory at the first call. Raises `EngineError`."""
        shipped = await self.shipped(tag)
        try:
            return await self._door.through(self._load, tag, shipped)
        except Damaged as error:
            raise ToysUnusable(tag, unusable(error)) from error

    def loaded(self, tag: str) -> bool:
        """Say whether a toy is in memory."""
        return tag in self._loaded

    async def begin(self, tag: str, prompt: str, sampling: Sampling, *, apart: bool) -> Writing:
        """Begin a text. Raises `EngineError`, also for a prompt that the toy cannot hold."""
        toy = await self.load(tag)
        writing = await self._door.through(_begin, toy, prompt, sampling, apart=apart)
        if not 0 < writing.prompt_tokens <= toy.context - ROOM:
            raise RequestRefused(
                tag,
                f"{tag} is a toy: it reads from 1 to {toy.context - ROOM} tokens, and this "
                f"prompt has {writing.prompt_tokens}.",
            )
        return writing

    async def step(self, writing: Writing) -> Token:
        """Write one token."""
        return await self._door.through(writing.step)

    async def aclose(self) -> None:
        """Compute no more."""
        self._door.close()

    async def _shipped(self) -> Mapping[str, Shipped]:
        try:
            toys = await self._door.through(read_lineage, self._folder)
        except Damaged as error:
            raise ToysUnusable(POCKET, unusable(error)) from error
        return {tag_of(stage): toy for stage, toy in toys.items()}

    async def shipped(self, tag: str) -> Shipped:
        """Return what is shipped of a toy. Raises `EngineError`."""
        toys = await self._shipped()
        if tag not in toys:
            raise ModelMissing(tag)
        return toys[tag]

    def _load(self, tag: str, shipped: Shipped) -> Toy:
        from bot.engines.toy import Toy  # noqa: PLC0415  torch takes seconds, here in the thread

        if tag not in self._loaded:
            self._loaded[tag] = Toy(shipped)
        return self._loaded[tag]


class PocketModel:
    """One toy: `bot.model.Model`."""

    def __init__(self, engine: PocketEngine, entry: ModelEntry) -> None:
        self._engine = engine
        self._entry = entry

    @property
    def entry(self) -> ModelEntry:
        """Which model this is and where it lives."""
        return self._entry

    async def chat(
        self, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages`, with thinking kept apart. Raises `EngineError`."""
        tag = self._entry.tag
        if not messages:
            raise RequestRefused(tag, "There is nothing to answer.")
        toy = await self._engine.shipped(tag)
        if toy.stage == "base":
            raise RequestRefused(tag, f"{tag} has no chat template: it continues text.")
        if think and not toy.thinks:
            raise RequestRefused(tag, f"{tag} cannot be told to think.")
        cold = not self._engine.loaded(tag)
        if cold:
            yield Loading(tag)
        prompt = await self._engine.render(self._entry, messages, think=think, sampling=sampling)
        written = self._written(prompt or "", sampling, apart=True, cold=cold)
        async with aclosing(written) as events:
            async for event in events:
                yield event

    async def complete(self, prompt: str, *, sampling: Sampling) -> AsyncGenerator[ModelEvent]:
        """Continue `prompt` as it stands; what comes is passed on as it stands.

        Raises `EngineError`.
        """
        cold = not self._engine.loaded(self._entry.tag)
        if cold:
            yield Loading(self._entry.tag)
        written = self._written(prompt, sampling, apart=False, cold=cold)
        async with aclosing(written) as events:
            async for event in events:
                yield event

    async def preload(self) -> None:
        """Bring the toy into memory and keep it there. Raises `EngineError`."""
        await self._engine.load(self._entry.tag)

    async def _written(
        self, prompt: str, sampling: Sampling, *, apart: bool, cold: bool
    ) -> AsyncGenerator[ModelEvent]:
        asked = time.monotonic()
        toy = await self._engine.load(self._entry.tag)
        began = time.monotonic()
        writing = await self._engine.begin(self._entry.tag, prompt, sampling, apart=apart)
        first: float | None = None
        tail = _Tail(sampling.stop)
        while True:
            token = await self._engine.step(writing)
            first = time.monotonic() if first is None else first
            text, stopped = (token.text, False) if token.thought else tail.take(token.text)
            if token.ended or stopped:
                break
            if text or (token.thought and token.text):
                yield _delta(text, thought=token.thought)
        if rest := text + ("" if stopped else tail.rest()):
            yield Delta(rest, pieces=0)
        now = time.monotonic()
        usage = Usage(
            prompt_tokens=writing.prompt_tokens,
            answer_tokens=writing.written,
            thinking_tokens=writing.thought,
            load_seconds=toy.seconds if cold else 0.0,
            prompt_seconds=first - began,
            answer_seconds=now - first if writing.written > 1 else 0.0,  # one token has no pace
            total_seconds=now - asked,
        )
        yield Ended("stop" if stopped else token.ended or "stop", usage)


class _Tail:
    """Holds back the end of a text that may become one of `stops`."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""

    def take(self, text: str) -> tuple[str, bool]:
        """Return what can be told of by now, and whether a stop string ended the text."""
        self._held += text
        ends = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if ends:
            return self._held[: min(ends)], True
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        told, self._held = (
            self._held[: len(self._held) - keep],
            self._held[len(self._held) - keep :],
        )
        return told, False

    def rest(self) -> str:
        """Return what was held back."""
        return self._held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that is a beginning of `stop`."""
    return next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)


def _delta(text: str, *, thought: bool) -> Delta:
    return Delta(thinking=text, thoughts=1) if thought else Delta(text)


def _begin(toy: Toy, prompt: str, sampling: Sampling, *, apart: bool) -> Writing:
    from bot.engines.toy import Writing  # noqa: PLC0415  as in PocketEngine._load

    return Writing(toy, prompt, sampling, apart=apart)


def _size(toy: Shipped) -> str:
    return f"{toy.parameters / 1e6:.2f}M"


def _capabilities(toy: Shipped) -> tuple[str, ...]:
    return ("completion", "thinking") if toy.thinks else ("completion",)
