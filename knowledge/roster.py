"""The roster: the systems the lessons name, one TOML file each, read or refused with every fault.

A file is `knowledge/roster/<slug>.toml`. CONTRIBUTING.md shows one. Facts that change carry the
day they were checked; after `fresh_days` days a row is stale, and `doctor` says so.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from knowledge.lesson import Source
from knowledge.stage import Stage

ROSTER = Path(__file__).parent / "roster"


class Ecosystem(StrEnum):
    """Who holds the weights: the maker alone, or everybody."""

    FRONTIER = "frontier"
    OPEN_WEIGHT = "open-weight"


class Lifecycle(StrEnum):
    """Whether a system can be used today, and where it runs."""

    LIVE_LOCAL = "live-local"
    LIVE_REMOTE = "live-remote"
    RETIRED = "retired"


class Grade(StrEnum):
    """How sure a name of a build is."""

    SEEN = "A"  # on the maker's or library's own page, or in an inventory of a real machine
    LISTED = "B"  # in a listing of the library's tags
    MENTIONED = "C"  # in one place, or in secondary sources only
    UNVERIFIED = "U"


@dataclass(frozen=True, slots=True)
class Build:
    """A published build of a system at one stage; `tag` is its full name at `provider`.

    `kin` names the relative it belongs to, where it is not the system itself.
    """

    stage: Stage
    provider: str
    tag: str
    grade: Grade
    kin: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider asks for a million tokens, in `currency`, as of the day `priced`.

    `tag` is a model of the system, or of its successor. `source` says where the price was read.
    """

    provider: str
    tag: str
    input: float
    output: float
    currency: str
    priced: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class System:
    """One row of the roster; `history` are sentences for people.

    `reach` ends the sentence that the lifecycle begins: "… can be run locally, for example with X".

    `missing` says of a stage why there is no build of it. `ended` is the last
    day of a retired system, and `successor` what takes its place.
    """

    slug: str
    name: str
    maker: str
    ecosystem: Ecosystem
    licence: str
    released: str
    sizes: tuple[str, ...]
    lineage: str
    lifecycle: Lifecycle
    reach: str
    history: str
    ended: dt.date | None
    successor: str | None
    builds: tuple[Build, ...]
    missing: tuple[tuple[Stage, str], ...]
    sources: tuple[Source, ...]
    checked: dt.date
    fresh_days: int
    asks: tuple[str, ...]
    prices: tuple[Price, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether it can still be used."""
        return self.lifecycle is not Lifecycle.RETIRED

    def stale(self, today: dt.date) -> bool:
        """Whether the row was checked longer ago than its facts are good for."""
        return (today - self.checked).days > self.fresh_days


@dataclass(frozen=True, slots=True)
class Roster:
    """Every system that can be used, by name, and every fault of the other files."""

    systems: tuple[System, ...]
    faults: tuple[str, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Build(_Strict):
    stage: Stage
    provider: str = Field(min_length=1)
    tag: str = Field(min_length=1, pattern=r"^\S+$")
    grade: Grade
    kin: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _full_tag(self) -> _Build:
        if self.provider == "ollama" and ":" not in self.tag:
            raise ValueError(f"'{self.tag}' must be a full tag, such as {self.tag}:8b")
        return self


class _Price(_Strict):
    provider: str = Field(min_length=1)
    tag: str = Field(min_length=1, pattern=r"^\S+$")
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    priced: dt.date
    source: str = Field(min_length=1)


class _System(_Strict):
    name: str = Field(min_length=1)
    maker: str = Field(min_length=1)
    ecosystem: Ecosystem
    licence: str = Field(min_length=1)
    released: str = Field(pattern=r"^\d{4}-\d{2}$")
    sizes: list[str]
    lineage: str = Field(min_length=1)
    lifecycle: Lifecycle
    reach: str = Field(min_length=1)
    history: str = ""
    ended: dt.date | None = None
    successor: str | None = Field(default=None, min_length=1)
    builds: list[_Build] = Field(min_length=1)
    missing: dict[Stage, str] = {}
    sources: list[Source] = Field(min_length=1)
    checked: dt.date
    fresh_days: int = Field(gt=0)
    asks: list[str] = []
    prices: list[_Price] = []

    @model_validator(mode="after")
    def _whole(self) -> _System:
        if self.lifecycle is Lifecycle.RETIRED and not (self.ended and self.successor):
            raise ValueError("a retired system needs 'ended' and 'successor'")
        if self.lifecycle is not Lifecycle.RETIRED and self.ended:
            raise ValueError("'ended' is for a retired system only")
        own = {build.stage for build in self.builds if build.kin is None}
        both = ", ".join(stage for stage in self.missing if stage in own)
        if both:
            raise ValueError(f"a stage has a build and is missing: {both}")
        if not any(source.url for source in self.sources):
            raise ValueError("no source has a url that a reader can open")
        return self


def read_roster(folder: Path = ROSTER) -> Roster:
    """Read every `*.toml` under `folder`; raises nothing, names every fault of every file."""
    systems: dict[str, System] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            system = _system(path.stem, tomllib.loads(path.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            faults.append(f"{path.name}: cannot be read as TOML ({error})")
        except ValidationError as error:
            faults.extend(f"{path.name}: {fault}" for fault in _told(error))
        else:
            if system.name in systems:
                faults.append(f"{path.name}: another system is already called '{system.name}'")
            systems.setdefault(system.name, system)
    ordered = sorted(systems.values(), key=lambda system: system.name.casefold())
    return Roster(tuple(ordered), tuple(faults))


def stale_rows(systems: Sequence[System], today: dt.date) -> tuple[System, ...]:
    """Return the systems whose facts are older than they are good for, oldest first."""
    return tuple(sorted((s for s in systems if s.stale(today)), key=lambda s: s.checked))


def _system(slug: str, content: dict[str, Any]) -> System:
    row = _System.model_validate(content)
    return System(
        slug=slug,
        name=row.name,
        maker=row.maker,
        ecosystem=row.ecosystem,
        licence=row.licence,
        released=row.released,
        sizes=tuple(row.sizes),
        lineage=row.lineage,
        lifecycle=row.lifecycle,
        reach=row.reach,
        history=row.history,
        ended=row.ended,
        successor=row.successor,
        builds=tuple(Build(b.stage, b.provider, b.tag, b.grade, b.kin) for b in row.builds),
        missing=tuple(row.missing.items()),
        sources=tuple(row.sources),
        checked=row.checked,
        fresh_days=row.fresh_days,
        asks=tuple(row.asks),
        prices=tuple(Price(**price.model_dump()) for price in row.prices),
    )


def _told(error: ValidationError) -> Iterator[str]:
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"])
        what = fault["msg"].removeprefix("Value error, ")
        yield f"'{where}': {what}" if where else what
