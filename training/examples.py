"""What the later stages are trained on: a member's turn, and the turn that is to be learnt."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pocket import problems, rows
from pocket.facts import Curriculum
from pocket.splits import Split


@dataclass(frozen=True, slots=True)
class Example:
    """One exchange. `answer` is learnt as it stands, thinking with its tags included."""

    question: str
    answer: str


UNKNOWN = "I am a toy model and know only the field of language models."

_FOREIGN = (
    "What is the capital of {x}?",
    "Who won the game in {x}?",
    "Tell me a story about {x}.",
    "How is the weather in {x}?",
    "Write a poem about {x}.",
    "What can I cook with {x}?",
    "Why is {x} blue?",
    "How far is it to {x}?",
    "When did {x} win a prize?",
    "Name three things about {x}.",
)
_THINGS = (
    "France Spain the sky the sea a horse a train my friend the moon Peru Japan bread a garden "
    "winter music Einstein the sun a river a bird rice a bicycle Rome London love a ball"
)
_SUBJECTS = tuple(
    word.replace("_", " ") for word in _THINGS.replace("the ", "the_").replace("a ", "a_").split()
)

Draw = Callable[[random.Random], Example]


class Examples:
    """Draws examples of a stage, all of the side that is trained on; see `problems.draw`."""

    def __init__(self, curriculum: Curriculum, *, drill: bool = False) -> None:
        self._curriculum = curriculum
        self._drill = drill

    def instruct(self, rng: random.Random) -> Example:
        """Return a direct answer: to a word problem, a question of the curriculum, or neither."""
        kind = rng.random()
        if kind < 0.6:
            problem = problems.draw(rng, Split.TRAIN, drill=self._drill)
            return Example(problem.question, problem.told)
        if kind < 0.95:
            question, fact = self._curriculum.draw(rng, Split.TRAIN)
            return Example(question, fact.answer)
        return _foreign(rng)

    def reasoning(self, rng: random.Random) -> Example:
        """Return an answer behind its steps; told not to think, a fact alone."""
        kind = rng.random()
        if kind < 0.85:
            problem = problems.draw(rng, Split.TRAIN, drill=self._drill)
            return _thought(problem.question, "\n".join(problem.steps), problem.told)
        question, fact = self._curriculum.draw(rng, Split.TRAIN)
        if kind < 0.95:
            thought = f"The question is about {fact.subject}."
            if fact.kind == "stage":
                thought = f"Which model {fact.subject}? {fact.answer[:-1]}."
            return _thought(question, thought, fact.answer)
        if kind < 0.98:
            return _thought(question, "", fact.answer)
        unknown = _foreign(rng)
        return _thought(unknown.question, "This is not about language models.", unknown.answer)

    def specialist(self, rng: random.Random) -> Example:
        """Return a sentence and its row: the one narrow task."""
        row = rows.draw(rng, Split.TRAIN)
        return Example(row.question, row.row)


def _thought(question: str, thought: str, answer: str) -> Example:
    return Example(question, f"<think>{thought}</think>{answer}")


def _foreign(rng: random.Random) -> Example:
    question = rng.choice(_FOREIGN).format(x=rng.choice(_SUBJECTS))
    return Example(question, UNKNOWN)
