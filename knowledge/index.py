"""The index: a folder of generations and a pointer to the one that serves.

    gen-000007/   written beside the others, published by replacing `current`
    current       the name of the generation that serves
    writer.lock   held by the one process that may write

Readers never wait for a writer: they open what `current` names.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from knowledge.identity import ModelIdentity
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest

LOCK_SECONDS = 2.0

Progress = Callable[[int, int], None]
"""Told (passages done, passages in all) while an index is built."""


class IndexBusy(Exception):
    """Another process is writing the index."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a refresh changed, as lesson slugs; `rebuilt` tells why everything was made anew."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    rebuilt: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether the index already was as the lessons are."""
        return not (self.added or self.changed or self.removed or self.rebuilt)


class Index:
    """The folder of generations at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> str | None:
        """Return the name of the generation that serves; None when there is none."""
        try:
            return (self.folder / "current").read_text("utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def manifest(self) -> Manifest | None:
        """Return the serving generation's manifest; None when there is none usable."""
        name = self.current()
        return Manifest.read(self.folder / name) if name else None

    def pending(self, lessons: Sequence[Lesson], model: ModelIdentity) -> Change:
        """Say what a refresh would change, without loading a model."""
        manifest = self.manifest()
        wanted = {lesson.slug: lesson.digest for lesson in lessons}
        if manifest is None:
            return Change(added=tuple(wanted))
        rebuilt = None
        if model.name != manifest.model or model.revision not in (None, manifest.revision):
            rebuilt = f"it was made with {manifest.model} ({manifest.revision})"
        had = manifest.lessons
        return Change(
            added=tuple(slug for slug in wanted if slug not in had),
            changed=tuple(s for s, mark in wanted.items() if s in had and had[s] != mark),
            removed=tuple(slug for slug in had if slug not in wanted),
            unchanged=tuple(s for s, mark in wanted.items() if had.get(s) == mark),
            rebuilt=rebuilt,
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one right to write. Raises IndexBusy when another process holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "writer.lock", timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise IndexBusy("Another process is writing the index now.") from error
        try:
            yield
        finally:
            lock.release()

    def new_folder(self) -> Path:
        """Return the folder the next generation is to be written into."""
        numbers = [int(f.name[4:]) for f in self.folder.glob("gen-*") if f.name[4:].isdigit()]
        return self.folder / f"gen-{max(numbers, default=0) + 1:06d}"

    def publish(self, folder: Path) -> None:
        """Let the generation in `folder` serve, and remove those nobody reads any more.

        The one before stays: a process that opened it may still read it.
        """
        old = self.current()
        pointer = self.folder / "current.new"
        pointer.write_text(folder.name, "utf-8")
        pointer.replace(self.folder / "current")
        for other in self.folder.glob("gen-*"):
            if other.name not in (folder.name, old):
                shutil.rmtree(other, ignore_errors=True)
