"""What word problems are about, and how they are put; the wordings are in stories.toml.

A toy that has seen few wordings knows their letters instead of what they ask. So most wordings are
put together: what is multiplied, what it is added to or taken from, and what is asked.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Form = Literal["plus", "less", "two"]
FILE = Path(__file__).parent / "stories.toml"
_WHOLE = 0.4
"""The share of problems in a wording that stands in the file as a whole."""
_FIRST = 0.25
"""The share of the others that ask before they tell."""
_JOINS = (". ", ". ", ". ", ", and ", ", and ", "; ", ", ", " and ")
_SMALL_TALK = 0.1
"""The share of problems with a word before them that has nothing to do with them."""
_TALK = (
    *("Suppose: ", "Here is a task. ", "A small problem: ", "Question: ", "Let us reckon. "),
    *("Hello! ", "For my homework: ", "Imagine this. ", "In our group: ", "Please solve: "),
)
_CHOICE = re.compile(r"\[([^\]]*)\]")
_SECOND = str.maketrans("ab", "cd")


def varied(rng: random.Random, wording: str) -> str:
    """Return a wording with one of each of its choices."""
    return _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), wording)


def plain(wording: str) -> str:
    """Return a wording with the first of each of its choices."""
    return _CHOICE.sub(lambda found: found[1].partition("|")[0], wording)


def pattern(wording: str) -> re.Pattern[str]:
    """Return what matches every question that a wording can become."""
    parts = _CHOICE.split(wording)
    escaped = [
        "(?:" + "|".join(map(re.escape, part.split("|"))) + ")" if at % 2 else re.escape(part)
        for at, part in enumerate(parts)
    ]
    return re.compile(re.sub(r"\\{.\\}", r"\\d+", "".join(escaped)))


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of problem: its wordings, and the unit of its answer.

    `drilled` are those in which a toy learns to reckon. `products`, `thirds`, `asks` and `firsts`
    are the parts of those that are put together. `held` are only measured with.
    """

    form: Form
    unit: str
    drilled: tuple[str, ...]
    train: tuple[str, ...]
    products: tuple[str, ...]
    asks: tuple[str, ...]
    firsts: tuple[str, ...]
    held: tuple[str, ...]
    thirds: tuple[str, ...] = ()

    def wording(self, rng: random.Random) -> str:
        """Return a wording that may be trained on; it is none of those that are held."""
        while True:
            if rng.random() < _WHOLE:
                found = varied(rng, rng.choice(self.drilled + self.train))
            else:
                found = self._joined(rng)
            if found not in self.held:
                return rng.choice(_TALK) + found if rng.random() < _SMALL_TALK else found

    def _joined(self, rng: random.Random) -> str:
        """Put a wording together from its parts."""
        product = varied(rng, rng.choice(self.products))
        if self.form == "two":
            # the second product stays the second: the steps follow the text
            parts = [product, _second(varied(rng, rng.choice(self.products)))]
        else:
            parts = [product, varied(rng, rng.choice(self.thirds))]
            rng.shuffle(parts)
        if rng.random() < _FIRST:
            first = varied(rng, rng.choice(self.firsts))
            told = product if "{c}" in first else " and ".join(parts)
            return f"{first} {told}?"
        before, after = parts
        join = rng.choice(_JOINS)
        after = _begun(after) if join == ". " else after
        return f"{_begun(before)}{join}{after}. {varied(rng, rng.choice(self.asks))}"


def _begun(clause: str) -> str:
    """Return a clause with a capital letter."""
    return clause[0].upper() + clause[1:]


def _second(clause: str) -> str:
    """Return a clause about the second product."""
    return re.sub(r"\{[ab]\}", lambda found: found[0].translate(_SECOND), clause)


@cache
def stories() -> tuple[Story, ...]:
    """Read the stories."""
    told: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["stories"]
    return tuple(
        Story(
            form=one["form"],
            unit=one["unit"],
            **{name: tuple(v) for name, v in one.items() if isinstance(v, list)},
        )
        for one in told
    )
