"""Refreshing: the index is made as the lessons are, by a new generation beside the old one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing

from knowledge.embedding import Embedder
from knowledge.generation import Generation, build
from knowledge.identity import ModelIdentity
from knowledge.index import Change, Index, Progress
from knowledge.lesson import Lesson
from knowledge.manifest import digest
from knowledge.passages import Vectors


def refresh(
    index: Index,
    lessons: Sequence[Lesson],
    model: ModelIdentity,
    load: Callable[[], Embedder],
    progress: Progress,
) -> Change:
    """Make the index as `lessons` are; a model is loaded only when something changed.

    Passages that did not change keep their vectors. A failure leaves the
    serving generation as it was. Raises IndexBusy, EmbedderUnavailable, OSError.
    """
    with index.writing():
        change = index.pending(lessons, model)
        if change.nothing:
            return change
        embedder = load()
        folder = index.new_folder()
        try:
            build(folder, lessons, embedder, _known(index, embedder), progress)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        index.publish(folder)
        return change


def _known(index: Index, embedder: Embedder) -> dict[str, Vectors]:
    """Return the rows of every passage the serving generation made with the same model."""
    manifest = index.manifest()
    if manifest is None:
        return {}
    made_with = (manifest.model, manifest.revision, manifest.dimension)
    if made_with != (embedder.name, embedder.revision, embedder.dimension):
        return {}
    generation = Generation.serving(index)
    if generation is None:
        return {}
    with closing(generation):
        return {digest(p): generation.rows(p.id) for p in generation.passages.values()}
