"""Who runs when: together where the models fit into memory together, else one after the other.

Ollama loads models one at a time, throws idle ones out for a new one, and lets requests of one
model wait behind each other without a word. So what would wait inside it waits here, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.lineup import Contender
from bot.model import InstalledModel

Installed = Mapping[tuple[str | None, str], InstalledModel]
"""What is installed: by the engine's address (None is the bot's own) and the model's tag."""

ROOM = 1.25
"""What a model takes in memory for each byte on disk: weights, context and buffers. A guess."""
LOAD_RATE = 0.12e9
"""Bytes a second at which a model loads from a plain disk, until loads were measured."""


def key(contender: Contender) -> tuple[str | None, str]:
    """Return the key of a contender's model in `Installed`."""
    return contender.host, contender.tag


@dataclass(frozen=True, slots=True)
class Plan:
    """Lanes run beside each other; the panes of one lane one after the other."""

    lanes: tuple[tuple[int, ...], ...]
    sentence: str


def make_plan(
    tags: Sequence[str], models: Mapping[str, InstalledModel], *, room: int, slots: int
) -> Plan:
    """Plan the panes whose models are `tags`; those that `models` lacks fail at once, beside all.

    `room` is the memory (bytes) that models may take together; what is in memory now shows that at
    least so much is there. `slots` is how many texts one model writes at once.
    """
    lanes: dict[str, list[list[int]]] = {}
    for pane, tag in enumerate(tags):
        of_model = lanes.setdefault(tag, [])
        if len(of_model) < slots:
            of_model.append([pane])
        else:
            min(of_model, key=len).append(pane)
    there = [models[tag] for tag in lanes if tag in models]
    needed = sum(model.size_bytes for model in there if not model.loaded) * ROOM
    needed += sum(model.size_bytes for model in there if model.loaded)
    held = sum(model.size_bytes for model in models.values() if model.loaded)
    beside = tuple(tuple(lane) for of_model in lanes.values() for lane in of_model)
    if len(there) < 2:  # noqa: PLR2004  one model needs no plan
        one = "One model writes all of them." if len(tags) > len(beside) else ""
        return Plan(beside, f"{one} One after the other." if one else "")
    if all(model.loaded for model in there):
        return Plan(beside, "All at once: the models are in memory.")
    if needed <= max(room, held):
        return Plan(beside, f"All at once: together they take about {needed / 1e9:.1f} GB.")
    absent = [lane for tag, of in lanes.items() if tag not in models for lane in of]
    # What is in memory goes first: its readers wait for nothing.
    order = sorted((t for t in lanes if t in models), key=lambda tag: not models[tag].loaded)
    row = tuple(pane for tag in order for lane in lanes[tag] for pane in lane)
    return Plan(
        (row, *(tuple(lane) for lane in absent)),
        f"One after the other: together they would take about {needed / 1e9:.1f} GB of memory.",
    )


class LoadTimes:
    """How long loading takes, learnt from the loads that were seen."""

    def __init__(self) -> None:
        self._rate = LOAD_RATE

    def seen(self, size: int, seconds: float) -> None:
        """Take note of a load of `size` bytes. Short ones were no loads from disk."""
        if seconds > 1.0 and size:
            self._rate = (self._rate + size / seconds) / 2

    def guess(self, size: int) -> float:
        """Return the seconds that loading `size` bytes may take."""
        return size / self._rate
