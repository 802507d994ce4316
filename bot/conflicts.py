"""What speaks against a claim: its words are in the passage, but turned round.

Each clause of the claim is held against the sentence of the passage that shares
most of its wording, and looked at for a negation, an opposite, a comparison or a
subject that is the other way round there.
"""

from __future__ import annotations

import re

from bot import lexicon
from bot.evidence import Evidence
from bot.wording import Wording, analyse, clauses, names_in, stem
from knowledge.passages import Vectors

SAME_SUBJECT = 0.6
AS_NEAR = 0.75
"""Shares of the best sentence's coverage from which a sentence on the claim's own
subject is taken instead, or another sentence may excuse a negation."""
ONE_CLAUSE_COSINE = 0.5
CLAUSE_COSINE = 0.2
"""What the whole claim's cosine to a sentence weighs beside the clause's coverage."""

LEAST_TURNED = 0.3
"""The least share of a clause's words that must be turned round to count."""
LINK_REACH = 9
"""So many words at most stand around two names that "by", "from" or "of" links."""
ENUMERATION = 3
"""So many subjects in one clause are a list, not a subject and an object."""

_SEGMENT = re.compile(r",|;|\n| and | or |\. ")
_LINK = re.compile(r"\b(?:by|from|of)\b")
_THAN = " than "
# In nearly every sentence of the field: they do not tell which sentence is meant.
_COMMON = frozenset(map(stem, "model frontier open weight base instruct fine llm language".split()))

CONFLICTS = ("pair", "order", "flips", "opposites", "other_subject", "absent_subject", "object")
"""The features of this module that count against a claim, 0 to 1 each."""


def conflicts(claim: str, vector: Vectors, cited: Evidence) -> dict[str, float]:
    """Measure what turns `claim` against `cited`, and `local`, its least covered clause."""
    parts = clauses(claim) or [claim]
    cosines = (cited.vectors[: len(cited.wordings)] @ vector).tolist()
    weight = ONE_CLAUSE_COSINE if len(parts) == 1 else CLAUSE_COSINE
    worst = dict.fromkeys(CONFLICTS, 0.0) | {"local": 1.0}
    for part in parts:
        found = _of_clause(part, [weight * cosine for cosine in cosines], cited)
        worst = {
            name: (min if name == "local" else max)(value, found.get(name, value))
            for name, value in worst.items()
        }
    return worst | {"pair": float(_pairs_differently(claim, cited))}


def _of_clause(text: str, bonus: list[float], cited: Evidence) -> dict[str, float]:
    clause = analyse(text)
    meanings = clause.meanings - _COMMON
    covered = cited.coverage(meanings)
    ranked = [share + more for share, more in zip(covered, bonus, strict=True)]
    best = max(range(len(ranked)), key=ranked.__getitem__)
    if clause.subjects:
        same = [
            n
            for n, subjects in enumerate(cited.subjects)
            if clause.subjects[0] in subjects and covered[n] >= SAME_SUBJECT * covered[best]
        ]
        best = max(same, key=ranked.__getitem__, default=best)
    beside = cited.wordings[best]
    rivals = [
        wording
        for wording, share in zip(cited.wordings, covered, strict=True)
        if share > 0 and share >= AS_NEAR * covered[best]
    ]
    shared = len(meanings & beside.meanings) / len(meanings) if meanings else 1.0
    return {
        "local": shared,
        "flips": min((_flips(clause, rival, meanings) for rival in rivals), default=0.0),
        "opposites": _opposites(clause, beside, cited.whole),
        "order": float(_turns_comparison(text, cited.sentences[best])),
    } | _subject(clause, cited, best)


def _flips(clause: Wording, beside: Wording, meanings: frozenset[str]) -> float:
    """Return the share of the clause's words that stand there with the other polarity."""
    there: dict[str, set[bool]] = {}
    for word in beside.words:
        there.setdefault(word.meaning, set()).add(word.negated)
    turned = 0
    for word in clause.words:
        polarities = there.get(word.meaning, set()) if word.meaning in meanings else set()
        if word.negated and True in polarities:
            return 0.0  # both deny the same thing
        turned += bool(polarities) and word.negated not in polarities
    share = turned / max(len(meanings), 1)
    return min(1.0, share) if share >= LEAST_TURNED else 0.0


def _opposites(clause: Wording, beside: Wording, whole: Wording) -> float:
    """Return 1 if the sentence has the opposite of a clause's word, 0.5 if only the passage has."""
    worst = 0.0
    for axis, side, negated in clause.poles:
        if _stands(clause, axis, 1 - side):
            continue
        other = (axis, 1 - side, negated)
        if other in beside.poles and not _stands(beside, axis, side):
            return 1.0
        if other in whole.poles and not _stands(whole, axis, side):
            worst = 0.5
    return worst


def _stands(wording: Wording, axis: int, side: int) -> bool:
    return any((axis, side, negated) in wording.poles for negated in (False, True))


def _turns_comparison(clause: str, beside: str) -> bool:
    """Tell whether "a more than b" stands against "b more than a"."""
    if _THAN not in clause or _THAN not in beside:
        return False
    left, right = (analyse(side).meanings for side in clause.split(_THAN, 1))
    their_right = analyse(beside.split(_THAN, 1)[1]).meanings
    return bool((left & their_right) - right) and not (right & their_right) - left


def _subject(clause: Wording, cited: Evidence, best: int) -> dict[str, float]:
    """Compare whom the clause is about with whom the sentence is about."""
    if not clause.subjects or len(clause.subjects) >= ENUMERATION:
        return {}
    family, _ = subject = clause.subjects[0]
    mates = [mate for mate in cited.subjects[best] if mate[0] == family]
    if subject not in cited.whole.subjects:
        spoken_of = any(mate[0] == family for mate in cited.whole.subjects)
        return {"other_subject" if mates or spoken_of else "absent_subject": 1.0}
    if mates and not any(own in mates for own in clause.subjects):
        return {"other_subject": 1.0}
    return {"object": float(bool(mates) and mates[0] != subject)}


def _pairs_differently(claim: str, cited: Evidence) -> bool:
    """Tell whether the claim links names ("made by") that the passage nowhere puts together."""
    known = cited.whole.names - lexicon.ACRONYMS
    linked = [
        segment
        for segment in _SEGMENT.split(claim)
        if _LINK.search(segment) and len(segment.split()) <= LINK_REACH
    ]
    here = [names for segment in linked if len(names := _segment_names(segment) & known) > 1]
    if not here:
        return False
    there = [_segment_names(segment) for segment in _SEGMENT.split(cited.text)]
    return any(not any(names <= other for other in there) for names in here)


def _segment_names(segment: str) -> set[str]:
    # A word before it keeps the segment's first name from passing for a sentence's capital.
    return names_in(f"a {segment}")
