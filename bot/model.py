"""The port to whatever writes text: one model, two ways to prompt it, one stream.

An engine adapter (`bot.engines`) yields any number of `Loading` and `Delta`
and then exactly one `Ended`; or it raises an `EngineError`. What was yielded
before the error stays true: the text belongs to the reader.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]
Think = bool | Literal["low", "medium", "high"]
EndReason = Literal["stop", "length", "cut", "time", "loop", "filter"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat, before any chat template."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """Where a model lives and how it is loaded.

    `num_ctx` (tokens) belongs here and not to a call: Ollama reloads a model
    whose load options change between calls.
    """

    tag: str
    base_url: str
    num_ctx: int


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one text is drawn: bounded length (tokens), temperature, seed, stop strings.

    `schema` is a JSON schema, written as JSON, to which an engine that can holds the text.
    """

    num_predict: int
    temperature: float = 0.2
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a text cost, from the engine's own counters; durations in seconds.

    `answer_tokens` counts thinking, too; `thinking_tokens` is how many of them that were, where
    the engine tells.
    """

    prompt_tokens: int = 0
    answer_tokens: int = 0
    thinking_tokens: int | None = None
    load_seconds: float = 0.0
    prompt_seconds: float = 0.0
    answer_seconds: float = 0.0
    total_seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens written per second of writing; 0.0 when nothing was measured."""
        return self.answer_tokens / self.answer_seconds if self.answer_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Loading:
    """The engine is bringing the model into memory; text follows."""

    model: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The newest piece of text, of thinking, or of both.

    `pieces` of the engine's stream were joined in it: about as many tokens, as Ollama
    sends one at a time. The exact number comes with `Ended`. `thoughts` of them were thinking.
    """

    text: str = ""
    thinking: str = ""
    pieces: int = 1
    thoughts: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over, for a reason of the engine's or of ours.

    `stop`: the text is whole. `length`: as long as was asked, or the context is full. `cut`:
    the engine closed it without saying why. `filter`: a provider withheld the rest. `time`,
    `loop`: we closed it, as it took too long or repeated itself; there are no counters then.
    """

    reason: EndReason
    usage: Usage

    @property
    def counted(self) -> bool:
        """Whether the engine told what the text cost."""
        return self.usage != Usage()


ModelEvent = Loading | Delta | Ended


class Model(Protocol):
    """One model of one engine."""

    @property
    def entry(self) -> ModelEntry:
        """Which model this is and where it lives."""
        ...

    def chat(
        self, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages` through the model's chat template.

        Closing the generator closes the generation. Raises `EngineError`.
        """
        ...

    def complete(self, prompt: str, *, sampling: Sampling) -> AsyncGenerator[ModelEvent]:
        """Continue `prompt` exactly as given, without any template (for base models).

        Closing the generator closes the generation. Raises `EngineError`.
        """
        ...

    async def preload(self) -> None:
        """Bring the model into memory and keep it there. Raises `EngineError`."""
        ...


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """One model of a server: what is on disk (bytes), and whether it is in memory.

    `memory_bytes` is what it takes there, `vram_bytes` the part of that on a GPU, and `expires` the
    moment it leaves; 0 and None while it is not loaded.
    """

    name: str
    size_bytes: int
    parameter_size: str
    quantization: str
    digest: str
    family: str
    capabilities: tuple[str, ...] = ()
    loaded: bool = False
    memory_bytes: int = 0
    vram_bytes: int = 0
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model says of itself. `context_length` (tokens) is what it was trained for.

    Capabilities do not tell a base model from an instructed one.
    """

    tag: str
    capabilities: tuple[str, ...]
    template: str
    parameters: str
    family: str
    parameter_size: str
    quantization: str
    context_length: int | None


class Engine(Protocol):
    """A server that runs models: what is there, apart from any one answer."""

    @property
    def base_url(self) -> str:
        """Where it listens."""
        ...

    async def version(self) -> str:
        """Return the server's version. Raises `EngineError`."""
        ...

    async def models(self) -> tuple[InstalledModel, ...]:
        """List the installed models and which of them are loaded. Raises `EngineError`."""
        ...

    async def show(self, tag: str) -> ModelCard:
        """Return what a model says of itself. Raises `EngineError`."""
        ...

    def model(self, entry: ModelEntry) -> Model:
        """Return the port to one model of this server."""
        ...

    async def render(
        self, entry: ModelEntry, messages: Sequence[Message], *, think: Think, sampling: Sampling
    ) -> str | None:
        """Return what `chat` would give the model: the messages with the chat template applied.

        None when the engine cannot tell. Raises `EngineError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Download:
    """How far a pull is, in bytes; `total` grows as the engine comes to further parts.

    `status` is the engine's word for what it does.
    """

    status: str
    done: int = 0
    total: int = 0


class Host(Engine, Protocol):
    """An engine to which models can be brought."""

    def pull(self, tag: str) -> AsyncGenerator[Download]:
        """Install a model. Closing the stream ends the download; what came is kept for another.

        Raises `EngineError`.
        """
        ...

    async def unload(self, tag: str) -> None:
        """Take a model out of memory, when it has written what it writes. Raises `EngineError`."""
        ...
