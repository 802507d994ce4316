"""The retrieval bench's labelled questions, and the judge that says what a search found.

Relevance is judged by facts, not by passages: a question names the facts its answer needs,
and a text is relevant to one of them when it states it, in whatever words. So the same labels
serve any wording of the lessons and any way of cutting them.

Definitions, for a question with facts F and texts 1..n in the order they were found:

- Only the first `budget` characters of the texts one after another count (what a prompt would
  carry); the text in which the budget ends counts with what lies before its end.
- rank(f) is the place, from 1, of the first text that states f; none when no text does.
- hit@k: every f of F has rank(f) <= k.
- reciprocal rank: 1 / the largest rank(f) over F; 0 when any fact is not found. Its mean over
  questions is the MRR of this bench, stricter than the usual one for questions with two facts.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

WINDOW = 400
"""Characters within which every group of a fact's needles must match."""

BUDGET = 6000
"""Characters of found text that count, as many as a prompt would carry."""

HEADING = 120
"""A first line up to this many characters is a heading: it stands near all the text below it."""

Split = Literal["tune", "report"]
"""Settings may be chosen on "tune" only; published figures come from "report"."""

_FOLDER = Path(__file__).parent / "labels"
_PLAIN = str.maketrans(
    {**dict.fromkeys("*_`", ""), **dict.fromkeys("‐‑‒–—", "-"), "’": "'", "“": '"', "”": '"'}
)


class LabelsInvalid(Exception):
    """A label file contradicts itself or the others; the message names file and entry."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the lessons say. A text states it when every group of `needles` matches.

    `statement` and `also` are wordings of it that must be recognised.
    """

    id: str
    statement: str
    also: tuple[str, ...]
    needles: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A member's question; an answer needs all of `facts`. Foreign questions have none.

    `about` names the lessons it is about: "landscape" (the nine on the landscape) or "field".
    """

    id: str
    kind: str
    question: str
    split: Split
    about: str = "landscape"
    facts: tuple[Fact, ...] = ()
    history: tuple[Turn, ...] = ()


def load_facts() -> dict[str, Fact]:
    """Return every fact by its id. Raises LabelsInvalid."""
    with (_FOLDER / "facts.toml").open("rb") as file:
        content = tomllib.load(file)
    names: dict[str, list[str]] = content["names"]
    facts: dict[str, Fact] = {}
    for entry in content["fact"]:
        fact = _fact(entry, names)
        if fact.id in facts:
            raise LabelsInvalid(f"facts.toml: {fact.id} stands there twice")
        facts[fact.id] = fact
    return facts


def load_questions(split: Split | None = None) -> tuple[Question, ...]:
    """Return the questions the lessons answer, of one split or of both. Raises LabelsInvalid."""
    facts = load_facts()
    questions = (*_load("questions.jsonl", facts), *_load("field.jsonl", facts, about="field"))
    for question in questions:
        if not question.facts:
            raise LabelsInvalid(f"{question.id} names no fact")
    return _of(questions, split)


def load_foreign(split: Split | None = None) -> tuple[Question, ...]:
    """Return the questions the lessons do not answer (far, near, harmful). Raises LabelsInvalid."""
    return _of(_load("foreign.jsonl", {}), split)


def states(fact: Fact, text: str) -> bool:
    """Tell whether a text states a fact.

    Every group must match, all within WINDOW characters of the plain text (marks removed, white
    space collapsed); groups that match in the text's heading need not match again below it.
    """
    first, _, rest = text.partition("\n")
    open_groups = fact.needles
    if rest.strip() and len(first) <= HEADING:
        heading = _plain(first)
        open_groups = tuple(group for group in fact.needles if not group.search(heading))
    return _within_window(open_groups, _plain(text))


def first_hit(
    question: Question, texts: Sequence[str], budget: int = BUDGET
) -> dict[str, int | None]:
    """Return, for each fact's id, the rank of the first text that states it, or None.

    `budget` is in characters; the module's docstring defines how it counts.
    """
    kept = tuple(_first_characters(texts, budget))
    return {
        fact.id: next((rank for rank, text in enumerate(kept, 1) if states(fact, text)), None)
        for fact in question.facts
    }


def hit_at(question: Question, texts: Sequence[str], k: int, budget: int = BUDGET) -> bool:
    """Tell whether the first `k` texts state every fact. Raises ValueError for a foreign one."""
    worst = _worst_rank(question, texts, budget)
    return worst is not None and worst <= k


def reciprocal_rank(question: Question, texts: Sequence[str], budget: int = BUDGET) -> float:
    """Return 1 / the worst fact's rank, 0 if one is missing. Raises ValueError as `hit_at`."""
    worst = _worst_rank(question, texts, budget)
    return 0.0 if worst is None else 1 / worst


