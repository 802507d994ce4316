"""A toy model in this process, one token at a time. Importing this is slow (seconds)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream
from transformers import AutoTokenizer, DynamicCache, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from bot.model import EndReason, Sampling
from pocket.lineage import Toy as Shipped


@dataclass(frozen=True, slots=True)
class Token:
    """One token that was written: its text (empty within a character), or why there is no more."""

    text: str = ""
    thought: bool = False
    ended: EndReason | None = None


class Toy:
    """The weights and the tokenizer of one stage. Its methods block; one thread uses it."""

    def __init__(self, shipped: Shipped) -> None:
        shipped.check()
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ships no types
        began = time.monotonic()
        self.tokenizer = AutoTokenizer.from_pretrained(shipped.folder)
        self.model = LlamaForCausalLM.from_pretrained(shipped.folder, dtype=torch.float32)
        self.model.eval()  # type: ignore[no-untyped-call]  # ships no types
        self.context = shipped.context
        ends = self.model.generation_config.eos_token_id
        self.ends = frozenset(ends if isinstance(ends, list) else [ends])
        self.seconds = time.monotonic() - began
        """How long loading took."""

    def render(self, turns: list[dict[str, str]], *, think: bool | None) -> str:
        """Return `turns` with the chat template applied; `think` None is a model without."""
        switch: dict[str, Any] = {} if think is None else {"enable_thinking": think}
        return str(
            self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, **switch
            )
        )


class Writing:
    """One text while it is written, by `step`; `thinking` says whether the prompt opened a thought.

    With `apart`, think tags part thoughts from text; without, they are text like any other.
    """

    def __init__(self, toy: Toy, prompt: str, sampling: Sampling, *, apart: bool) -> None:
        self._toy = toy
        self._sampling = sampling
        self._apart = apart
        backend: Tokenizer = toy.tokenizer.backend_tokenizer
        self._backend = backend
        self._next: list[int] = backend.encode(prompt).ids
        self.prompt_tokens = len(self._next)
        self._cache = DynamicCache(config=toy.model.config)
        self._open, self._close = map(backend.token_to_id, ("<think>", "</think>"))
        self._thinking = apart and self._next[-1:] == [self._open]
        self._decoding = DecodeStream(skip_special_tokens=False)
        self._random = torch.Generator()
        if sampling.seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(sampling.seed)
        self.written = 0
        self.thought = 0

    def step(self) -> Token:
        """Write one token."""
        full = self.prompt_tokens + self.written >= self._toy.context
        if full or self.written >= self._sampling.num_predict:
            return Token(ended="length")
        torch.set_num_threads(1)  # of this thread; a second one is slower for so small a model
        with torch.inference_mode():
            logits = self._toy.model(
                input_ids=torch.tensor([self._next]),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[0, -1]
            chosen = self._draw(logits)
        self._next = [chosen]
        self.written += 1
        self.thought += self._thinking
        if chosen in self._toy.ends:
            return Token(ended="stop")
        if self._apart and chosen in (self._open, self._close):
            self._thinking = chosen == self._open
            return Token(thought=self._thinking)
        text = self._decoding.step(self._backend, chosen) or ""
        return Token(text, self._thinking)

    def _draw(self, logits: torch.Tensor) -> int:
        temperature = self._sampling.temperature
        if temperature <= 0:
            return int(logits.argmax())
        shares = torch.softmax(logits.float() / temperature, dim=-1)
        return int(torch.multinomial(shares, 1, generator=self._random))
