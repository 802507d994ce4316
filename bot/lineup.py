"""Line-ups: which models stand side by side in a demo, one TOML file each.

A contender says its stage, because nothing an engine reports tells base from instruct, and names
its model by a full tag, because a short one moves to other weights.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.content import Content, read_folders
from bot.model import Think
from bot.provider import ProviderName
from knowledge.stage import Stage
from prompts.loader import FOLDER

SHIPPED = FOLDER / "lineups"
POCKET = "pocket"
"""The host of the toys that run in this process."""
MOST = 4
"""Contenders in one line-up: as many panes as one message can hold readably."""

Grade = Literal["A", "B", "C", "U"]
"""How sure a tag is. A: seen on the model's own page, on a real machine or in a dated live check.
B: in a listing of the library's tags. C: mentioned once. U: not verified."""

_QUANTISED = re.compile(r"(?:^|[-_:.])(?:i?q\d|bf16|fp16|f16|mxfp4)", re.IGNORECASE)


class HostedOptions(BaseModel):
    """What a rented model is asked for beside the prompt, in its provider's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasoning_effort: str | None = Field(default=None, pattern=r"^[a-z]+$")
    thinking: dict[str, str | int] | None = None


class Contender(BaseModel):
    """One model of a line-up.

    `think` is sent as it stands; None follows the stage. `digest` is how the engine's list of
    models began the model's digest when the file was written; `stop` ends a raw completion.

    With a `provider` the model is rented: its address and key come from the settings alone, so
    that no file can send a key elsewhere. `takes` names what of seed and temperature it accepts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    stage: Stage
    tag: str = Field(pattern=r"^\S+$")
    lineage: str = Field(min_length=1)
    version: str = Field(min_length=1)
    quantization: str = Field(min_length=1)
    grade: Grade
    source: str = Field(min_length=1)
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{12}$")
    label: str = ""
    host: str | None = Field(default=None, pattern=r"^(https?://|pocket$)")
    think: Think | None = None
    stop: tuple[str, ...] = ()
    moving: bool = False
    provider: ProviderName | None = None
    takes: tuple[Literal["temperature", "seed"], ...] = ("temperature",)
    options: HostedOptions = HostedOptions()

    @model_validator(mode="after")
    def _checked(self) -> Contender:
        if self.provider is not None:
            return self._rented()
        if self.options != HostedOptions():
            raise ValueError("'options' are for rented models, which name a provider")
        part = self.tag.rpartition("/")[2].partition(":")[2]
        if not part or part == "latest":
            raise ValueError(f"tag '{self.tag}' is not full: it moves to other weights")
        if not _QUANTISED.search(part) and not self.moving:
            raise ValueError(
                f"tag '{self.tag}' does not say its quantisation; if there is no fuller one, "
                "say moving = true"
            )
        if self.stage is Stage.BASE and self.think not in (None, False):
            raise ValueError("a base model has no template with which it could be told to think")
        return self

    def _rented(self) -> Contender:
        if self.stage is Stage.BASE:
            raise ValueError("providers take chats only: a base model cannot be rented")
        own = [name for name in ("host", "digest", "think", "stop") if getattr(self, name)]
        if own:
            raise ValueError(f"a rented model has no {' and no '.join(own)}")
        return self

    @property
    def name(self) -> str:
        """What stands above its pane."""
        return self.label or self.stage.value

    @property
    def thinks(self) -> Think:
        """What is sent as `think`."""
        return self.stage is Stage.REASONING if self.think is None else self.think


class Lineup(Content):
    """Contenders side by side. The lower its `rank`, the sooner it is used.

    `gigabytes` is what its models take on disk together.
    """

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    rank: int
    needs: str = Field(min_length=1)
    gigabytes: float = Field(gt=0)
    checked: dt.date
    contenders: tuple[Contender, ...] = Field(min_length=2, max_length=MOST)

    def of_stages(self, stages: Collection[Stage]) -> tuple[Contender, ...]:
        """Return the contenders of these stages; all where none is named."""
        return tuple(c for c in self.contenders if not stages or c.stage in stages)

    @property
    def rents(self) -> bool:
        """Whether a prompt of it leaves for a provider."""
        return any(c.provider for c in self.contenders)

    @property
    def embedded(self) -> bool:
        """Whether its models run in this process: used where no engine answers, or by name."""
        return all(c.host == POCKET for c in self.contenders)

    def missing(self, installed: Collection[str]) -> tuple[str, ...]:
        """Return the tags to pull that are not among those installed, each once."""
        own = (c.tag for c in self.contenders if c.provider is None)
        return tuple(dict.fromkeys(tag for tag in own if tag not in installed))


@dataclass(frozen=True, slots=True)
class Lineups:
    """The line-ups that can be used, best first, and every fault of the others."""

    all: tuple[Lineup, ...]
    faults: tuple[str, ...] = ()

    @property
    def served(self) -> Lineups:
        """Those whose models are an engine's or a provider's."""
        return Lineups(tuple(lineup for lineup in self.all if not lineup.embedded), self.faults)

    def find(self, slug: str) -> Lineup | None:
        """Return the line-up of this name."""
        return next((lineup for lineup in self.all if lineup.slug == slug), None)

    def stages_of(self, tag: str) -> tuple[Stage, ...]:
        """Return the stages at which line-ups use a model; nothing where none does."""
        contenders = [c for lineup in self.all for c in lineup.contenders]
        return tuple(dict.fromkeys(c.stage for c in contenders if c.tag == tag))


def read_lineups(folders: Iterable[Path]) -> Lineups:
    """Read every line-up of `folders`."""
    found, faults = read_folders(folders, Lineup)
    return Lineups(tuple(sorted(found, key=lambda lineup: lineup.rank)), tuple(faults))


def best(
    lineups: Sequence[Lineup], installed: Collection[str], stages: Collection[Stage] = ()
) -> Lineup | None:
    """Return the line-up to use: the first whole one, else the one of which most is there.

    Where stages are wished for, only their contenders count, and one that has more of the stages
    comes first. None when nothing of any line-up is installed.
    """

    def worth(lineup: Lineup) -> tuple[int, bool, int]:
        contenders = lineup.of_stages(stages)
        there = [c for c in contenders if c.tag in installed]
        wished = len({c.stage for c in there}) if stages else bool(there)
        return wished, len(there) == len(contenders), len(there)

    usable = [lineup for lineup in lineups if worth(lineup)[0]]
    if not usable:
        return None
    top = max(worth(lineup)[:2] for lineup in usable)
    fitting = [lineup for lineup in usable if worth(lineup)[:2] == top]
    # Of whole ones the first; of incomplete ones the fullest.
    return fitting[0] if top[1] else max(fitting, key=lambda lineup: worth(lineup)[2])
