"""The index: a folder of generations and a pointer to the one that serves.

    gen-000007/   written beside the others, published by replacing `current`
    current       the name of the generation that serves
    damaged/      the last generation that could not be trusted, set aside
    writer.lock   held by the one process that may write; writer.json names it

Readers never wait for a writer: they open what `current` names, and look at it again for
each question. So a generation goes as soon as the next one serves, and what was removed
from the lessons goes with it; whoever still reads it has its files open.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from knowledge.claim import Claimed, claim
from knowledge.identity import ModelIdentity
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest

TRIES, PAUSE_SECONDS = 20, 0.05
"""How often, and how far apart, it is tried to remove a generation that is still read."""

Progress = Callable[[int, int], None]
"""Told (passages done, passages in all) while an index is built."""


class IndexBusy(Exception):
    """Another process is writing the index; the message names it."""


class IndexUnwritable(Exception):
    """The index cannot be written; the message says why, for anybody to read."""

    @classmethod
    def because(cls, error: OSError) -> IndexUnwritable:
        """Say it in words for what the system said."""
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
                return cls("There is no room left on the disk for a new index.")
            case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.EEXIST:
                return cls("The data folder cannot be written.")
        return cls("The new index could not be written.")


class Unsound(Exception):
    """A generation cannot be trusted; the message says in words what is wrong with it."""


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
        if (
            model.name != manifest.model
            or model.revision not in (None, manifest.revision)
            or model.dimension not in (None, manifest.dimension)
        ):
            rebuilt = f"it was made with another embedding model, {Path(manifest.model).name}"
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
        """Hold the one right to write, and sweep what a writer before left unfinished.

        Raises IndexBusy when another process holds it, and IndexUnwritable for any OSError.
        """
        try:
            with claim(self.folder, "writer"):
                self.sweep()
                yield
        except Claimed as error:
            raise IndexBusy(f"{error} is writing the index now.") from error
        except OSError as error:
            raise IndexUnwritable.because(error) from error

    def new_folder(self) -> Path:
        """Return the folder the next generation is to be written into."""
        folders = [*self.folder.glob("gen-*"), *self.folder.glob("damaged/gen-*")]
        numbers = [int(f.name[4:]) for f in folders if f.name[4:].isdigit()]
        return self.folder / f"gen-{max(numbers, default=0) + 1:06d}"

    def publish(self, folder: Path) -> None:
        """Let the generation in `folder` serve, and remove all others."""
        pointer = self.folder / "current.new"
        pointer.write_text(folder.name, "utf-8")
        pointer.replace(self.folder / "current")
        self.sweep()

    def sweep(self) -> None:
        """Remove every generation that does not serve."""
        current = self.current()
        for other in self.folder.glob("gen-*"):
            if other.name != current:
                _remove(other)

    def set_aside(self, name: str) -> None:
        """Move the generation `name` out of the way; of those before it none is kept.

        To be called by the writer. Raises OSError.
        """
        damaged = self.folder / "damaged"
        _remove(damaged)
        damaged.mkdir(exist_ok=True)
        (self.folder / name).replace(damaged / name)

    def forget_damaged(self) -> None:
        """Remove what was set aside: it may hold what was taken out of the lessons."""
        _remove(self.folder / "damaged")


def _remove(folder: Path) -> None:
    """Remove a folder, again where a reader's database made a journal in it meanwhile.

    What resists is removed by the writer after this one.
    """
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(PAUSE_SECONDS)
