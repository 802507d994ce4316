"""Models rented at a provider, over LangChain's chat models.

`init_chat_model` reaches whatever LangChain reaches; here are OpenAI, Anthropic and any server
that speaks OpenAI's format. Their libraries are an optional extra and are imported at the first
use. Nothing is taken from the environment, no redirect is followed, nothing is tried again (each
try costs money), and no run is traced to LangSmith, whatever the environment says.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bot.engines.hosted_faults import from_provider
from bot.engines.limits import bounded
from bot.engines.lines import Piece, joined
from bot.engines.patience import Patience, gathered
from bot.engines.payload import turns_of
from bot.engines.thinking import ThinkSplitter
from bot.errors import EngineError, RequestRefused
from bot.lineup import Contender
from bot.model import (
    Delta,
    Ended,
    EndReason,
    Loading,
    Message,
    ModelEntry,
    ModelEvent,
    Sampling,
    Think,
    Usage,
)
from bot.provider import Provider

PATIENCE = Patience(connect=10.0, first_token=120.0, gap=60.0)
"""How long a provider may take, in seconds."""
_EXTRAS = {
    "openai": ("langchain_openai", "hosted-openai"),
    "compatible": ("langchain_deepseek", "hosted-openai"),
    "anthropic": ("langchain_anthropic", "hosted-anthropic"),
}
# LangChain's names. The class for OpenAI itself drops the thinking that other servers show; the
# one for DeepSeek is the same with that thinking kept, at any address.
_CLASSES = {"openai": "openai", "compatible": "deepseek", "anthropic": "anthropic"}
_REASONS: dict[str, EndReason] = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_context_window_exceeded"), "length"),
    **dict.fromkeys(("content_filter", "refusal"), "filter"),
}


def missing_extra(name: str) -> str:
    """Say which line installs what a provider needs; empty where it is there."""
    module, extra = _EXTRAS[name]
    if find_spec("langchain") and find_spec(module):
        return ""
    return f"The library for {name} is missing: python3 install.py --{extra}"


@dataclass(slots=True)
class _Read:
    """What a stream told beside its text; times in seconds of `time.monotonic`."""

    began: float
    first: float | None = None
    reason: EndReason = "cut"  # stays so when the provider closes without a word
    counts: Any = None

    def ended(self) -> Ended:
        """Return how it ended. The seconds are ours, network included: no provider tells them."""
        if not self.counts:
            return Ended(self.reason, Usage())
        now = time.monotonic()
        first = self.first if self.first is not None else now
        details = self.counts.get("output_token_details") or {}
        usage = Usage(
            prompt_tokens=self.counts["input_tokens"],
            answer_tokens=self.counts["output_tokens"],
            thinking_tokens=details.get("reasoning"),
            prompt_seconds=first - self.began,
            answer_seconds=now - first,
            total_seconds=now - self.began,
        )
        return Ended(self.reason, usage)


class HostedModel:
    """One rented model: `bot.model.Model`. It takes chats only."""

    def __init__(
        self, provider: Provider, contender: Contender, patience: Patience = PATIENCE
    ) -> None:
        self._provider = provider
        self._contender = contender
        self._patience = patience

    @property
    def entry(self) -> ModelEntry:
        """Which model this is and where it lives; the size of its context is not told."""
        return ModelEntry(self._contender.tag, self._provider.base_url, 0)

    def chat(
        self,
        messages: Sequence[Message],
        *,
        think: Think,  # noqa: ARG002  the port's; a provider's own words stand in the line-up
        sampling: Sampling,
    ) -> AsyncGenerator[ModelEvent]:
        """Answer `messages`. Closing the generator closes the connection. Raises `EngineError`."""
        return bounded(
            self._events(messages, sampling),
            tokens=self._room(sampling),
            seconds=self._patience.writing,
            clock=time.monotonic,
        )

    async def complete(
        self,
        prompt: str,  # noqa: ARG002  the port's
        *,
        sampling: Sampling,  # noqa: ARG002  the port's
    ) -> AsyncGenerator[ModelEvent]:
        """Refuse: providers take no raw text. Raises RequestRefused."""
        tag = self._contender.tag
        raise RequestRefused(tag, f"{tag} is rented, and its provider takes no raw text.")
        yield  # a generator, as the port asks

    async def preload(self) -> None:
        """Import the provider's library, which takes seconds the first time."""
        await asyncio.to_thread(_libraries, self._provider.name)

    async def _events(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[ModelEvent]:
        # Reading certificates takes a moment, and so does importing where nothing was preloaded.
        chat, client = await asyncio.to_thread(self._opened, sampling)
        splitter, read = ThinkSplitter(), _Read(time.monotonic())
        failure: EngineError | None = None
        pieces = self._pieces(chat, client, messages, read)
        waiting = gathered(pieces, self._patience, model=self._contender.tag, cold=False)
        try:
            async with aclosing(waiting) as bursts:
                async for burst in bursts:
                    if isinstance(burst, Loading):
                        continue
                    delta = joined(burst, splitter)
                    if delta.text or delta.thinking:
                        yield delta
        except EngineError as error:
            failure = error
        rest = splitter.finish()
        if rest != Delta():
            yield rest
        if failure:
            raise failure
        yield read.ended()

    async def _pieces(
        self, chat: Any, client: Any, messages: Sequence[Message], read: _Read
    ) -> AsyncGenerator[Piece]:
        """Yield what the provider sends, and note the rest in `read`. Raises `EngineError`."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(client)
                stack.enter_context(_untraced())
                stream = await stack.enter_async_context(aclosing(chat.astream(turns_of(messages))))
                async for chunk in stream:
                    piece = _piece(chunk, read)
                    if piece.text or piece.thinking:
                        read.first = read.first or time.monotonic()
                        yield piece
            except Exception as error:
                begun = read.first is not None
                told = from_provider(error, self._contender.tag, self._provider, begun=begun)
                if told is None:
                    raise
                raise told from error

    def _room(self, sampling: Sampling) -> int:
        """Return the tokens that are asked for: a budget for thinking comes on top."""
        budget = (self._contender.options.thinking or {}).get("budget_tokens", 0)
        return sampling.num_predict + int(budget)

    def _opened(self, sampling: Sampling) -> tuple[Any, Any]:
        """Return LangChain's chat model, and the connections that end with this one text."""
        import httpx2  # noqa: PLC0415  an optional extra
        from langchain.chat_models import init_chat_model  # noqa: PLC0415  as above

        for talkative in ("openai", "anthropic", "httpx2"):
            # OPENAI_LOG and ANTHROPIC_LOG make them print prompts.
            logging.getLogger(talkative).setLevel(logging.WARNING)
        limits = httpx2.Timeout(
            self._patience.first_token, connect=self._patience.connect, write=30.0
        )
        client = httpx2.AsyncClient(timeout=limits, trust_env=False, follow_redirects=False)
        provider, contender = self._provider, self._contender
        key = provider.key.get_secret_value() if provider.key else "none"
        options: dict[str, Any] = contender.options.model_dump(exclude_none=True)
        if "temperature" in contender.takes:
            options["temperature"] = sampling.temperature
        if "seed" in contender.takes and sampling.seed is not None:
            options["seed"] = sampling.seed
        address = "api_base" if provider.name == "compatible" else "base_url"
        options |= {address: provider.base_url, "api_key": key, "max_retries": 0}
        if provider.name != "anthropic":
            options |= {"http_async_client": client, "use_responses_api": False}
        chat = init_chat_model(
            contender.tag,
            model_provider=_CLASSES[provider.name],
            max_tokens=self._room(sampling),
            stream_usage=True,
            **options,
        )
        if provider.name == "anthropic":
            _connect(chat, provider, key, client)
        return chat, client


def _libraries(name: str) -> None:
    import_module("langchain.chat_models")
    import_module(_EXTRAS[name][0])


def _connect(chat: Any, provider: Provider, key: str, client: Any) -> None:
    """Let Anthropic's chat model use `client`: its own follows redirects and heeds proxies."""
    from anthropic import AsyncAnthropic  # noqa: PLC0415  an optional extra

    # LangChain's class has no parameter for it; its client is a cached property.
    vars(chat)["_async_client"] = AsyncAnthropic(
        api_key=key, base_url=provider.base_url, max_retries=0, http_client=client
    )


def _untraced() -> Any:
    """Return a block in which LangChain tells LangSmith nothing, whatever the environment says."""
    from langsmith import tracing_context  # noqa: PLC0415  an optional extra

    return tracing_context(enabled=False)


def _piece(chunk: Any, read: _Read) -> Piece:
    """Read one of LangChain's chunks: text and thinking apart, and what ends the stream."""
    texts: dict[str, list[str]] = {"text": [], "reasoning": []}
    for block in chunk.content_blocks:
        kind = block.get("type")
        if kind in texts:
            texts[kind].append(block.get(kind) or "")
    told = chunk.response_metadata
    if reason := told.get("finish_reason") or told.get("stop_reason"):
        read.reason = _REASONS.get(reason, "cut")
    read.counts = chunk.usage_metadata or read.counts
    return Piece("".join(texts["text"]), "".join(texts["reasoning"]), None)
