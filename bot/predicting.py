"""Predictions: what each contender will do, said before it runs and judged by what it did.

They are judged by the run's own facts, by rules that are told to who predicts:

    ended       by itself, or cut (at the bound, by the engine, by us)
    thinking    whether there was any before the answer
    the text    how it begins, how it ends, and, after a bare prompt, whether it asks on

More than one outcome may hold for a contender, as for a base model that goes on with a text and is
cut. Whoever named one that holds was right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.board import ENDED, Board, Pane
from bot.curated import Form
from knowledge.stage import Stage


class Outcome(StrEnum):
    """What a contender can do, in a member's words."""

    CONTINUES = "goes on with the text"
    RUNS_ON = "runs on until it is cut"
    ANSWERS = "answers at once and stops"
    THINKS = "thinks first, then answers"
    ASKS = "asks back or declines"
    SILENT = "comes to no answer"


RULES = {
    Outcome.CONTINUES: "begins mid-sentence; or got the bare prompt and asks further questions",
    Outcome.RUNS_ON: "does not end by itself",
    Outcome.ANSWERS: "ends by itself, without thinking, and neither goes on nor asks back",
    Outcome.THINKS: "there are tokens of thinking before an answer",
    Outcome.ASKS: "ends by itself with a question, or begins with sorry, I can't, I won't",
    Outcome.SILENT: "writes nothing, or only thinks",
}
"""How it is decided, at most 100 characters each."""
_BY_OTHERS = frozenset({"failed", "stopped", "filter"})
"""Endings that say nothing of the contender: a fault, a person, a provider's filter."""
_MID_SENTENCE = frozenset(",;:.)…?!")
_DECLINING = (
    *("sorry", "i'm sorry", "i am sorry", "i can't", "i cannot", "i can not", "i won't"),
    *("i'm not able", "i am not able", "i'm unable", "i am unable"),
)


def outcomes(pane: Pane, form: Form) -> frozenset[Outcome]:
    """Return what holds of a contender; nothing where it still runs or others ended it."""
    figures = pane.figures
    if figures is None or pane.state not in ENDED or figures.ended in _BY_OTHERS:
        return frozenset()
    thought = bool(figures.thinking_tokens or pane.thinking.strip())
    cut, bare = figures.ended != "stop", _is_bare(pane, form)
    return frozenset(_holding(pane.text.strip(), thought=thought, cut=cut, bare=bare))


def _holding(text: str, *, thought: bool, cut: bool, bare: bool) -> Iterator[Outcome]:
    if cut:
        yield Outcome.RUNS_ON
    if not text:
        yield Outcome.SILENT
        return
    if thought:
        yield Outcome.THINKS
    on = text[0].islower() or text[0] in _MID_SENTENCE or (bare and "?" in text[:-1])
    if on:
        yield Outcome.CONTINUES
    asks = not cut and (text.endswith("?") or _declines(text))
    if asks:
        yield Outcome.ASKS
    if not (cut or thought or on or asks):
        yield Outcome.ANSWERS


def _declines(text: str) -> bool:
    return text.lower().replace("’", "'").startswith(_DECLINING)


def _is_bare(pane: Pane, form: Form) -> bool:
    """Say whether it got the prompt as raw text; `swapped` turns it round."""
    return (pane.seat.contender.stage is Stage.BASE) is not (form == "swapped")


@dataclass(frozen=True, slots=True)
class Score:
    """How many contenders a member was right about, of those that could be judged."""

    member: int
    right: int
    of: int


class Predictions:
    """What members foresee: one outcome for each contender and member, until they are closed."""

    def __init__(self) -> None:
        self.closed = False
        self._picks: dict[int, dict[int, Outcome]] = {}

    @property
    def members(self) -> int:
        """How many members have predicted."""
        return len(self._picks)

    def take(self, member: int, pane: int, outcome: Outcome) -> bool:
        """Take a prediction in the place of the member's earlier one; not when closed."""
        if not self.closed:
            self._picks.setdefault(member, {})[pane] = outcome
        return not self.closed

    def of(self, member: int) -> Mapping[int, Outcome]:
        """Return what a member foresees, by contender."""
        return self._picks.get(member, {})

    def forget(self, member: int) -> None:
        """Know nothing of a member."""
        self._picks.pop(member, None)

    def scores(self, board: Board) -> list[Score]:
        """Return how right each member was, best first."""
        held = held_by(board)
        made = [
            Score(member, sum(picks.get(n) in what for n, what in held.items()), len(held))
            for member, picks in self._picks.items()
        ]
        return sorted(made, key=lambda score: -score.right)

    def foreseen(self, pane: int, held: Collection[Outcome]) -> tuple[int, int]:
        """Return how many foresaw what a contender did, of how many who predicted it."""
        named = Counter(picks[pane] in held for picks in self._picks.values() if pane in picks)
        return named[True], named.total()


def held_by(board: Board) -> dict[int, frozenset[Outcome]]:
    """Return what holds, by contender, for those that can be judged."""
    form: Form = board.opened.form if board.opened else "plain"
    found = {n: outcomes(pane, form) for n, pane in enumerate(board.panes)}
    return {n: what for n, what in found.items() if what}


def in_words(held: Collection[Outcome]) -> str:
    """Say what a contender did."""
    return " and ".join(outcome.value for outcome in Outcome if outcome in held)
