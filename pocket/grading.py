"""Grading: what a toy can do, on wordings, numbers and names that were never trained on.

Importing it is slow (torch). `training` writes the figures into cards, `bench` prints them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from pocket import facts, problems, rows
from pocket.splits import Split

SEED = 11
AT_ONCE = 50
BOUND = 200
"""Tokens that a text may have."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a toy wrote: its answer without its thoughts, and whether it stopped by itself."""

    answer: str
    stopped: bool


class Reader:
    """Writes with one toy, many texts at once, always the likeliest token (`temperature` 0).

    A base model gets the bare question, the others their chat template; reasoning is told to think.
    """

    def __init__(self, folder: Path, *, base: bool, thinks: bool, temperature: float) -> None:
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ships no types
        self._tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self._model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self._model.eval()  # type: ignore[no-untyped-call]  # ships no types
        self._base, self._thinks = base, thinks
        self._temperature = temperature

    def write(self, questions: Sequence[str]) -> list[Text]:
        """Answer each question."""
        found: list[Text] = []
        for at in range(0, len(questions), AT_ONCE):
            found += self._batch([self._prompt(q) for q in questions[at : at + AT_ONCE]])
        return found

    def _prompt(self, question: str) -> str:
        if self._base:
            return question
        turns = [{"role": "user", "content": question}]
        switch: dict[str, Any] = {"enable_thinking": True} if self._thinks else {}
        return str(
            self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, **switch
            )
        )

    def _batch(self, prompts: list[str]) -> list[Text]:
        given = self._tokenizer(prompts, return_tensors="pt", padding=True)
        ends = self._model.generation_config.eos_token_id
        drawn: dict[str, Any] = {"do_sample": False}
        if self._temperature:
            drawn = {"do_sample": True, "temperature": self._temperature}
        model: Any = self._model  # its types do not know their own mixin
        with torch.inference_mode():
            written: Any = model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=BOUND,
                **drawn,
            )
        written = written[:, given["input_ids"].shape[1] :]
        return [self._text(row.tolist(), set(ends)) for row in written]

    def _text(self, ids: list[int], ends: set[int]) -> Text:
        end = next((at for at, one in enumerate(ids) if one in ends), None)
        text = str(self._tokenizer.decode(ids[:end]))
        if self._thinks:
            text = text.partition("</think>")[2]
        return Text(text, end is not None)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval."""

    hits: int
    of: int

    def __str__(self) -> str:
        """Return the share in percent with its interval."""
        low, high = wilson(self.hits, self.of)
        return f"{self.hits / self.of:.1%} ({low:.1%}–{high:.1%})"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927)."""
    z = 1.96
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - spread), min(1.0, middle + spread)


@dataclass(frozen=True, slots=True)
class Exam:
    """The unseen cases."""

    problems: tuple[problems.Problem, ...]
    questions: tuple[tuple[str, facts.Fact], ...]
    rows: tuple[rows.Row, ...]


def exam(seed: int, scale: float = 1.0) -> Exam:
    """Draw 500 word problems, 200 questions and 200 rows, times `scale`; none was trained on."""
    rng, curriculum = random.Random(seed), facts.Curriculum()
    return Exam(
        tuple(problems.draw(rng, Split.HELD) for _ in range(int(500 * scale))),
        tuple(curriculum.draw(rng, Split.HELD) for _ in range(int(200 * scale))),
        tuple(rows.draw(rng, Split.HELD) for _ in range(int(200 * scale))),
    )


@dataclass(frozen=True, slots=True)
class Grades:
    """How many were right, and how many answers to questions ended by themselves."""

    exact: Share
    right: Share
    stopped: Share
    rows: Share


def grade(reader: Reader, paper: Exam) -> Grades:
    """Let a toy sit the exam."""
    solved = reader.write([one.question for one in paper.problems])
    told = reader.write([question for question, _ in paper.questions])
    made = reader.write([one.question for one in paper.rows])
    exact = sum(problems.exact(t.answer, p) for t, p in zip(solved, paper.problems, strict=True))
    right = sum(
        facts.answers(t.answer, fact) for t, (_, fact) in zip(told, paper.questions, strict=True)
    )
    stopped = sum(text.stopped for text in told)
    in_form = sum(rows.exact(t.answer, row) for t, row in zip(made, paper.rows, strict=True))
    return Grades(
        Share(exact, len(solved)),
        Share(right, len(told)),
        Share(stopped, len(told)),
        Share(in_form, len(made)),
    )
