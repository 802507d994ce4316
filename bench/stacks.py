"""The two searches a bench compares: ours and the plain dense baseline, on the same lessons.

The baseline is what a first tutorial builds: a recursive splitter of 500
characters over each lesson's text without its headings, one vector a chunk by the
same embedding model, the chunks of highest cosine. Exact, so no approximate index
can make it look worse than it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from langchain_text_splitters import RecursiveCharacterTextSplitter

from bench.labels import Question
from knowledge.curriculum import curriculum
from knowledge.door import Door
from knowledge.embedding import Embedder, load_embedder
from knowledge.identity import PACKAGED, identify
from knowledge.index import Index
from knowledge.lesson import SHIPPED, Lesson
from knowledge.passages import Found, Passage, Vectors
from knowledge.refresh import refresh
from knowledge.search import Search

CHUNK = 500
"""Characters of a chunk of the baseline."""

HITS = 8

NEIGHBOURS = (
    "chromadb huggingface-hub langchain-core langchain-text-splitters numpy ollama pydantic "
    "safetensors scikit-learn sentence-transformers tokenizers transformers"
).split()
"""Installed packages of the field, whose descriptions stand for lessons on other subjects."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Chunks and their vectors, one row each."""

    embedder: Embedder
    chunks: tuple[str, ...]
    vectors: Vectors

    def find(self, question: str) -> tuple[str, ...]:
        """Return the chunks of highest cosine, best first."""
        cosines = self.vectors @ self.embedder.encode_now([question])[0]
        return tuple(self.chunks[place] for place in (-cosines).argsort()[:HITS])


def load_packaged() -> Embedder:
    """Load the default embedding model. Raises EmbedderUnavailable."""
    return load_embedder(identify(PACKAGED), Door())


def shipped(*, asks: bool = True) -> tuple[Lesson, ...]:
    """Return the shipped lessons and the roster; without `asks`, as if no author listed any.

    Raises ValueError when a lesson file has a fault.
    """
    found = curriculum([SHIPPED])
    if found.faults:
        raise ValueError("; ".join(found.faults))
    return found.lessons if asks else tuple(_bare(lesson) for lesson in found.lessons)


def other_lessons() -> tuple[Lesson, ...]:
    """Return a lesson on something else for each of NEIGHBOURS: lessons of a fuller library."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=800, chunk_overlap=0)
    found = []
    for order, name in enumerate(NEIGHBOURS, start=100):
        parts = splitter.split_text(str(metadata(name).json["description"]))
        passages = tuple(
            Passage(f"{name}#{n}", name, name, f"{name}, part {n}", (), str(n), part)
            for n, part in enumerate(parts, start=1)
        )
        day = dt.date(2026, 1, 1)
        found.append(Lesson(name, name, order, name, (), (), day, passages, name))
    return tuple(found)


@contextmanager
def our_search(embedder: Embedder, lessons: Sequence[Lesson]) -> Iterator[Search]:
    """Build the index of `lessons` in a temporary folder and open the search on it."""
    with TemporaryDirectory() as folder:
        index = Index(Path(folder))
        refresh(index, lessons, identify(PACKAGED), lambda: embedder, lambda _done, _total: None)
        yield Search(index, embedder, Door())


def plain_baseline(embedder: Embedder, lessons: Sequence[Lesson]) -> Baseline:
    """Cut and embed `lessons` as the module's docstring says."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=0)
    bodies = ["\n\n".join(p.text for p in lesson.passages) for lesson in lessons]
    chunks = tuple(chunk for body in bodies for chunk in splitter.split_text(body))
    return Baseline(embedder, chunks, embedder.encode_now(chunks))


def previous_turn(question: Question) -> str | None:
    """Return the member's turn before this one."""
    turns = [turn.content for turn in question.history if turn.role == "user"]
    return turns[-1] if turns else None


def texts(found: Found) -> tuple[str, ...]:
    """Return what the judge reads of each hit: heading and text."""
    return tuple(f"{hit.passage.heading}\n{hit.passage.text}" for hit in found.hits)


def _bare(lesson: Lesson) -> Lesson:
    passages = tuple(replace(passage, asks=()) for passage in lesson.passages)
    return replace(lesson, passages=passages, digest=f"{lesson.digest} without questions")
