"""Questions on the roster, made from its rows without any model.

The key is a system's own value and each wrong option another system's, one that differs for
certain: where a row is less plain than a word or two, nothing is asked about it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from knowledge.passages import Passage
from knowledge.question import LONGEST, OPTIONS, Question, plainly, question_id
from knowledge.roster import Ecosystem, Lifecycle, System

_SIZE = re.compile(r"(?<![\d.x])\d+(?:\.\d+)?B\b")
_LONGEST_COMMON = 4
"""Letters of a word from which two names are seen to share it."""
_STATES = {
    Lifecycle.LIVE_LOCAL: "yes, it can be run locally",
    Lifecycle.LIVE_REMOTE: "yes, but through an API only",
    Lifecycle.RETIRED: "no, its maker has retired it",
}
_KINDS = {
    Ecosystem.FRONTIER: "a frontier model family with closed weights",
    Ecosystem.OPEN_WEIGHT: "an open-weight model family",
}


def ask_roster(systems: Sequence[System], passages: Mapping[str, Passage]) -> tuple[Question, ...]:
    """Return what can be asked of `systems`; `passages` are their portraits, by anchor."""
    found: list[Question] = []
    for system in systems:
        others = [other for other in systems if other is not system]
        about, today = passages[system.slug], passages[f"{system.slug}-today"]
        asked = [
            _asked(about, *_maker(system, others)),
            _asked(about, *_licence(system, others)),
            _asked(about, *_ecosystem(system, others)),
            _asked(about, *_size(system, others)),
            _asked(today, *_life(system)),
        ]
        found.extend(filter(None, asked))
    return tuple(found)


_Made = tuple[str, str, Iterable[str], str]
"""A text, the key ("" where nothing is asked), what may stand beside it, and why."""


def _maker(system: System, others: Iterable[System]) -> _Made:
    key = "" if _shares_a_word(system.name, system.maker) else system.maker
    why = f"{system.name} is made by {system.maker}."
    return f"Who makes {system.name}?", key, (other.maker for other in others), why


def _licence(system: System, others: Iterable[System]) -> _Made:
    plain = [other for other in others if ";" not in other.licence]
    told = [other.licence for other in plain if other.ecosystem is Ecosystem.OPEN_WEIGHT]
    closed = [other.licence for other in plain if other.ecosystem is Ecosystem.FRONTIER]
    clear = system.ecosystem is Ecosystem.OPEN_WEIGHT and ";" not in system.licence
    key = system.licence if clear and not _shares_a_word(system.name, system.licence) else ""
    why = f"The licence of {system.name}: {system.licence}."
    return f"Under which licence is {system.name}?", key, told + closed[:1], why


def _ecosystem(system: System, others: Iterable[System]) -> _Made:
    kind = _KINDS[system.ecosystem]
    wrong = [o.name for o in others if o.ecosystem is not system.ecosystem and not _mixed(o)]
    key = "" if _mixed(system) else system.name
    return f"Which of these is {kind}?", key, wrong, f"{system.name} is {kind}."


def _size(system: System, others: Iterable[System]) -> _Made:
    own = set(_SIZE.findall(f"{' '.join(system.sizes)} {system.name} {system.lineage}"))
    sizes = [size for size in _sizes(system) if size not in system.name]
    wrong = [size for other in others for size in _sizes(other) if size not in own]
    why = f"{system.name} comes in these sizes: {', '.join(system.sizes)}."
    return f"In which of these sizes is there {system.name}?", (sizes or [""])[-1], wrong, why


def _life(system: System) -> _Made:
    wrong = [state for lifecycle, state in _STATES.items() if lifecycle is not system.lifecycle]
    why = f"This is as of {system.checked.day} {system.checked:%B %Y}."
    return f"Can {system.name} still be used?", _STATES[system.lifecycle], wrong, why


def _sizes(system: System) -> list[str]:
    """Return the sizes of a system that are told one by one, not as a range or in parts."""
    return [s for told in system.sizes if _plain(told) for s in _SIZE.findall(told)]


def _plain(told: str) -> bool:
    return " to " not in told and "(" not in told


def _mixed(system: System) -> bool:
    """Tell whether some weights of a closed family are out all the same."""
    return system.ecosystem is Ecosystem.FRONTIER and ";" in system.licence


def _shares_a_word(name: str, text: str) -> bool:
    """Tell whether `text` gives itself away by a word of the name."""
    words = [word for word in re.findall(r"\w+", name.lower()) if len(word) >= _LONGEST_COMMON]
    return any(word in text.lower() for word in words)


def _asked(
    passage: Passage, text: str, key: str, others: Iterable[str], why: str
) -> Question | None:
    """Return the question, or None where too few options differ from the key for certain."""
    name = question_id(passage, text)
    wrong: dict[str, str] = {}
    for other in sorted(set(others), key=lambda other: _order(name, other)):
        if len(other) <= LONGEST["option"] and not _alike(key, other):
            wrong.setdefault(plainly(other), other)
    options = (key, *wrong.values())[: OPTIONS[1]]
    if not key or len(key) > LONGEST["option"] or len(options) < OPTIONS[0]:
        return None
    return Question(name, passage.lesson, passage.id, text, options, key, why[: LONGEST["why"]])


def _alike(one: str, other: str) -> bool:
    """Tell whether one says the other, too: "Apache 2.0" and "Apache 2.0 for most sizes"."""
    one, other = plainly(one), plainly(other)
    return one in other or other in one


def _order(name: str, option: str) -> str:
    """Mix options, for each question otherwise and always in the same way."""
    return hashlib.sha256(f"{name}{option}".encode()).hexdigest()
