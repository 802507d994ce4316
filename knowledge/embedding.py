"""Sentence embeddings: the one door to torch here. Importing this module is slow (seconds)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np
import torch
from langchain_core.embeddings import Embeddings
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from knowledge.door import Door
from knowledge.identity import ModelIdentity
from knowledge.passages import Vectors

BATCH = 32


class EmbedderUnavailable(Exception):
    """The embedding model cannot be loaded."""


@dataclass(frozen=True, slots=True)
class TextVectors:
    """One text as the model sees it: `whole` (dimension,) and `tokens` (tokens, dimension).

    All rows have length 1. `tokens` leaves out the markers of beginning and end.
    """

    whole: Vectors
    tokens: Vectors


class Embedder(Embeddings):
    """A sentence-transformers model with a name and a revision.

    Vectors of two models, or of two revisions of one, must never meet in an index.
    """

    def __init__(self, model: SentenceTransformer, name: str, revision: str, door: Door) -> None:
        self._model = model
        self._door = door
        self._one = Lock()  # a tokenizer must not be used by two threads at once
        self._asked: SimpleQueue[tuple[tuple[str, ...], asyncio.Future[Vectors]]] = SimpleQueue()
        self.name = name
        self.revision = revision
        self.dimension = int(model.get_embedding_dimension() or 0)
        vocabulary = model.tokenizer.get_vocab()
        self.words = frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)
        """Whole words the model's tokenizer knows: a list of ordinary words for the speller."""

    @property
    def makes(self) -> tuple[str, str, int]:
        """Name and revision of the model, and the dimension of its vectors."""
        return self.name, self.revision, self.dimension

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, computed in a thread.

        What is asked for while the thread is busy is computed together: many
        short texts at once cost half of what they cost one by one.
        """
        answer: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        self._asked.put((tuple(texts), answer))
        await self._door.through(self._encode_asked)
        return await answer

    def _encode_asked(self) -> None:
        """Compute all that was asked for by now and answer it; runs in the door's one thread."""
        asked: list[tuple[tuple[str, ...], asyncio.Future[Vectors]]] = []
        with suppress(Empty):
            while True:
                asked.append(self._asked.get_nowait())
        try:
            rows = self.encode_now([text for texts, _ in asked for text in texts])
        except BaseException as error:
            for _, answer in asked:
                answer.get_loop().call_soon_threadsafe(_fail, answer, error)
            raise
        ends = accumulate(len(texts) for texts, _ in asked)
        for (texts, answer), end in zip(asked, ends, strict=True):
            part = rows[end - len(texts) : end]
            answer.get_loop().call_soon_threadsafe(_answer, answer, part)

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, shape (texts, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        _on_one_core()
        with self._one:
            rows = self._model.encode(
                list(texts),
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(rows, np.float32)

    def read(self, texts: Sequence[str]) -> list[TextVectors]:
        """Return sentence and token vectors of each text from one pass of the model."""
        _on_one_core()
        with self._one:
            found: Any = self._model.encode(  # typed for one text and one kind of output only
                list(texts), batch_size=BATCH, output_value=None, show_progress_bar=False
            )
        return [
            TextVectors(
                _unit(entry["sentence_embedding"].numpy(force=True)[None])[0],
                _unit(entry["token_embeddings"].numpy(force=True)[1:-1]),
            )
            for entry in found
        ]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each text (LangChain's interface)."""
        rows: list[list[float]] = self.encode_now(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text (LangChain's interface)."""
        return self.embed_documents([text])[0]


def load_embedder(identity: ModelIdentity, door: Door) -> Embedder:
    """Load the model from its package, its folder, the hub's local cache or the hub.

    Raises EmbedderUnavailable with the reason.
    """
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ships no types
    try:
        model = SentenceTransformer(
            identity.source,
            device="cpu",
            local_files_only=identity.revision is not None,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EmbedderUnavailable(
            f"The embedding model '{identity.name}' could not be loaded: "
            + str(error).partition("\n")[0]
        ) from error
    model.eval()
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = str(getattr(config, "_commit_hash", None) or "unknown")
    return Embedder(model, identity.name, identity.revision or commit, door)


def _answer(answer: asyncio.Future[Vectors], rows: Vectors) -> None:
    if not answer.done():  # who asked may have left
        answer.set_result(rows)


def _fail(answer: asyncio.Future[Vectors], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # whoever started the computing hears of it in any case


def _on_one_core() -> None:
    """Keep torch to one core, a setting of each thread.

    Two cores save little on texts this short, and cost much when something else
    wants them: threads that wait for each other spin (15 ms became 500, measured).
    """
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
