"""Refreshing: the index is made as the lessons are, by new segments beside those that stay."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.arrangement import Arrangement, arrange, weight
from knowledge.identity import ModelIdentity
from knowledge.index import Change, Index, IndexUnwritable, Progress, Unsound
from knowledge.kept import Kept
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest, Part, foreign
from knowledge.proof import prove, proven
from knowledge.segment import write_segment
from knowledge.store import StoreBroken, Stores, StoreUnreachable

if TYPE_CHECKING:  # importing it loads torch, which only a change of the lessons needs
    from knowledge.embedding import Embedder

log = logging.getLogger(__name__)

NOT_STORED = "The vector store could not be written: the disk may be full."
ASIDE = "The index was set aside and is made anew from the lessons: %s."
NO_SERVER = "The Chroma server that CHROMA_URL names does not answer, so nothing was indexed."


def refresh(
    index: Index,
    lessons: Sequence[Lesson],
    model: ModelIdentity,
    load: Callable[[], Embedder],
    progress: Progress,
) -> Change:
    """Make the index as `lessons` are; a model is loaded only when something changed.

    Only segments that a change touches are written anew, and passages that did not change
    keep their vectors; so do those that a killed build had computed. A new generation serves
    once its segments have proved sound; a failure leaves the serving one as it was.
    Raises IndexBusy, EmbedderUnavailable, IndexUnwritable.
    """
    with index.writing(), closing(Stores(index.chroma, index.mark())) as stores:
        try:
            damaged = _set_damaged_aside(index, stores)
            change = index.pending(lessons, model)
            if not change.nothing:
                _renew(index, stores, lessons, load(), damaged, progress)
                if change.removed or change.changed:
                    index.forget_damaged()
            index.sweep()
            stores.keep_only([path.name for path in index.folder.glob("seg-*")])
        except StoreUnreachable as error:
            raise IndexUnwritable(NO_SERVER) from error
        except (StoreBroken, Unsound) as error:
            raise IndexUnwritable(NOT_STORED) from error
        return change


def _renew(
    index: Index,
    stores: Stores,
    lessons: Sequence[Lesson],
    embedder: Embedder,
    damaged: Sequence[Path],
    progress: Progress,
) -> None:
    """Write what must be written anew, and publish it."""
    before = index.manifest()
    same = before is not None and (before.made_with, before.place) == (embedder.makes, index.place)
    plan = arrange(before.parts if before and same else (), lessons)
    gone = plan.go if same else before.parts if before else ()
    try:
        with closing(Kept(embedder.makes)) as known:
            for folder in (*(index.folder / part.name for part in gone), *damaged):
                known.add(folder)
            for folder in index.left_over():  # after many kills, one has what others had
                if not known.add(folder):
                    index.remove(folder)
            parts = _write(index, stores, plan, embedder, known, progress)
        index.publish(Manifest(embedder.makes, index.place, (*plan.stay, *parts)))
    except Exception:
        # Also what a killed build left goes: it may be what fills the disk.
        index.sweep()
        raise


def _write(
    index: Index,
    stores: Stores,
    plan: Arrangement,
    embedder: Embedder,
    known: Kept,
    progress: Progress,
) -> list[Part]:
    """Write and prove the new segments, and return them."""
    total = sum(len(lesson.passages) for group in plan.new for lesson in group)
    done = 0
    parts: list[Part] = []
    for group in plan.new:
        folder, before = index.new_segment(), done
        write_segment(
            folder,
            group,
            embedder,
            stores,
            known.rows,
            lambda count, before=before: progress(before + count, total),  # type: ignore[misc]  # a default binds the loop's value
        )
        passages = sum(len(lesson.passages) for lesson in group)
        digests = {lesson.slug: lesson.digest for lesson in group}
        heavy = sum(map(weight, group))
        part = Part(folder.name, group[0].server, passages, heavy, digests)
        prove(index, part, embedder.makes, stores).close()
        parts.append(part)
        done += passages
    progress(total, total)
    return parts


def _set_damaged_aside(index: Index, stores: Stores) -> list[Path]:
    """Let what cannot be trusted serve no more, and return where it was put."""
    name = index.current()
    if name is None or not index.file(name).exists() or foreign(index.file(name)):
        return []
    manifest = index.manifest()
    if manifest is None:
        log.warning(ASIDE, "what it was made of cannot be read")
        index.set_aside([index.file(name).name])
        return []
    if manifest.place != index.place:  # all is made anew in any case
        return []
    faults: dict[str, Unsound] = {}
    for part in manifest.parts:
        if proven(index, part):
            continue
        try:
            prove(index, part, manifest.made_with, stores).close()
        except Unsound as fault:
            faults[part.name] = fault
    if not faults:
        return []
    log.warning(ASIDE, next(iter(faults.values())))
    sound = [part for part in manifest.parts if part.name not in faults]
    if sound:
        index.publish(manifest.having(sound))
    index.set_aside([*faults] if sound else [*faults, index.file(name).name])
    return [index.folder / "damaged" / segment for segment in faults]