def _worst_rank(question: Question, texts: Sequence[str], budget: int) -> int | None:
    if not question.facts:
        raise ValueError(f"{question.id} has no facts: nothing can be a hit for it")
    worst = 0
    for rank in first_hit(question, texts, budget).values():
        if rank is None:
            return None
        worst = max(worst, rank)
    return worst


def _first_characters(texts: Sequence[str], budget: int) -> Iterator[str]:
    for text in texts:
        if budget <= 0:
            return
        yield text[:budget]
        budget -= len(text)


def _within_window(groups: Sequence[re.Pattern[str]], text: str) -> bool:
    """Find a stretch of at most WINDOW characters that holds a match of every group."""
    found = [[match.span() for match in group.finditer(text)] for group in groups]
    if not all(found):
        return False
    # The stretch, if there is one, begins where some match begins: try each.
    starts = sorted({start for spans in found for start, _ in spans})
    return not found or any(
        all(
            any(begin <= start and end <= begin + WINDOW for start, end in spans) for spans in found
        )
        for begin in starts
    )


def _plain(text: str) -> str:
    return " ".join(text.translate(_PLAIN).split())


def _fact(entry: dict[str, Any], names: dict[str, list[str]]) -> Fact:
    groups: list[re.Pattern[str]] = []
    for group in entry["needles"]:
        parts: list[str] = []
        for part in group:
            parts.extend(_named(part, names) if part.startswith("@") else [part])
        try:
            groups.append(re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE))
        except re.error as error:
            raise LabelsInvalid(f"facts.toml: {entry['id']}: {error}") from error
    if len(groups) < 2:
        raise LabelsInvalid(f"facts.toml: {entry['id']} needs two groups of needles or more")
    return Fact(entry["id"], entry["statement"], tuple(entry["also"]), tuple(groups))


def _named(part: str, names: dict[str, list[str]]) -> list[str]:
    name = part.removeprefix("@")
    if name not in names:
        raise LabelsInvalid(f"facts.toml: no expressions are named {name}")
    return names[name]


def _load(file_name: str, facts: dict[str, Fact], about: str = "landscape") -> tuple[Question, ...]:
    questions: dict[str, Question] = {}
    for line in (_FOLDER / file_name).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        where = f"{file_name}: {entry['id']}"
        unknown = [fact for fact in entry.get("facts", ()) if fact not in facts]
        if unknown:
            raise LabelsInvalid(f"{where}: no such fact: {', '.join(unknown)}")
        if entry["split"] not in get_args(Split):
            raise LabelsInvalid(f"{where}: no such split: {entry['split']}")
        if entry["id"] in questions:
            raise LabelsInvalid(f"{where} stands there twice")
        questions[entry["id"]] = Question(
            id=entry["id"],
            kind=entry["kind"],
            question=entry["question"],
            split=entry["split"],
            about=about,
            facts=tuple(facts[fact] for fact in entry.get("facts", ())),
            history=tuple(Turn(turn["role"], turn["content"]) for turn in entry.get("history", ())),
        )
    return tuple(questions.values())


def _of(questions: Sequence[Question], split: Split | None) -> tuple[Question, ...]:
    return tuple(one for one in questions if split is None or one.split == split)
