"""The curriculum's questions: facts of the field in many wordings, and what answers them."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pocket.splits import Split

FILE = Path(__file__).parent / "facts.toml"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of one kind. `subject` stands in questions; an answer with all `keys` is right."""

    kind: str
    subject: str
    answer: str
    keys: tuple[str, ...]


class Curriculum:
    """All facts and their wordings."""

    def __init__(self) -> None:
        told = tomllib.loads(FILE.read_text("utf-8"))
        self._wordings: dict[str, dict[str, list[str]]] = told["wordings"]
        self._manners: dict[str, list[list[str]]] = told["manners"]
        facts = [
            Fact(kind, subject, answer, tuple(keys))
            for kind in ("term", "stage")
            for subject, answer, keys in told[f"{kind}s"]
        ]
        for system in told["systems"]:
            facts += _of_system(*system)
        self.facts = tuple(facts)

    def ask(self, rng: random.Random, fact: Fact, split: Split) -> str:
        """Return a question for `fact` in a wording of `split`."""
        wording = rng.choice(self._wordings[fact.kind][split.value])
        before, after = rng.choice(self._manners[split.value])
        question = wording.format(x=fact.subject)
        return before + question[0].upper() + question[1:] + after

    def draw(self, rng: random.Random, split: Split) -> tuple[str, Fact]:
        """Return a question in a wording of `split`, and the fact it asks for."""
        fact = rng.choice(self.facts)
        return self.ask(rng, fact, split), fact


def answers(text: str, fact: Fact) -> bool:
    """Say whether a text answers directly and rightly: its first line states the fact.

    A line that asks something back states nothing, whatever words are in it.
    """
    line = text.strip().partition("\n")[0]
    return "?" not in line and all(key.casefold() in line.casefold() for key in fact.keys)


def _of_system(name: str, maker: str, ecosystem: str, year: str) -> list[Fact]:
    kind = ecosystem.replace("-", " ")
    return [
        Fact("maker", name, f"{maker} makes {name}.", (maker,)),
        Fact("weights", name, f"{name} is {kind}.", (f"is {kind}",)),
        Fact("year", name, f"{name} was released in {year}.", (year,)),
    ]
