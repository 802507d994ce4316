"""The words of a text as the support measure sees them.

Lexical and for English: content words with their stems, and whether they stand
under a negation; numbers; names; and which of the field's subjects are spoken of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import name

import Stemmer

from bot import lexicon

_STEMMER = Stemmer.Stemmer("english")
_TOKEN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*|[,;:.!?()]")
_PART = re.compile(r"[-'.]")
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|each|these|this|such|both|that|from there)\b", re.IGNORECASE
)
_CODE = re.compile(r"`([^`\n]+)`")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BRITISH = re.compile(r"is(e[ds]?|ing|ations?|ers?)$")
_DEGREE = re.compile(
    r"^(fast|quick|slow|cheap|great|small|larg|long|short|high|low|big)(?:g?er|g?est)$"
)
_STATEMENT = re.compile(
    r"[.;:!?](?=\s|$)|\n|,?\s(?:but|because|so that|while|although|though|whereas|which|if|when)\s"
    r"|,\s(?=(?:so|and|or|yet|however|rather|since|an?|the|it|they|you|we|this|there)\s)"
    r"|\sand\s(?=(?:you|it|they|we|nobody|somebody|no)\s)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(?:;|,?\s+(?:while|whereas|but|although|though)\s)\s*", re.IGNORECASE)


PRIVATIVE_REACH = 4
"""How many words "without" and its kin turn round."""


@dataclass(frozen=True, slots=True)
class Word:
    """A content word: in small letters, what it counts as, its stem, and whether it is negated."""

    text: str
    meaning: str
    stem: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """What one text says, lexically.

    `subjects` are (family, subject) in the order of mention; `poles` are (axis of
    `lexicon.AXES`, side, negated); `meanings` are the content words, synonyms as one.
    """

    words: tuple[Word, ...]
    meanings: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    subjects: tuple[tuple[str, str], ...]
    poles: frozenset[tuple[int, int, bool]]
    english: bool


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return the Snowball stem of `word`, the same for British and American spelling."""
    return str(_STEMMER.stemWord(_BRITISH.sub(r"iz\1", _DEGREE.sub(r"\1", word))))


def _meanings() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in lexicon.SYNONYMS:
        group = [stem(word) for word in line.split()]
        for member in group:
            table.setdefault(member, group[0])
    return table


_MEANINGS = _meanings()
AXES = tuple(
    tuple(frozenset(stem(word) for word in pole.split()) for pole in axis) for axis in lexicon.AXES
)
"""`lexicon.AXES`, stemmed."""
_POLES: dict[str, tuple[tuple[int, int], ...]] = {
    root: tuple((n, side) for n, axis in enumerate(AXES) for side in (0, 1) if root in axis[side])
    for axis in AXES
    for pole in axis
    for root in pole
}
_ENGLISH = lexicon.STOP - lexicon.AMBIGUOUS
_SUBJECTS = [
    (family, subject, re.compile(pattern, re.IGNORECASE))
    for family, members in lexicon.SUBJECTS.items()
    for subject, pattern in members.items()
]


def speaks_back(sentence: str) -> bool | None:
    """Tell whether a pronoun stands before the first subject named; None: at the very start."""
    if _BACK.match(sentence):
        return None
    first = min(
        (found.start() for _, _, pattern in _SUBJECTS if (found := pattern.search(sentence))),
        default=len(sentence),
    )
    return _BACK.search(sentence, 0, first) is not None


def clauses(sentence: str) -> list[str]:
    """Cut `sentence` where one statement is set against another."""
    plain = " ".join(sentence.split())  # long white space would be tried from each of its places
    return [clause for clause in _CLAUSE.split(plain) if clause.strip()]


@lru_cache(maxsize=2048)
def analyse(text: str) -> Wording:
    """Read `text`; Markdown emphasis does not matter."""
    plain = _plain(text)
    words: list[Word] = []
    poles: set[tuple[int, int, bool]] = set()
    for statement in _STATEMENT.split(plain):
        for part, negated in _read(statement):
            poles |= {(axis, side, negated) for axis, side in _POLES.get(stem(part), ())}
            if _counts(part):
                words.append(_word(part, negated=negated))
    tokens = _TOKEN.findall(plain)
    return Wording(
        words=tuple(words),
        meanings=frozenset(word.meaning for word in words),
        numbers=frozenset(number for token in tokens for number in _numbers(token.lower())),
        names=frozenset(names_in(text)),
        subjects=_subjects(plain),
        poles=frozenset(poles),
        english=_english([token.lower() for token in tokens]),
    )


def names_in(text: str) -> set[str]:
    """Return what is written in `text` like a name, or as code, in small letters."""
    return _names(_TOKEN.findall(_plain(text))) | _code_words(text)


def _plain(text: str) -> str:
    return text.replace("*", "").replace("`", " ").replace("’", "'")


def _read(statement: str) -> list[tuple[str, bool]]:
    """Return the parts of the words of one statement, each with whether it is negated."""
    tokens = [token.lower() for token in _TOKEN.findall(statement)]
    whole = any(map(_negates, tokens)) == lexicon.DEPRECATORS.isdisjoint(tokens)
    found: list[tuple[str, bool]] = []
    reach = 0
    for token in tokens:
        if token in lexicon.PRIVATIVES:
            reach = PRIVATIVE_REACH
        elif not token[0].isalnum():
            reach = 0
        elif not _negates(token) and token not in lexicon.DEPRECATORS:
            found += [(part, whole != (reach > 0)) for part in _PART.split(token)]
            reach -= 1
    return found


def _english(tokens: list[str]) -> bool:
    beyond = {letter for token in tokens if not token.isascii() for letter in token}
    if any(not letter.isascii() and "LATIN" not in name(letter, "") for letter in beyond):
        return False
    english = sum(token in _ENGLISH for token in tokens)
    return english >= sum(token in lexicon.FOREIGN for token in tokens)


def _negates(token: str) -> bool:
    return token in lexicon.NEGATORS or token.endswith("n't")


def _code_words(text: str) -> set[str]:
    return {word for span in _CODE.findall(text) for word in span.lower().split()}


def _counts(part: str) -> bool:
    return (
        len(part) > 1
        and part not in lexicon.STOP
        and not part[0].isdigit()
        and (part not in lexicon.NUMBERS)
    )


def _word(part: str, *, negated: bool) -> Word:
    root = stem(part)
    return Word(part, _MEANINGS.get(root, root), root, negated)


@lru_cache(maxsize=8192)
def _numbers(token: str) -> frozenset[str]:
    found = {number.replace(",", "") for number in _NUMBER.findall(token)}
    for part in _PART.split(token):
        word = lexicon.NUMBERS.get(part) or lexicon.NUMBERS.get(part.removesuffix("s"))
        if word:
            found.add(word)
    return frozenset(found)


def _subjects(plain: str) -> tuple[tuple[str, str], ...]:
    found = [
        (match.start(), family, subject)
        for family, subject, pattern in _SUBJECTS
        if (match := pattern.search(plain))
    ]
    return tuple((family, subject) for _, family, subject in sorted(found))


def _names(tokens: list[str]) -> set[str]:
    """Words written like names: a capital inside a sentence or inside the word."""
    names: set[str] = set()
    first = True
    for token in tokens:
        if not token[0].isalnum():
            first = first or token in {".", "!", "?", ":"}
            continue
        small = token.lower()
        inner = token[1:] != small[1:]
        if (inner or (token != small and not first)) and small not in lexicon.STOP:
            parts = [part for part in _PART.split(token) if part != part.lower()]
            names |= {part.lower() for part in parts if _counts(part.lower())}
        first = False
    return names
