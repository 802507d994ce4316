"""The specialist's one task: a sentence about an invented model becomes a row of JSON."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from pocket.splits import Split, side

_STARTS = "ba be bo da do fa fi ga go ka ki la lo ma mi na no pa po ra ri sa so ta to va vi".split()
_ENDS = "bel dan dor fin gar kan len lin lor mar nel nor pan ril ron sol tan tel vin zor".split()
_HOUSES = ("Labs", "Research", "Works", "Institute", "Systems")
_STAGES = ("base", "instruct", "reasoning", "fine-tuned")

TRAIN = (
    "{name} is {a} {stage} model by {maker} with {size} billion parameters.",
    "{maker} published {name}, {a} {stage} model of {size} billion parameters.",
    "With {size} billion parameters, {name} by {maker} is {a} {stage} model.",
    "{name}, {a} {stage} model, comes from {maker} and has {size} billion parameters.",
    "The {stage} model {name} of {maker} has {size} billion parameters.",
    "{maker} makes {name}. It is {a} {stage} model with {size} billion parameters.",
    "{name} is made by {maker}. It is {a} {stage} model and has {size} billion parameters.",
    "{maker} has {a} {stage} model: {name}, {size} billion parameters.",
    "{size} billion parameters has {name}, {a} {stage} model of {maker}.",
    "{name} ({maker}) is {a} {stage} model of {size} billion parameters.",
    "From {maker} comes {name}. It has {size} billion parameters. It is {a} {stage} model.",
    "The model {name} was published by {maker}. It is {a} {stage} model with {size} billion.",
    "{maker} trained {name} with {size} billion parameters. It is {a} {stage} model.",
    "There is {a} {stage} model by {maker}. It is called {name} and has {size} billion parameters.",
)
HELD = (
    "{name} by {maker} is {a} {stage} model with {size} billion parameters.",
    "{maker} made the {stage} model {name} with {size} billion parameters.",
    "{name} comes from {maker}. It has {size} billion parameters and is {a} {stage} model.",
)
_ASKS = {
    Split.TRAIN: ("Make a row: ", "As a row: ", "Write this as a JSON row: ", "Row, please: "),
    Split.HELD: ("Make a JSON row: ", "Write this as a row: "),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence and the row it is to become."""

    sentence: str
    question: str
    row: str


def draw(rng: random.Random, split: Split) -> Row:
    """Return a sentence whose wording and whose names are of `split`, with its row."""
    name, maker = _name(rng, split), _name(rng, split)
    house, stage, size = rng.choice(_HOUSES), rng.choice(_STAGES), rng.randint(1, 99)
    maker = f"{maker} {house}"
    filled = rng.choice(TRAIN if split is Split.TRAIN else HELD).format(
        name=name, maker=maker, stage=stage, size=size, a="an" if stage == "instruct" else "a"
    )
    row = json.dumps({"name": name, "maker": maker, "stage": stage, "size": f"{size}B"})
    return Row(filled, rng.choice(_ASKS[split]) + filled, row)


def exact(text: str, row: Row) -> bool:
    """Say whether a text is that row and nothing else, whatever its white space."""
    try:
        return bool(json.loads(text) == json.loads(row.row))
    except ValueError:
        return False


def _name(rng: random.Random, split: Split) -> str:
    while True:
        name = (rng.choice(_STARTS) + rng.choice(_ENDS)).capitalize()
        if side(name) is split:
            return name
