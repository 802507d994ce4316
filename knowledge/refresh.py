"""Refreshing: the index is made as the lessons are, by a new generation beside the old one."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from knowledge.generation import Generation, Kept, build
from knowledge.identity import ModelIdentity
from knowledge.index import Change, Index, IndexUnwritable, Progress, Unsound
from knowledge.lesson import Lesson
from knowledge.manifest import foreign
from knowledge.proof import prove
from knowledge.store import StoreBroken

if TYPE_CHECKING:  # importing it loads torch, which only a change of the lessons needs
    from knowledge.embedding import Embedder

log = logging.getLogger(__name__)

NOT_STORED = "The vector store could not be written: the disk may be full."


def refresh(
    index: Index,
    lessons: Sequence[Lesson],
    model: ModelIdentity,
    load: Callable[[], Embedder],
    progress: Progress,
) -> Change:
    """Make the index as `lessons` are; a model is loaded only when something changed.

    Passages that did not change keep their vectors. A new generation serves once it has
    proved sound; a failure leaves the serving one as it was.
    Raises IndexBusy, EmbedderUnavailable, IndexUnwritable.
    """
    with index.writing(), _proven(index) as serving:
        change = index.pending(lessons, model)
        if change.nothing:
            return change
        embedder = load()
        same = serving is not None and serving.manifest.made_with == embedder.makes
        folder = index.new_folder()
        try:
            build(folder, lessons, embedder, Kept(serving if same else None), progress)
            prove(folder).close()
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, StoreBroken | Unsound):
                raise IndexUnwritable(NOT_STORED) from error
            raise
        index.publish(folder)
        if change.removed or change.changed:
            index.forget_damaged()
        return change


@contextmanager
def _proven(index: Index) -> Iterator[Generation | None]:
    """Open the serving generation. One that cannot be trusted is set aside; then there is none."""
    name = index.current()
    if name is None or not (index.folder / name).exists() or foreign(index.folder / name):
        yield None
        return
    try:
        generation = prove(index.folder / name)
    except Unsound as fault:
        log.warning("The index was set aside and is made anew from the lessons: %s.", fault)
        index.set_aside(name)
        yield None
        return
    with closing(generation):
        yield generation
