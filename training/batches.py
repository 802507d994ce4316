"""Batches: rows of 256 tokens, drawn from a seed and the number of the step alone.

A run that was broken off so goes on with the very batches it would have had.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from training.corpus import Corpus
from training.examples import Draw
from training.tokens import END_OF_PAGE, END_OF_TURN, id_of

WIDTH = 256
"""Tokens in a row."""
IGNORED = -100
"""The label of a token that is not learnt."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Shape (rows, WIDTH) each. `positions` begin anew with every example of a row."""

    tokens: torch.Tensor
    labels: torch.Tensor
    positions: torch.Tensor | None
    examples: int


Batches = Callable[[int], Batch]
"""Returns the batch of a step."""


def pages(
    corpus: Corpus, tokenizer: Tokenizer, rows: int, seed: str, *, apart: bool = False
) -> Batches:
    """Return batches of documents end to end.

    With `apart`, the ends of lines are tokens of their own on half of the pages. A sign before one
    is else part of its token, so that after a bare question, which has no such token, a model
    would take the page for over.
    """
    end = id_of(tokenizer, END_OF_PAGE)

    def encoded(page: str, rng: random.Random) -> list[int]:
        whole = not apart or rng.random() < 0.5
        parts = [page] if whole else re.split(r"(\n+)", page)
        return [token for part in parts for token in tokenizer.encode(part).ids]

    def batch(step: int) -> Batch:
        rng = random.Random(f"{seed} {step}")
        tokens: list[int] = []
        count = 0
        while len(tokens) < rows * WIDTH:
            tokens += [*encoded(corpus.page(rng), rng), end]
            count += 1
        shaped = torch.tensor(tokens[: rows * WIDTH]).view(rows, WIDTH)
        return Batch(shaped, shaped, None, count)

    return batch


def exchanges(draw: Draw, tokenizer: Tokenizer, rows: int, seed: str) -> Batches:
    """Return batches of whole exchanges, packed; only what the model is to write is learnt."""
    pad = id_of(tokenizer, END_OF_PAGE)

    def encoded(rng: random.Random) -> tuple[list[int], list[int]]:
        example = draw(rng)
        asked = tokenizer.encode(f"<|user|>\n{example.question}{END_OF_TURN}\n<|assistant|>\n").ids
        told = tokenizer.encode(f"{example.answer}{END_OF_TURN}").ids
        return asked + told, [IGNORED] * len(asked) + told

    def batch(step: int) -> Batch:
        rng = random.Random(f"{seed} {step}")
        packed: list[list[tuple[list[int], list[int]]]] = [[] for _ in range(rows)]
        room = [WIDTH] * rows
        count = misses = 0
        while misses < 3:
            exchange = encoded(rng)
            fitting = next((i for i in range(rows) if room[i] >= len(exchange[0])), None)
            if fitting is None:
                misses += 1
                continue
            packed[fitting].append(exchange)
            room[fitting] -= len(exchange[0])
            count += 1
        ids, labels, positions = [], [], []
        for row, left in zip(packed, room, strict=True):
            ids.append([t for one, _ in row for t in one] + [pad] * left)
            labels.append([t for _, one in row for t in one] + [IGNORED] * left)
            positions.append([at for one, _ in row for at in range(len(one))] + list(range(left)))
        return Batch(torch.tensor(ids), torch.tensor(labels), torch.tensor(positions), count)

    return batch
