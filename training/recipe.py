"""The recipe: four stages, each with its data, its course and what it is made from."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED
from pocket.facts import Curriculum
from training.batches import Batches, exchanges, pages
from training.corpus import Corpus
from training.examples import Examples
from training.loop import Course, Diary, train
from training.tokens import END_OF_PAGE, END_OF_TURN, SIZE, id_of, train_tokenizer

SEED = 20261125
CONTEXT = 512
"""Tokens a toy can read and write at once."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the lineage; `origin` is the stage it is made from.

    `rows` of 256 tokens are in one update.
    """

    name: str
    origin: str | None
    course: Course
    rows: int = 16


TRUNK = Stage("trunk", None, Course(steps=1500, rate=2.5e-3))
"""What base, instruct and reasoning have in common; it is not shipped."""
DRILLS = (
    Stage("answers", "trunk", Course(steps=2600, rate=1.5e-3), rows=8),
    Stage("steps", "trunk", Course(steps=2600, rate=1.5e-3)),
)
"""Word problems in few wordings, answered directly or in steps: there it learns to reckon. Both
have as many updates, from the same grammar. Direct answers are short: eight rows hold more problems
than the sixteen of steps."""
STAGES = (
    Stage("base", "trunk", Course(steps=200, rate=8e-4)),
    Stage("instruct", "answers", Course(steps=1200, rate=8e-4), rows=8),
    Stage("reasoning", "steps", Course(steps=3000, rate=8e-4), rows=8),
    Stage("fine-tuned", "instruct", Course(steps=1300, rate=1e-3), rows=8),
)
"""Base goes on with the trunk's pages; instruct and reasoning meet many wordings."""


_CONFIG: dict[str, Any] = {
    "vocab_size": SIZE,
    "hidden_size": 192,
    "intermediate_size": 640,
    "num_hidden_layers": 6,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "max_position_embeddings": CONTEXT,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}
"""Llama's architecture with 3.2 million parameters."""


class Recipe:
    """Trains the stages; `work` holds the checkpoints and what is finished."""

    def __init__(self, work: Path, tell: Callable[[str], None]) -> None:
        self.work = work
        self._tell = tell
        self._diaries: dict[str, Diary] = {}
        self._curriculum = Curriculum()
        self._examples = Examples(self._curriculum)
        self._drilled = Examples(self._curriculum, drill=True)

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer, trained at the first call."""
        path = self.work / "tokenizer.json"
        if not path.exists():
            self.work.mkdir(parents=True, exist_ok=True)
            corpus, rng = self._corpus(), random.Random(SEED)
            train_tokenizer(corpus.page(rng) for _ in range(6000)).save(str(path))
        return Tokenizer.from_file(str(path))

    def run(self, stage: Stage) -> LlamaForCausalLM:
        """Train one stage, and those that it is made from where they are not finished."""
        folder = self.work / stage.name
        folder.mkdir(parents=True, exist_ok=True)
        model = self._begun(stage)
        self._tell(f"{stage.name}:")
        self._diaries[stage.name] = train(
            model, self._batches(stage), stage.course, folder, self._tell
        )
        return model

    def way(self, stage: Stage) -> list[tuple[Stage, Diary]]:
        """Return what a stage that was run went through, from the trunk on."""
        before = self.way(named(stage.origin)) if stage.origin else []
        return [*before, (stage, self._diaries[stage.name])]

    def _begun(self, stage: Stage) -> LlamaForCausalLM:
        """Return the weights that a stage begins with."""
        if stage.origin is not None:
            return self.run(named(stage.origin))
        torch.manual_seed(SEED)
        tokenizer = self.tokenizer()
        ends = [id_of(tokenizer, END_OF_PAGE), id_of(tokenizer, END_OF_TURN)]
        config = LlamaConfig(**_CONFIG, bos_token_id=None, eos_token_id=ends, pad_token_id=ends[0])
        return LlamaForCausalLM(config)

    def _corpus(self) -> Corpus:
        return Corpus(curriculum([SHIPPED]).lessons, self._curriculum)

    def _batches(self, stage: Stage) -> Batches:
        tokenizer = self.tokenizer()
        if stage is TRUNK:
            return pages(self._corpus(), tokenizer, stage.rows, f"base {SEED}")
        if stage.name == "base":
            return pages(self._corpus(), tokenizer, stage.rows, f"line ends {SEED}", apart=True)
        draws = {
            "answers": self._drilled.instruct,
            "steps": self._drilled.reasoning,
            "instruct": self._examples.instruct,
            "reasoning": self._examples.reasoning,
            "fine-tuned": self._examples.specialist,
        }
        return exchanges(draws[stage.name], tokenizer, stage.rows, f"{stage.name} {SEED}")


def named(name: str) -> Stage:
    """Return the stage of this name."""
    return next(stage for stage in (TRUNK, *DRILLS, *STAGES) if stage.name == name)
