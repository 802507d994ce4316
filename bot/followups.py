"""Follow-ups: which questions of the lessons stand next to what was just answered.

They are the `asks` of passages near those that bear the answer out, so the lessons answer them; no
model is asked. Near is: the next passage of the lesson, what was cited together, the beginning of
the next lesson, then the rest of the lesson.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.lesson import Lesson
from knowledge.passages import Passage

MOST, LEAST = 3, 2
"""Questions that are offered; fewer than two of the language asked in are filled up in English."""
LONGEST, SHORTEST = 100, 12
"""Characters of a question that is offered: one line of a list in Discord, more than a word."""
ALIKE = 0.6
"""Two questions that share this part of their words ask the same."""

UNKNOWN = "?"

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")
# Writing that belongs to one language here; kana before Han, which Japanese has as well.
_WRITING = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
# The words that questions are built with. Some belong to two languages; the most hits decide.
_BUILT_WITH = {
    "en": "the a an is are do does did can how what why when which who where i my me it of to "
    "in for and or with without should would have has be that this if not on from you "
    "your as there",
    "de": "der die das ein eine einen einem ist sind was wie warum wann welche welcher welches "
    "wer wo ich mein meine und oder mit ohne soll kann man von zu bei nicht auf im den "
    "dem des wozu für wofür gibt es noch haben alle steht hat",
    "es": "el la los las un una es son qué cómo por cuándo cuál cuáles quién dónde mi y o con "
    "sin puedo debe de en para que no del al se cuánto cuánta cuesta está",
    "fr": "le la les un une est sont quoi quel quelle quels quelles comment pourquoi quand qui "
    "où je mon ma mes et ou avec sans de du des en pour que c'est qu'est à au aux dans ne "
    "pas combien faut il peut plus on d'où",
    "it": "il lo la gli le un una è sono che cosa come perché quando quale quali chi dove mio e "
    "o con senza di del della dei in per non si cos'è posso devo",
    "pt": "o a os as um uma é são que como por quando qual quais quem onde meu minha e ou com "
    "sem de do da dos em para não no na posso ter vale",
    "tr": "bir ve mi mı mu ne nasıl neden hangi kim nerede için ile nedir mıdır benim bu demek kaç",
}
_TONGUES = {name: frozenset(words.split()) for name, words in _BUILT_WITH.items()}
_ENDS = tuple("?？؟")
_BEGINS = frozenset(
    "how what what's whats why when which who where is are do does can could should".split()
)
# A question that points at what stands around it says nothing alone.
_POINTING = frozenset(
    "it its they them their this that these those each both one ones he she camp camps side kind "
    "kinds here lesson thing two".split()
)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question to offer; `key` finds it again in the lessons, also after a restart."""

    key: str
    text: str


def follow_ups(
    asked: Sequence[str], near: Sequence[Passage], lessons: Sequence[Lesson]
) -> tuple[FollowUp, ...]:
    """Return two or three questions to ask next, or none where there are not two.

    `asked` is what the member asked, the newest question last; nothing alike is offered. `near` are
    the passages of the answer, the most important first; `lessons` those the member may see.
    """
    if not asked or not near:
        return ()
    tongue = tongue_of(asked[-1])
    passages = _around(near, lessons)
    chosen: list[FollowUp] = []
    known = [_words(text) for text in asked]
    for wanted, most in ((tongue, MOST), ("en", LEAST)):
        for passage in passages:
            if len(chosen) >= most:
                break
            ask = next((ask for ask in _offered(passage, wanted) if not _is_in(ask, known)), None)
            if ask is not None:
                chosen.append(FollowUp(_key(passage, ask), _shown(ask)))
                known.append(_words(ask))
    return tuple(chosen) if len(chosen) >= LEAST else ()


def find_follow_up(key: str, lessons: Iterable[Lesson]) -> str | None:
    """Return the question of this key, if the lessons still ask it."""
    asks = ((p, ask) for lesson in lessons for p in lesson.passages for ask in p.asks)
    return next((_shown(ask) for passage, ask in asks if _key(passage, ask) == key), None)


def tongue_of(text: str) -> str:
    """Return the language of a question, as its code: English where nothing tells.

    `UNKNOWN` where only letters tell that it is another one.
    """
    for name, writing in _WRITING:
        if writing.search(text):
            return name
    if "¿" in text:
        return "es"
    words = _WORD.findall(text.casefold())
    counts = {name: sum(word in known for word in words) for name, known in _TONGUES.items()}
    best = max(counts, key=lambda name: counts[name])  # of equals the first, English
    if not counts[best]:
        return "en" if text.isascii() else UNKNOWN
    return best


def _around(near: Sequence[Passage], lessons: Sequence[Lesson]) -> list[Passage]:
    """Return the passages whose questions come next, the nearest first; without the first cited."""
    first, found = near[0], list(near[1:])
    whose = first.lesson, first.server
    at = next((n for n, each in enumerate(lessons) if (each.slug, each.server) == whose), None)
    own = lessons[at].passages if at is not None else ()
    place = next((n for n, passage in enumerate(own) if passage.id == first.id), None)
    if at is not None and place is not None:
        found = [*own[place + 1 : place + 2], *found]
        if at + 1 < len(lessons):
            found += lessons[at + 1].passages[:1]
        found += [*own[place + 2 :], *own[:place]]
    return [passage for passage in dict.fromkeys(found) if passage.id != first.id]


def _offered(passage: Passage, tongue: str) -> list[str]:
    """Return a passage's questions of a language that can stand alone, the best first."""
    fitting = [
        ask
        for ask in passage.asks
        if SHORTEST <= len(ask) < LONGEST or (tongue in ("zh", "ja") and len(ask) < LONGEST)
    ]
    fitting = [ask for ask in fitting if tongue_of(ask) == tongue]
    if tongue == "en":
        fitting = [ask for ask in fitting if _asks(ask) and _POINTING.isdisjoint(_words(ask))]
    return sorted(fitting, key=lambda ask: not ask.endswith(_ENDS))


def _asks(ask: str) -> bool:
    words = ask.casefold().split()
    return ask.endswith(_ENDS) or words[0] in _BEGINS


def _is_in(ask: str, known: Sequence[frozenset[str]]) -> bool:
    words = _words(ask)
    return any(len(words & each) >= ALIKE * len(words | each) for each in known)


def _words(text: str) -> frozenset[str]:
    """Return the words of a text; the characters of one that is written without spaces."""
    return frozenset(
        part
        for word in _WORD.findall(text.casefold())
        for part in (word if word[0] > "\u2fff" else (word,))
    )


def _shown(ask: str) -> str:
    """Return a question as it is read and asked: with a capital and a question mark."""
    text = " ".join(ask.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith(_ENDS) or not _asks(text) else "?")


def _key(passage: Passage, ask: str) -> str:
    return hashlib.sha256(f"{passage.id}\0{ask}".encode()).hexdigest()[:16]
