"""VRAM: how much memory a model needs to run, and which graphics cards have it.

Weights: parameters times bits a weight. KV cache: a key and a value for each layer, head and
token ("Optimizing LLMs for Speed and Memory", Transformers documentation). Overhead: a rule of
thumb for buffers and the program. GB is a billion bytes, but a card's memory counts in 2^30.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.calculators.figures import within
from bot.errors import FigureInvalid
from knowledge.hardware import Architecture, Card, Hardware

OVERHEAD = 1e9
CACHE_BITS = {"f16": 16.0, "q8_0": 8.5, "q4_0": 4.5}
"""Bits of a number in the KV cache, by the name Ollama gives its type."""

MOST_PARAMETERS, MOST_CONTEXT, MOST_TOGETHER = 10_000.0, 10_000_000, 10_000
_FEWEST_BITS, _MOST_BITS = 1.0, 32.0
_BILLIONS = re.compile(r"(\d+(?:\.\d+)?)\s*b?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What is to run: a model of `parameters` billions, `context` tokens for each of `together`.

    `bits` a weight under the name `stored`; `shape` is the model whose layers are reckoned with.
    """

    name: str
    parameters: float
    stored: str
    bits: float
    context: int
    cache: str
    together: int
    shape: Architecture


@dataclass(frozen=True, slots=True)
class Memory:
    """What a load needs, in bytes."""

    weights: float
    cache: float
    overhead: float = OVERHEAD

    @property
    def whole(self) -> float:
        """Everything together."""
        return self.weights + self.cache + self.overhead

    def fits(self, card: Card) -> bool:
        """Say whether a card has that much."""
        return self.whole <= card.bytes


def load(
    hardware: Hardware,
    model: str,
    *,
    bits: str = "Q4_K_M",
    context: int = 8192,
    cache: str = "f16",
    together: int = 1,
) -> Load:
    """Return what is to run. `model` is a name or billions of parameters. Raises FigureInvalid."""
    shape, parameters = _model(hardware, model)
    stored, width = _bits(hardware, bits)
    within("the context", context, 1, MOST_CONTEXT)
    within("the requests at once", together, 1, MOST_TOGETHER)
    if cache not in CACHE_BITS:
        raise FigureInvalid(f"The KV cache is one of {', '.join(CACHE_BITS)}.")
    return Load(
        name=shape.name if shape else f"{parameters:g} billion parameters",
        parameters=parameters,
        stored=stored,
        bits=width,
        context=context,
        cache=cache,
        together=together,
        shape=shape or hardware.nearest(parameters),
    )


def memory(wanted: Load) -> Memory:
    """Return what a load needs."""
    shape = wanted.shape
    a_token = 2 * shape.layers * shape.kv_heads * shape.head_size * CACHE_BITS[wanted.cache] / 8
    return Memory(
        weights=wanted.parameters * 1e9 * wanted.bits / 8,
        cache=a_token * wanted.context * wanted.together,
    )


def told(wanted: Load, needed: Memory, hardware: Hardware) -> Iterator[str]:
    """Say what is needed and why, and what it fits on, a line at a time."""
    shape = wanted.shape
    yield f"{wanted.name} needs about {_gb(needed.whole)}:"
    yield (
        f"weights {_gb(needed.weights)} = {wanted.parameters:g} billion × "
        f"{wanted.bits:.2f} bits ({wanted.stored}) ÷ 8"
    )
    yield (
        f"KV cache {_gb(needed.cache)} = 2 × {shape.layers} layers × {shape.kv_heads} heads × "
        f"{shape.head_size} × {CACHE_BITS[wanted.cache] / 8:g} bytes ({wanted.cache}) × "
        f"{wanted.context:,} tokens × {wanted.together}"
    )
    yield f"overhead {_gb(needed.overhead)}, a rule of thumb for buffers and the program"
    if wanted.parameters != shape.parameters:
        yield f"Its layers are not known here; the cache is that of {shape.name}."
    if wanted.context > shape.context:
        yield f"{shape.name} was made for at most {shape.context:,} tokens of context."
    for card in hardware.cards:
        left = card.bytes - needed.whole
        yield (
            f"✅ {card.name}: {_gb(left)} left"
            if left >= 0
            else f"❌ {card.name}: {_gb(-left)} too little"
        )


def _model(hardware: Hardware, text: str) -> tuple[Architecture | None, float]:
    shape = hardware.model(text)
    if shape is not None:
        return shape, shape.parameters
    number = _BILLIONS.fullmatch(text.strip())
    if number is None:
        known = ", ".join(model.name for model in hardware.models)
        raise FigureInvalid(f"Name the billions of parameters, such as 8B, or one of {known}.")
    parameters = float(number[1])
    within("the billions of parameters", parameters, 0.001, MOST_PARAMETERS)
    return None, parameters


def _bits(hardware: Hardware, text: str) -> tuple[str, float]:
    known = hardware.weights(text)
    if known is not None:
        return known.name, known.bits
    try:
        bits = float(text)
    except ValueError:
        names = ", ".join(one.name for one in hardware.formats)
        raise FigureInvalid(
            f"Bits a weight are a number, such as 4.5, or one of {names}."
        ) from None
    within("the bits a weight", bits, _FEWEST_BITS, _MOST_BITS)
    return f"{bits:g} bits", bits


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
