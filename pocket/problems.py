"""Word problems in the field's own terms, with their steps and their answer.

Each asks for a product of two numbers of two digits and a sum, a difference or a second product.
That is hard to answer at once and easy in steps: the partial products come from the table of
small products, and a sum is written from its last digit on, so that each carry is known before it
is needed (Lee et al., Teaching Arithmetic to Small Transformers, 2023).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pocket.splits import Split, side
from pocket.stories import Story, plain, stories, varied

MOST = 9999
"""No number of a problem is larger: steps are written with four digits."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One word problem. `steps` are what a reasoning model writes before the answer."""

    question: str
    steps: tuple[str, ...]
    answer: int
    unit: str

    @property
    def told(self) -> str:
        """The answer as a sentence."""
        return f"{self.answer} {self.unit}."


def draw(rng: random.Random, split: Split, *, drill: bool = False) -> Problem:
    """Return a problem whose wording and whose products are all of `split`.

    In a `drill` there are few wordings: what has to be learnt there is to reckon.
    """
    story = rng.choice(stories())
    if drill:
        wording = plain(rng.choice(story.drilled))
    elif split is Split.TRAIN:
        wording = story.wording(rng)
    else:
        wording = varied(rng, rng.choice(story.held))
    while True:
        numbers = _numbers(rng, story)
        products = (numbers[:2], numbers[2:]) if story.form == "two" else (numbers[:2],)
        if all(side(*pair) is split for pair in products):
            break
    steps, answer = FORMS[story.form](numbers)
    filled = wording.format(**dict(zip("abcd", numbers, strict=False)))
    return Problem(filled, tuple(steps), answer, story.unit)


def _numbers(rng: random.Random, story: Story) -> tuple[int, ...]:
    """Draw the numbers of a problem; all that is reckoned with them stays within four digits."""
    while True:
        a, b = rng.randint(12, 99), rng.randint(12, 99)
        if story.form == "less":
            most = min(MOST, a * b + 4000)
            if most - 20 > a * b:
                return a, b, rng.randint(a * b + 20, most)
        elif story.form == "plus":
            c = rng.randint(21, 999)
            if a * b + c <= MOST:
                return a, b, c
        else:
            c, d = rng.randint(12, 99), rng.randint(12, 99)
            if a * b + c * d <= MOST:
                return a, b, c, d


def _product(a: int, b: int) -> list[str]:
    tens, ones = b // 10 * 10, b % 10
    return [f"{a}*{ones}={a * ones:04}", f"{a}*{tens}={a * tens:04}", _sum(a * ones, a * tens)]


def _sum(a: int, b: int) -> str:
    """Write a sum: the digits of the result from the last one on, then the right way round."""
    result = f"{a + b:04}"
    return f"{a:04}+{b:04}:{result[::-1]}={result}"


def _difference(a: int, b: int) -> str:
    result = f"{a - b:04}"
    return f"{a:04}-{b:04}:{result[::-1]}={result}"


def _plus(numbers: Sequence[int]) -> tuple[list[str], int]:
    a, b, c = numbers
    return [*_product(a, b), _sum(a * b, c)], a * b + c


def _less(numbers: Sequence[int]) -> tuple[list[str], int]:
    a, b, c = numbers
    return [*_product(a, b), _difference(c, a * b)], c - a * b


def _two(numbers: Sequence[int]) -> tuple[list[str], int]:
    a, b, c, d = numbers
    return [*_product(a, b), *_product(c, d), _sum(a * b, c * d)], a * b + c * d


FORMS: dict[str, Callable[[Sequence[int]], tuple[list[str], int]]] = {
    "plus": _plus,
    "less": _less,
    "two": _two,
}


def exact(text: str, problem: Problem) -> bool:
    """Say whether a text gives the answer: the first number of its first line is the right one."""
    found = re.search(r"\d+", text.strip().partition("\n")[0])
    return found is not None and int(found[0]) == problem.answer
