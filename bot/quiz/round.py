"""A round: questions in a row, who chose what, and the scores.

A member's first answer to a question counts and cannot be changed: later ones may know the key.
Nothing in here waits, so that answers that come at once are each taken once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.attempts import Attempt
from bot.quiz.choosing import shuffled
from bot.quiz.points import points
from knowledge.question import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """A member's answer: the option, whether it is right, its points, and its time in seconds."""

    member: int
    option: str
    right: bool
    points: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Score:
    """What one member has: right answers of `of` questions, points, and seconds over all."""

    member: int
    right: int
    of: int
    points: int
    seconds: float


class Round:
    """Questions in a row under a seed. `within`: seconds for each, 0 where nothing hurries."""

    def __init__(self, questions: Sequence[Question], seed: str, within: float = 0.0) -> None:
        self.questions = tuple(questions)
        self.seed = seed
        self.within = within
        self._answers: list[dict[int, Answer]] = [{} for _ in self.questions]

    def options(self, n: int) -> tuple[str, ...]:
        """Return the options of question `n`, from 0, as they are shown; () for free text."""
        return shuffled(self.questions[n], self.seed)

    def take(self, n: int, member: int, option: str, seconds: float = 0.0) -> Answer | None:
        """Take a member's answer to question `n`; None where they have answered it before."""
        if member in self._answers[n]:
            return None
        right = option == self.questions[n].answer
        worth = points(right=right, seconds=seconds, within=self.within)
        answer = Answer(member, option, right, worth, seconds)
        self._answers[n][member] = answer
        return answer

    def recall(self, attempts: Iterable[Attempt]) -> None:
        """Know again what was answered before, from what was kept of it."""
        places = {question.id: n for n, question in enumerate(self.questions)}
        for one in attempts:
            n = places.get(one.question)
            if (
                n is not None
                and one.choice is not None
                and one.choice < len(self.questions[n].options)
            ):
                option, seconds = self.questions[n].options[one.choice], one.seconds or 0.0
                answer = Answer(one.member, option, one.right, one.points, seconds)
                self._answers[n].setdefault(one.member, answer)

    def answers(self, n: int) -> dict[int, Answer]:
        """Return the answers to question `n`, by member."""
        return dict(self._answers[n])

    def counts(self, n: int) -> dict[str, int]:
        """Return how many chose each option of question `n`, in the order they are shown."""
        chosen = [answer.option for answer in self._answers[n].values()]
        return {option: chosen.count(option) for option in self.options(n)}

    def fastest(self, n: int) -> Answer | None:
        """Return the right answer to question `n` that took the least time."""
        right = [answer for answer in self._answers[n].values() if answer.right]
        return min(right, key=lambda answer: (answer.seconds, answer.member), default=None)

    def scores(self, asked: int | None = None) -> list[Score]:
        """Return everybody's score after `asked` questions, best first; of equals the faster."""
        of = len(self.questions) if asked is None else asked
        members = {member for answers in self._answers for member in answers}
        made = [self._score(member, of) for member in members]
        return sorted(made, key=lambda one: (-one.points, -one.right, one.seconds, one.member))

    def forget(self, member: int) -> None:
        """Know nothing of a member."""
        for answers in self._answers:
            answers.pop(member, None)

    def _score(self, member: int, of: int) -> Score:
        theirs = [answers[member] for answers in self._answers if member in answers]
        return Score(
            member,
            right=sum(answer.right for answer in theirs),
            of=of,
            points=sum(answer.points for answer in theirs),
            seconds=sum(answer.seconds for answer in theirs),
        )
