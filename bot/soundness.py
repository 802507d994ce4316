"""Is a question sound? Its key must be what the cited passage says, and no other option may be.

Judged without another language model, by words and vectors, so whatever is unsure is a fault:
of good questions many are refused, of bad ones few pass (`python -m bench quiz` tells how many).
The key's own words must stand together in the passage beside those of the question, in a
sentence or two; another option that stands so, too, might be right as well. It cannot reason: a
false key made of the words of the right sentence may pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.evidence import Evidence
from bot.support import features, score
from bot.wording import Wording, analyse
from knowledge.passages import Vectors
from knowledge.question import Question, plainly

KEY_SHARE = 0.75
"""The least share of the key's own words that stand together in the passage."""
QUESTION_SHARE = 0.6
"""The least share of the question's words that stand around them, or in the headings."""
RIVAL_SHARE = 0.7
RIVAL_SLACK = 0.25
"""An option so much of which stands together, with this much less of the question around it than
around the key, might be right as well."""
NEARER_SHARE = 0.6
"""As above, of an option that the passage bears out better than the key."""
LEAST_SUPPORT = 0.5
"""The least log-odds, by `bot.support`, that the passage bears out question and key as one claim,
where the key does not stand there to the letter."""
SAME_MEANING = 0.7
"""The cosine from which two options with the same numbers may say the same."""

_NEEDS_SIGHT = re.compile(
    r"\b(?:the|this) (?:passage|lesson)\b|\baccording to the text\b|\btext above\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Place:
    """How much of an option, and of the question around it, stands at one place of a passage."""

    option: float
    question: float

    @property
    def weight(self) -> float:
        return self.option + self.question / 2


def claims_of(question: Question) -> tuple[str, ...]:
    """Return what each option claims, the key first; a model answer claims what it says."""
    if not question.options:
        return (question.answer,)
    return tuple(f"{question.text.rstrip('?. ')} {option}." for option in question.options)


def faults(
    question: Question, claims: Vectors, options: Vectors, evidence: Evidence
) -> Iterator[str]:
    """Say what speaks against asking `question` on the passage that `evidence` was made of.

    `claims` are the unit rows of `claims_of`, `options` those of the options (none for free text).
    """
    asked = _terms(analyse(question.text))
    own = [_terms(analyse(option)) - asked for option in question.options]
    if _NEEDS_SIGHT.search(question.text):
        yield "it speaks of a text that its readers do not see"
    yield from _of_options(question, own, options)
    key = _terms(analyse(question.answer)) - asked
    if not key:
        yield "the question tells its answer, or the answer has no words to look for"
        return
    best = _place(key, asked, evidence)
    yield from _of_key(question, best, evidence)
    odds = [
        score(features(claim, vector, evidence, ()))
        for claim, vector in zip(claims_of(question), claims, strict=True)
    ]
    literal = f" {plainly(question.answer)} " in f" {plainly(evidence.text)} "
    if odds[0] < LEAST_SUPPORT and not literal:
        yield "the passage does not bear the answer out"
    for option, terms, chance in zip(question.options[1:], own[1:], odds[1:], strict=True):
        place = _place(terms, asked, evidence)
        beside = place.option >= RIVAL_SHARE and place.question >= best.question - RIVAL_SLACK
        if beside or (chance > odds[0] and place.option >= NEARER_SHARE):
            yield f"'{option}' might be right as well"


def _of_key(question: Question, best: _Place, evidence: Evidence) -> Iterator[str]:
    """Say what the place where the key stands best lacks."""
    numbers = analyse(question.answer).numbers
    if not numbers <= evidence.whole.numbers:
        yield "the passage lacks a number of the answer"
    if numbers & analyse(question.text).numbers:
        yield "the answer repeats a number of the question"
    if best.option < KEY_SHARE:
        yield "the passage does not say the answer"
    if best.question < QUESTION_SHARE:
        yield "the passage does not speak of what is asked"


def _of_options(
    question: Question, own: Sequence[frozenset[str]], vectors: Vectors
) -> Iterator[str]:
    """Say which options cannot be told from the key."""
    key = f" {plainly(question.answer)} "
    numbers = analyse(question.answer).numbers
    for option, terms, vector in zip(question.options[1:], own[1:], vectors[1:], strict=True):
        text = f" {plainly(option)} "
        near = float(vector @ vectors[0]) >= SAME_MEANING and analyse(option).numbers == numbers
        if near or terms == own[0] or text in key or key in text:
            yield f"'{option}' may say the same as the answer"
        elif not terms:
            yield f"'{option}' has no words to look for in the passage"


def _terms(wording: Wording) -> frozenset[str]:
    return wording.meanings | wording.numbers


def _place(option: frozenset[str], asked: frozenset[str], evidence: Evidence) -> _Place:
    """Find where most of `option` and then of `asked` stands, in a sentence or two neighbours.

    Of `asked`, headings, the sentence before and what introduces a list count as well.
    """
    terms = [_terms(wording) for wording in evidence.wordings]
    heads = _terms(analyse(evidence.heads))
    best = _Place(0.0, 0.0)
    lead = before = frozenset[str]()
    for sentence, here in zip(evidence.sentences, terms, strict=True):
        lead = here if sentence.endswith(":") else lead
        around = here | heads | before | lead
        for near in (here, here | before):
            found = _Place(_share(option, near), _share(asked, around))
            best = max(best, found, key=lambda place: place.weight)
        before = here
    return best


def _share(some: frozenset[str], of: frozenset[str]) -> float:
    return len(some & of) / len(some) if some else 1.0
