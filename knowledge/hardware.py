"""Hardware: what the calculators reckon with, read from hardware.toml.

Formats of weights with their bits, models with the layers that make up a KV cache, graphics cards.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

SHIPPED = Path(__file__).parent / "hardware.toml"

_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
_Name = Annotated[str, Field(min_length=1)]
_More = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Count = Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True, config=_STRICT)
class WeightFormat:
    """A way to store weights: `bits` a weight, the average over a whole file."""

    name: _Name
    bits: _More
    source: _Name


@dataclass(frozen=True, slots=True, config=_STRICT)
class Published:
    """A file that everybody can download: its format, and its size in billions of bytes."""

    stored: _Name
    gigabytes: _More
    source: _Name


@dataclass(frozen=True, slots=True, config=_STRICT)
class Architecture:
    """A model: billions of `parameters`, and what a layer of its KV cache is made of.

    `context` is the most tokens it was made for.
    """

    name: _Name
    parameters: _More
    layers: _Count
    kv_heads: _Count
    head_size: _Count
    context: _Count
    published: Published


@dataclass(frozen=True, slots=True, config=_STRICT)
class Card:
    """A graphics card; `gigabytes` of 2^30 bytes, as makers count memory."""

    name: _Name
    gigabytes: _Count

    @property
    def bytes(self) -> int:
        """The memory in bytes."""
        return self.gigabytes << 30


@dataclass(frozen=True, slots=True, config=_STRICT)
class Hardware:
    """Everything the file holds, and the day on which it was checked."""

    checked: dt.date
    formats: tuple[WeightFormat, ...]
    models: tuple[Architecture, ...]
    cards: tuple[Card, ...]

    def weights(self, text: str) -> WeightFormat | None:
        """Return the format of this name."""
        return _named(self.formats, text)

    def model(self, text: str) -> Architecture | None:
        """Return the model of this name; spaces, hyphens and case do not matter."""
        return _named(self.models, text)

    def nearest(self, parameters: float) -> Architecture:
        """Return the model whose number of parameters (billions) is nearest by ratio."""
        return min(
            self.models, key=lambda m: max(m.parameters, parameters) / min(m.parameters, parameters)
        )


_Thing = TypeVar("_Thing", WeightFormat, Architecture)


def _named(things: Sequence[_Thing], text: str) -> _Thing | None:
    wanted = _bare(text)
    return next((thing for thing in things if _bare(thing.name) == wanted), None)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == ".")


def read_hardware(path: Path = SHIPPED) -> Hardware:
    """Read a file like hardware.toml. Raises pydantic's ValidationError for one with a fault."""
    return TypeAdapter(Hardware).validate_python(tomllib.loads(path.read_text("utf-8")))
