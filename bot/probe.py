"""The probe: do the roster's rows agree with what an engine says of the models themselves?

Only what is installed can be looked at. What a tag says of itself is a round number, and some count
no embeddings: a number of parameters agrees within `NEAR`, which tells 8B from 70B and 1B from 3B,
not 3B from 4B.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import EngineError
from bot.model import Engine, ModelCard
from knowledge.roster import Build, Lifecycle, System
from knowledge.stage import Stage

NEAR = (0.75, 1.6)
"""Least and greatest of the engine's number of parameters over the tag's."""
OLLAMA = "ollama"
_SIZE = re.compile(r"(?:(\d+)x)?(\d+(?:\.\d+)?)([mb])", re.IGNORECASE)
_QUANTISED = re.compile(r"i?q\d\w*|bf16|fp16|f16|mxfp4", re.IGNORECASE)
_BARE = re.compile(r"\s*(?:\{\{-?\s*\.Prompt\s*-?\}\})?\s*")


class Verdict(StrEnum):
    """What a look at a build found."""

    AGREES = "agrees"
    DIFFERS = "differs"
    ABSENT = "not installed"
    UNREAD = "not readable"
    REMOTE = "not checkable"


@dataclass(frozen=True, slots=True)
class Probed:
    """One build of a system, or a whole system where no build of it is looked at, and why."""

    system: str
    verdict: Verdict
    build: Build | None = None
    notes: tuple[str, ...] = ()


async def probe(systems: Sequence[System], engine: Engine) -> AsyncGenerator[Probed]:
    """Look at every row that is alive. Raises `EngineError` where the engine does not answer."""
    installed = {model.name for model in await engine.models()}
    for system in systems:
        if system.lifecycle is Lifecycle.LIVE_REMOTE:
            note = "it is reached through its maker's API, which needs a key"
            yield Probed(system.name, Verdict.REMOTE, notes=(note,))
        elif system.lifecycle is Lifecycle.LIVE_LOCAL:
            for build in system.builds:
                if build.provider != OLLAMA:
                    yield Probed(
                        system.name, Verdict.REMOTE, build, (f"it is at {build.provider}",)
                    )
                elif build.tag not in installed:
                    yield Probed(system.name, Verdict.ABSENT, build)
                else:
                    yield await _looked(system, build, engine)


async def _looked(system: System, build: Build, engine: Engine) -> Probed:
    try:
        card = await engine.show(build.tag)
    except EngineError as error:
        return Probed(system.name, Verdict.UNREAD, build, (error.sentence,))
    faults = [
        fault for fault in (_size(card), _quantisation(card), _template(card, build)) if fault
    ]
    if faults:
        return Probed(system.name, Verdict.DIFFERS, build, tuple(faults))
    told = [card.parameter_size, card.quantization]
    if build.stage is Stage.BASE and not _BARE.fullmatch(card.template):
        told.append("carries a chat template all the same: prompt it raw")
    return Probed(system.name, Verdict.AGREES, build, tuple(filter(None, told)))


def _size(card: ModelCard) -> str:
    """Say how the number of parameters differs from what the tag says of itself, if it does."""
    named = next(filter(None, map(_SIZE.fullmatch, _parts(card.tag))), None)
    counted = _SIZE.fullmatch(card.parameter_size)
    if named is None or counted is None:
        return ""
    experts = int(named[1] or 1)
    # Experts share what is not theirs, so eight of 7B are fewer than 56B, and more than one.
    least, most = _count(named) * NEAR[0], experts * _count(named) * NEAR[1]
    if least <= _count(counted) <= most:
        return ""
    return f"the tag says {named[0]} parameters, the model has {card.parameter_size}"


def _quantisation(card: ModelCard) -> str:
    named = next(filter(None, map(_QUANTISED.fullmatch, _parts(card.tag))), None)
    if named is None or not card.quantization:
        return ""
    same = _plain(named[0]) == _plain(card.quantization)
    return "" if same else f"the tag says {named[0]}, the model is {card.quantization}"


def _template(card: ModelCard, build: Build) -> str:
    if build.stage is Stage.BASE or not _BARE.fullmatch(card.template):
        return ""
    return f"a model of the stage {build.stage} has no chat template"


def _parts(tag: str) -> list[str]:
    return tag.rpartition(":")[2].split("-")


def _count(size: re.Match[str]) -> float:
    return float(size[2]) * (1e9 if size[3].lower() == "b" else 1e6)


def _plain(quantisation: str) -> str:
    return quantisation.lower().replace("fp16", "f16")
