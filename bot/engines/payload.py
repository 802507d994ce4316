"""What is sent to Ollama: turns and options, alike in every call of one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.model import Message, ModelEntry, Sampling


def turns_of(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the messages as Ollama takes them."""
    return [{"role": turn.role, "content": encodable(turn.content)} for turn in messages]


def options_of(entry: ModelEntry, sampling: Sampling) -> dict[str, Any]:
    """Return the options of a text. Raises ValueError for a `num_predict` below 1."""
    if sampling.num_predict < 1:
        raise ValueError("num_predict must be at least 1: a text without bound may never end")
    options: dict[str, Any] = {
        "num_ctx": entry.num_ctx,
        "num_predict": sampling.num_predict,
        "temperature": sampling.temperature,
    }
    if sampling.seed is not None:
        options["seed"] = sampling.seed
    if sampling.stop:
        options["stop"] = list(sampling.stop)
    return options


def encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no JSON body can carry."""
    return text.encode("utf-8", "replace").decode()
