"""Questions: a model writes quiz questions on a passage, and only those that prove sound are kept.

    the model writes JSON → faults an author would be told → is it sound? → the model, asked it

The last step asks the model its own question twice, options mixed, the passage before it: it has
to find the key each time, and no other. Whatever is unsure is dropped, with the reasons.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.characters import plain_characters
from bot.errors import IndexUnavailable
from bot.evidence import Evidence, evidence_of
from bot.model import Delta, Message, Model, Sampling
from bot.prompting import LETTERS, choice_prompt, questions_prompt
from bot.queue import FairQueue
from bot.soundness import claims_of, faults
from knowledge.passages import Passage, SearchUnavailable, SentenceEncoder
from knowledge.question import Draft, Question, plainly
from knowledge.sentences import split_sentences

COUNT = 4
"""Questions asked for in one call."""
MOST = 8
TOKENS_EACH = 220
"""What a question takes as JSON, with room."""
CHECK = Sampling(num_predict=256, temperature=0.0)
"""A letter is one token; a model that cannot but think first has room for it."""
_LETTER = re.compile(rf"\W*([{LETTERS}])(?:[.:)*].*)?")


class _Written(BaseModel):
    """A question as the model writes it."""

    model_config = ConfigDict(str_strip_whitespace=True)

    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    wrong: list[str] = Field(min_length=2)
    why: str = ""


class _Sheet(BaseModel):
    questions: list[_Written]


_SCHEMA = json.dumps(_Sheet.model_json_schema())


@dataclass(frozen=True, slots=True)
class Dropped:
    """A question that was not kept, by its text, and every reason why."""

    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generated:
    """What came of one passage."""

    questions: tuple[Question, ...]
    dropped: tuple[Dropped, ...]


class Questions:
    """Lets a model write questions; it waits in `queue` like everybody's answers."""

    def __init__(self, queue: FairQueue, model: Model, encoder: SentenceEncoder) -> None:
        self._queue = queue
        self._model = model
        self._encoder = encoder

    async def write(self, passage: Passage, member: str, count: int = COUNT) -> Generated:
        """Return sound questions on `passage`, `count` of them or fewer.

        `member` is the key under which the model's time is asked for. Raises EngineError,
        QueueFull and MemberBusy, and IndexUnavailable while nothing can be compared.
        """
        try:
            return await self._written(passage, member, min(count, MOST))
        except SearchUnavailable as error:
            raise IndexUnavailable(str(error)) from error

    async def _written(self, passage: Passage, member: str, count: int) -> Generated:
        sampling = Sampling(TOKENS_EACH * count, temperature=0.5, schema=_SCHEMA)
        text = await self._told(questions_prompt(passage, count), sampling, member)
        try:
            # An engine that cannot hold the model to a schema lets it talk around the object.
            sheet = _Sheet.model_validate_json(text[text.find("{") : text.rfind("}") + 1])
        except ValidationError:
            return Generated((), (Dropped("", ("the model wrote no JSON of this form",)),))
        evidence = await self._evidence(passage)
        kept: dict[str, Question] = {}
        dropped: list[Dropped] = []
        for written in sheet.questions[:count]:
            draft = _draft(written, passage)
            reasons = await self._reasons(draft, passage, evidence, member)
            question = None if reasons else draft.on(passage)
            if question is None:
                dropped.append(Dropped(draft.text, reasons))
            else:
                kept.setdefault(question.id, question)
        return Generated(tuple(kept.values()), tuple(dropped))

    async def _reasons(
        self, draft: Draft, passage: Passage, evidence: Evidence, member: str
    ) -> tuple[str, ...]:
        """Say what speaks against a question, the cheap tests first; none: it is sound."""
        if found := tuple(draft.faults()):
            return found
        question = draft.on(passage)
        if found := await self._unsound(question, evidence):
            return found
        mixed = _mixed(question)
        for options in (mixed, [*mixed[1:], *mixed[:1]]):  # whoever likes one letter errs once
            messages = choice_prompt(passage, question.text, options)
            chosen = _LETTER.fullmatch((await self._told(messages, CHECK, member)).strip())
            if chosen is None or chosen[1] != LETTERS[options.index(question.answer)]:
                return ("asked it, with the passage, the model did not choose the answer",)
        return ()

    async def _unsound(self, question: Question, evidence: Evidence) -> tuple[str, ...]:
        claims = claims_of(question)
        rows = await self._encoder.encode((*claims, *question.options))
        return tuple(faults(question, rows[: len(claims)], rows[len(claims) :], evidence))

    async def _evidence(self, passage: Passage) -> Evidence:
        sentences = split_sentences(passage.text)
        return evidence_of(passage, sentences, await self._encoder.encode(sentences))

    async def _told(self, messages: Sequence[Message], sampling: Sampling, member: str) -> str:
        """Wait for a slot and return all that the model writes."""
        async with self._queue.place(member) as place:
            async for _turn in place.turns():
                pass
            async with aclosing(
                self._model.chat(messages, think=False, sampling=sampling)
            ) as stream:
                return "".join([event.text async for event in stream if isinstance(event, Delta)])


def _draft(written: _Written, passage: Passage) -> Draft:
    """Take what the model wrote as lines; a reason that is not the passage's own words is none."""
    why = _line(written.why)
    quoted = plainly(why) and plainly(why) in plainly(passage.text)
    return Draft(
        _line(written.question),
        [_line(written.answer)],
        [_line(wrong) for wrong in written.wrong],
        [why] if quoted else [],
    )


def _line(text: str) -> str:
    return " ".join(plain_characters(text).split())


def _mixed(question: Question) -> list[str]:
    """Return the options in an order that tells nothing, the same for the same question."""
    return sorted(
        question.options,
        key=lambda option: hashlib.sha256(f"{question.id}{option}".encode()).digest(),
    )
