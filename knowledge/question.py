"""Questions: what a lesson asks its readers, read from comments under its headings.

    <!-- quiz:
    Where does a fox sleep?
    + in a den
    - in a nest
    - in a web
    why: A fox digs a den and sleeps there.

    What is a den good for?
    + It keeps the young dry and hidden.
    -->

A line without a mark opens a question, `+` marks the key and `-` a wrong option. A question
without wrong options is answered in free text; its `+` line is the model answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from knowledge.passages import Passage

LONGEST = {"text": 250, "answer": 300, "option": 100, "why": 250}
"""Characters: a question and its options are taken in at a glance."""
OPTIONS = (3, 4)
"""So many options a choice may have, the key among them."""

_QUIZ = re.compile(r"<!--\s*quiz:(.*)-->", re.DOTALL)
_MARKED = re.compile(r"([+-]|why:)(?:[ \t]+(.*))?\Z")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question on one passage of a lesson.

    `id` stays as long as lesson, heading and text do; `passage` is the id of the passage that
    bears out `answer`: the key of a choice, or the model answer of a question in free text.
    `options` hold three or four, the key first, so whoever shows them shuffles; none for free
    text. `why` is a sentence on the key, or "".
    """

    id: str
    lesson: str
    passage: str
    text: str
    options: tuple[str, ...]
    answer: str
    why: str


def question_id(passage: Passage, text: str) -> str:
    """Return what names the question `text` on `passage`, also after a restart."""
    anchor = passage.anchor.split("~")[0]  # however its section is cut
    return hashlib.sha256(f"{passage.lesson}#{anchor}\n{text}".encode()).hexdigest()[:12]


@dataclass(slots=True)
class Draft:
    """A question as somebody wrote it: with any number of right and wrong answers and reasons."""

    text: str
    keys: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)

    def faults(self) -> Iterable[str]:
        """Say what is wrong, as an author would."""
        if len(self.keys) != 1:
            found = "none" if not self.keys else str(len(self.keys))
            yield f"needs one line '+ …' with the right answer, and has {found}"
        least, most = (count - 1 for count in OPTIONS)
        if self.wrong and not least <= len(self.wrong) <= most:
            yield f"needs {least} or {most} wrong options, and has {len(self.wrong)}"
        if len(self.whys) > 1:
            yield "has more than one line 'why: …'"
        options = [*self.keys, *self.wrong]
        if not all((*options, *self.whys)):
            yield "has a line with nothing behind its mark"
        elif len({plainly(option) for option in options}) < len(options):
            yield "has two options that say the same"
        yield from self._too_long(options)

    def on(self, passage: Passage) -> Question:
        """Return it as a question on `passage`, where it is without fault."""
        (key,) = self.keys
        return Question(
            id=question_id(passage, self.text),
            lesson=passage.lesson,
            passage=passage.id,
            text=self.text,
            options=(key, *self.wrong) if self.wrong else (),
            answer=key,
            why=self.whys[0] if self.whys else "",
        )

    def _too_long(self, options: Sequence[str]) -> Iterable[str]:
        kind = "option" if self.wrong else "answer"
        parts = [("text", self.text), *((kind, option) for option in options)]
        for name, text in [*parts, *(("why", why) for why in self.whys)]:
            if len(text) > LONGEST[name]:
                yield f"is too long: '{text[:40]}…' has more than {LONGEST[name]} characters"


def plainly(text: str) -> str:
    """Return `text` without what does not matter to whether two options say the same."""
    return " ".join(text.casefold().split()).strip(" .,;:!?\"'`*_") or text


def read_questions(
    heading: str, comments: Iterable[str], parts: Sequence[Passage], faults: list[str]
) -> tuple[Question, ...]:
    """Read the questions in `comments` under `heading`; add what is wrong to `faults`.

    `parts` are the passages of that section; each question rests on the one that has most of
    its words.
    """
    items = _items(heading, comments, faults)
    if items and not parts:
        faults.append(f"under '{heading}': there is a quiz but no text")
    wrong = [f"'{item.text}' {fault}" for item in items for fault in item.faults()]
    faults.extend(f"under '{heading}': the question {fault}" for fault in wrong)
    if wrong or not parts:
        return ()
    return tuple(item.on(_part_of(item, parts)) for item in items)


def asked_twice(questions: Iterable[Question]) -> list[str]:
    """Return a fault for each question that stands twice under a heading."""
    seen: set[str] = set()
    faults = []
    for question in questions:
        if question.id in seen:
            faults.append(f"the question '{question.text}' stands twice")
        seen.add(question.id)
    return faults


def _items(heading: str, comments: Iterable[str], faults: list[str]) -> list[Draft]:
    items: list[Draft] = []
    for found in filter(None, map(_QUIZ.fullmatch, comments)):
        opened = False
        for line in filter(None, map(str.strip, found[1].splitlines())):
            marked = _MARKED.match(line)
            if marked is None:
                items.append(Draft(line))
                opened = True
            elif opened:
                lists = {"+": items[-1].keys, "-": items[-1].wrong, "why:": items[-1].whys}
                lists[marked[1]].append(marked[2] or "")
            else:
                faults.append(f"under '{heading}': '{line}' stands before any question")
    return items


def _part_of(item: Draft, parts: Sequence[Passage]) -> Passage:
    words = set(_WORD.findall(f"{item.text} {item.keys[0]}".lower()))
    return max(parts, key=lambda part: len(words.intersection(_WORD.findall(part.text.lower()))))
