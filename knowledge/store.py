"""The vector store: the units of each segment in Chroma, in its folder or on a server.

A unit is what may make its passage a candidate: a window of its text, or one of the questions
it answers. (Its sentences only rank it: the windows hold the same words, and a store without
them is less than half as large.)
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.models.Collection import Collection as ChromaCollection
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import NotFoundError

from knowledge.passages import Vectors

FOLDER = "chroma"
_COLLECTION = "units"
_TIMEOUT = httpx.Timeout(30, connect=5)
"""Seconds: a server that takes longer for a question is no help to anybody."""

_HNSW: CreateHNSWConfiguration = {
    # Chroma's own search breadth (100) loses recall as a store grows: 0.96 at 10,000 units
    # (measured). With this one, 0.99 of the nearest 120 are found at the size a segment may
    # have and all of the nearest 8; with 400 it takes half as long again.
    "space": "cosine",
    "ef_construction": 100,
    "ef_search": 200,
    "max_neighbors": 16,
    # All is in the vector index's files as soon as it was added. What is not there, Chroma puts
    # in whenever it opens the store: 5.6 s for 12,000 units instead of 0.06 s (measured), and it
    # then writes files anew that `wipe` has wiped.
    "sync_threshold": 1,
    "batch_size": 1,
}

_COUNTS = struct.Struct("<QQ")
_COUNTS_AT = 20
"""Where hnswlib's header.bin tells how many slots are in use, and the bytes of one."""


class StoreBroken(Exception):
    """The store cannot be opened, read or written, or does not hold what it should."""


class StoreUnreachable(Exception):
    """The Chroma server does not answer, or not as it should; what it holds may be sound."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's place: the number of its passage in the segment, and its own in the passage."""

    passage: int
    number: int

    @property
    def id(self) -> str:
        """The unit's name in the store."""
        return f"{self.passage}.{self.number}"


