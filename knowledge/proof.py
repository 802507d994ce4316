"""Proof: opening a segment only when it is what was written and answers what it should.

Chroma can lie: with its vector index lost it counts all units and returns wrong ones without
an error (measured). So some passages are asked for by their own vectors.
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from knowledge.index import Index, Stamp, Unsound
from knowledge.manifest import Made, Part
from knowledge.seal import JOURNALS, SQLITE, broken
from knowledge.segment import Segment
from knowledge.store import StoreBroken, Stores, StoreUnreachable

CANARIES = 8
"""Passages that must find themselves, spread evenly."""

_NEAREST = 5
_SAME = 1e-3
"""Two units nearer than this by cosine stand for each other: a lesson may repeat a sentence."""


def prove(index: Index, part: Part, made_with: Made, stores: Stores) -> Segment:
    """Open the segment that a manifest names as `part`.

    One that this process proved already, and whose files are as they were then, is only
    opened. Raises Unsound, in words, when it cannot be trusted, and StoreUnreachable.
    """
    folder = index.folder / part.name
    known = proven(index, part)
    found = None if known else broken(folder, embedded=stores.embedded)
    if found:
        raise Unsound(found)
    try:
        segment = Segment(folder, stores)
    except (StoreBroken, OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise Unsound("it cannot be opened") from error
    try:
        fault = _misfit(segment, part, made_with) or (None if known else _canaries(segment))
    except (StoreBroken, OSError, ValueError, KeyError, IndexError) as error:
        segment.close()
        raise Unsound("it cannot be searched") from error
    except BaseException:
        segment.close()
        raise
    if fault:
        segment.close()
        raise Unsound(fault)
    index.proven[part.name] = _stamp(folder)
    return segment


def proven(index: Index, part: Part) -> bool:
    """Say whether this process proved a segment, and its files are as they were then."""
    stamp = index.proven.get(part.name)
    return stamp is not None and stamp == _stamp(index.folder / part.name)


def _stamp(folder: Path) -> Stamp:
    """Tell how the files of a segment are, without reading them.

    Of SQLite's only the length counts: Chroma writes into it whenever it opens it.
    """
    stamps = []
    with suppress(OSError):
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.endswith(JOURNALS):
                found = path.stat()
                own = path.name == Path(SQLITE).name
                stamps.append((path.name, found.st_size, 0 if own else found.st_mtime_ns))
    return tuple(sorted(stamps))


def examine(index: Index) -> str | None:
    """Say in words what is wrong with the generation that serves; None when nothing is."""
    manifest = index.manifest()
    if manifest is None or manifest.place != index.place:  # it will be made anew
        return None
    with closing(Stores(index.chroma, index.mark())) as stores:
        for part in manifest.parts:
            try:
                prove(index, part, manifest.made_with, stores).close()
            except (Unsound, StoreUnreachable) as fault:
                return str(fault)
    return None


def _misfit(segment: Segment, part: Part, made_with: Made) -> str | None:
    if segment.server != part.server or segment.lessons.keys() != part.lessons.keys():
        return "it holds other lessons than it should"
    if segment.made_with != made_with or not segment.shape_fits:
        return "the vectors do not fit the passages"
    if segment.store.count() != segment.units:
        return "the vector store does not hold what was put into it"
    if len(segment.words) != len(segment):
        return "the index of words does not fit the passages"
    return None


def _canaries(segment: Segment) -> str | None:
    for number in range(0, len(segment), max(1, len(segment) // CANARIES)):
        vector = segment.vectors(number).windows[0]
        near = {found for _, found in segment.store.nearest(vector, _NEAREST)}
        twins = (segment.vectors(other).windows @ vector for other in near)
        if number not in near and not any(float(t.max()) > 1 - _SAME for t in twins):
            return "the vector store does not find what was put into it"
    return None
