"""The vector store: units of passages in Chroma, through LangChain, in a folder or on a server.

A unit is what is embedded: a window of a passage's text, one of its sentences,
or one of the questions it answers. Every unit names its passage.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import chromadb
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from knowledge.passages import Vectors

Kind = Literal["window", "sentence", "ask"]

_COLLECTION = "passages"
_BATCH = 1000
_HNSW: CreateHNSWConfiguration = {
    # Chroma's defaults lose recall as the store grows (0.73 at 100,000 units,
    # measured); with these it stays at 0.98 for a query of about 3 ms.
    "space": "cosine",
    "ef_construction": 200,
    "ef_search": 400,
    "max_neighbors": 32,
    # All is in the vector index's files as soon as it was added. What is not there, Chroma puts
    # in whenever it opens the store: 5.6 s for 12,000 units instead of 0.06 s (measured), and it
    # then writes files anew that `wipe` has wiped.
    "sync_threshold": 1,
    "batch_size": 1,
}

_COUNTS = struct.Struct("<QQ")
_COUNTS_AT = 20
"""Where hnswlib's header.bin tells how many slots are in use, and the bytes of one."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage as it was embedded; `number` counts from 0 within its kind."""

    passage_id: str
    lesson: str
    kind: Kind
    number: int
    text: str

    @property
    def id(self) -> str:
        """The unit's name in the store."""
        return f"{self.passage_id}/{self.kind}/{self.number}"


class StoreBroken(Exception):
    """The store cannot be opened, read or written."""


class UnitStore:
    """The units of one generation of the index. Its methods raise StoreBroken."""

    def __init__(
        self, client: Client, store: Chroma, given: _Given, copy: TemporaryDirectory[str] | None
    ) -> None:
        self._client = client
        self._store = store
        self._given = given
        self._copy = copy

    @classmethod
    def create(cls, folder: Path) -> UnitStore:
        """Make an empty store in `folder`."""
        return cls(*_client(folder), None)

    @classmethod
    def open(cls, folder: Path) -> UnitStore:
        """Open the store in `folder` for reading. Raises StoreBroken, OSError.

        Chroma writes into whatever it opens. Where it cannot, for a folder without the right
        to or on a full disk, a copy is read, which `close` removes.
        """
        if os.access(folder, os.W_OK):
            with suppress(StoreBroken):
                return cls(*_client(folder), None)
        copy = TemporaryDirectory(prefix="llm-landscape-", ignore_cleanup_errors=True)
        try:
            return cls(*_client(_writable_copy(folder, Path(copy.name) / "chroma")), copy)
        except BaseException:
            copy.cleanup()
            raise

    def close(self) -> None:
        """Close the store's files. Chroma keeps them open for each folder it ever saw."""
        self._client.close()
        if self._copy is not None:
            self._copy.cleanup()

    def add(self, units: Sequence[Unit], vectors: Vectors) -> None:
        """Add `units` with their vectors, one row each."""
        for start in range(0, len(units), _BATCH):
            batch = units[start : start + _BATCH]
            rows = vectors[start : start + _BATCH].tolist()
            texts = [unit.text for unit in batch]
            self._given.known = dict(zip(texts, rows, strict=True))
            with _told():
                self._store.add_texts(
                    texts,
                    metadatas=[{"passage": u.passage_id, "lesson": u.lesson} for u in batch],
                    ids=[unit.id for unit in batch],
                )
        self._given.known = {}

    def nearest(self, vector: Sequence[float], count: int, lesson: str | None) -> list[str]:
        """Return the ids of the passages of the `count` nearest units, nearest first, each once."""
        only: dict[str, Any] | None = {"lesson": lesson} if lesson else None
        with _told():
            found = self._store.similarity_search_by_vector(list(vector), k=count, filter=only)
        return list(dict.fromkeys(str(unit.metadata["passage"]) for unit in found))

    def count(self) -> int:
        """Return how many units are stored."""
        with _told():
            return self._client.get_collection(_COLLECTION).count()


def wipe(folder: Path) -> None:
    """Put zeros where the closed store in `folder` holds what was never put into it.

    hnswlib writes slots that no unit uses as they were in the process's memory: anything the
    process ever read may be there, a removed lesson or a token. Raises OSError.
    """
    for header in folder.glob("*/header.bin"):
        used, slot = _COUNTS.unpack_from(header.read_bytes(), _COUNTS_AT)
        for name, size in (("data_level0.bin", slot), ("length.bin", 4)):
            path = header.with_name(name)
            length = path.stat().st_size
            os.truncate(path, min(length, used * size))
            os.truncate(path, length)


def _client(folder: Path) -> tuple[Client, Chroma, _Given]:
    settings = ChromaSettings(anonymized_telemetry=False, allow_reset=False)
    given = _Given()
    with _told():
        client = chromadb.PersistentClient(str(folder), settings=settings)
        store = Chroma(
            collection_name=_COLLECTION,
            embedding_function=given,
            client=client,
            collection_configuration={"hnsw": _HNSW},
        )
    return cast("Client", client), store, given  # its type leaves out `close`


@contextmanager
def _told() -> Iterator[None]:
    """Turn whatever Chroma raises into StoreBroken."""
    try:
        yield
    except (ChromaError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise StoreBroken(str(error)) from error


def _writable_copy(folder: Path, copy: Path) -> Path:
    """Copy a store without the rights of its files, and return where to."""
    for path in folder.rglob("*"):
        if path.is_file():
            to = copy / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
    return copy


class _Given(Embeddings):
    """Vectors that are already known, for a store that would embed each text itself."""

    def __init__(self) -> None:
        self.known: dict[str, list[float]] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.known[text]