class UnitStore:
    """The units of one segment. Its methods raise StoreBroken and StoreUnreachable."""

    def __init__(self, collection: ChromaCollection, client: Client | None, copy: Any) -> None:
        self._collection = collection
        self._client = client
        self._copy: TemporaryDirectory[str] | None = copy

    def close(self) -> None:
        """Close the store's files. Chroma keeps them open for each folder it ever saw."""
        if self._client is not None:
            self._client.close()
        if self._copy is not None:
            self._copy.cleanup()

    def add(self, units: Sequence[Unit], vectors: Vectors) -> None:
        """Add `units` with their vectors, one row each."""
        with self._told():
            self._collection.add(ids=[unit.id for unit in units], embeddings=vectors)

    def nearest(self, vector: Vectors, count: int) -> list[tuple[float, int]]:
        """Return cosine distance and passage of the `count` nearest units, nearest first."""
        with self._told():
            found = self._collection.query(
                query_embeddings=vector[None], n_results=count, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        return [
            (float(distance), int(name.partition(".")[0]))
            for distance, name in zip(distances, found["ids"][0], strict=True)
        ]

    def count(self) -> int:
        """Return how many units are stored."""
        with self._told():
            return self._collection.count()

    def _told(self) -> AbstractContextManager[None]:
        return _told(remote=self._client is None)


class Stores:
    """Where the units of an index's segments are: each in its folder, or all on one server.

    On a server each segment is a collection, named after the index's `mark` and itself.
    """

    def __init__(self, url: str | None, mark: str) -> None:
        self._url = url
        self._mark = mark
        self._server: Client | None = None

    def close(self) -> None:
        """Close the connection to the server, if there is one."""
        if self._server is not None:
            self._server.close()
            for session in _sessions(self._server):  # the library leaves them open
                session.close()
            self._server = None

    @property
    def embedded(self) -> bool:
        """Whether each segment's units lie in its own folder."""
        return self._url is None

    def create(self, folder: Path) -> UnitStore:
        """Make an empty store for the segment in `folder`."""
        if self._url is None:
            client = _client(folder / FOLDER)
            with _told():
                return UnitStore(_collection(client, _COLLECTION), client, None)
        client, name = self._connected(), self._name(folder)
        with _told(remote=True):
            with suppress(NotFoundError):  # left by a build that was killed
                client.delete_collection(name)
            return UnitStore(_collection(client, name), None, None)

    def finish(self, folder: Path) -> None:
        """Leave nothing in the closed store of `folder` that was never put into it."""
        if self._url is None:
            wipe(folder / FOLDER)

    def open(self, folder: Path) -> UnitStore:
        """Open the store of the segment in `folder` for reading.

        Chroma writes into whatever it opens. Where it cannot, for a folder without the right
        to or on a full disk, a copy is read, which `close` removes.
        Raises StoreBroken, StoreUnreachable, OSError.
        """
        if self._url is not None:
            with _told(remote=True):
                found = self._connected().get_collection(
                    self._name(folder), embedding_function=None
                )
                return UnitStore(found, None, None)
        place = folder / FOLDER
        if os.access(place, os.W_OK):
            with suppress(StoreBroken):
                return _opened(place, None)
        copy = TemporaryDirectory(prefix="llm-landscape-", ignore_cleanup_errors=True)
        try:
            return _opened(_writable_copy(place, Path(copy.name) / FOLDER), copy)
        except BaseException:
            copy.cleanup()
            raise

    def keep_only(self, segments: Collection[str]) -> None:
        """Remove every collection of this index from the server but those of `segments`."""
        if self._url is None:
            return
        client = self._connected()
        names = {f"{self._mark}-{segment}" for segment in segments}
        with _told(remote=True):
            for collection in client.list_collections():
                if collection.name.startswith(f"{self._mark}-") and collection.name not in names:
                    client.delete_collection(collection.name)

    def _name(self, folder: Path) -> str:
        return f"{self._mark}-{folder.name}"

    def _connected(self) -> Client:
        if self._server is None:
            address = urlsplit(self._url or "")
            secure = address.scheme == "https"
            with _told(remote=True):
                server = chromadb.HttpClient(
                    host=address.hostname or "localhost",
                    port=address.port or (443 if secure else 8000),
                    ssl=secure,
                    settings=_settings(),
                )
            self._server = cast("Client", server)
            for session in _sessions(self._server):  # the library would wait for ever
                session.timeout = _TIMEOUT
        return self._server


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


def _sessions(server: Client) -> tuple[httpx.Client, ...]:
    """Return the HTTP connections of a server's client, for which the library has no setting."""
    own: Any = server
    return own._server._session, own._admin_client._server._session


def _settings() -> ChromaSettings:
    return ChromaSettings(anonymized_telemetry=False, allow_reset=False)


def _client(folder: Path) -> Client:
    with _told():
        client = chromadb.PersistentClient(str(folder), settings=_settings())
    return cast("Client", client)  # its type leaves out `close`


def _collection(client: Client, name: str) -> ChromaCollection:
    """Make the collection; without an embedding function, for the vectors are ours."""
    return client.create_collection(name, configuration={"hnsw": _HNSW}, embedding_function=None)


def _opened(place: Path, copy: TemporaryDirectory[str] | None) -> UnitStore:
    client = _client(place)
    try:
        with _told():
            collection = client.get_collection(_COLLECTION, embedding_function=None)
    except BaseException:
        client.close()
        raise
    return UnitStore(collection, client, copy)


@contextmanager
def _told(*, remote: bool = False) -> Iterator[None]:
    """Turn whatever Chroma raises into StoreBroken, or StoreUnreachable for a server's refusal."""
    try:
        yield
    except NotFoundError as error:
        raise StoreBroken(str(error)) from error
    except Exception as error:  # chromadb raises bare ones for what it does not know of a server
        if remote:
            raise StoreUnreachable("the Chroma server does not answer as it should") from error
        raise StoreBroken(str(error)) from error


def _writable_copy(folder: Path, copy: Path) -> Path:
    """Copy a store without the rights of its files, and return where to."""
    for path in folder.rglob("*"):
        if path.is_file():
            to = copy / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
    return copy
