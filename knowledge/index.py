"""The index: a folder of segments, and which of them serve.

    seg-41c4d8ab/    some lessons of one owner, written once (knowledge/segment.py)
    gen-000007.json  a generation: the segments that serve together (knowledge/manifest.py)
    current          the name of the generation that serves
    damaged/         what could not be trusted, set aside
    mark             the name of this index on a Chroma server, where it uses one
    writer.lock      held by the one process that may write; writer.json names it

A generation is published by replacing `current`, once all its segments are there. Readers
never wait for a writer: they open what `current` names, and look at it again for each
question. What a generation does not name goes as soon as it serves, and what was removed
from the lessons goes with it; whoever still reads it has its files open.
"""

from __future__ import annotations

import errno
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from knowledge.claim import Claimed, claim
from knowledge.identity import ModelIdentity
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest

TRIES, PAUSE_SECONDS = 20, 0.05
"""How often, and how far apart, it is tried to remove a segment that is still read."""

Stamp = tuple[tuple[str, int, int], ...]
"""Name, length and time of change of each of some files."""

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
    """A segment cannot be trusted; the message says in words what is wrong with it."""


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
    """The index in `folder`. `chroma` is the URL of a Chroma server; without, all is in there."""

    def __init__(self, folder: Path, chroma: str | None = None) -> None:
        self.folder = folder
        self.chroma = chroma
        self.proven: dict[str, Stamp] = {}
        """Segments that this process has proved, and how their files were then."""

    @property
    def place(self) -> str:
        """Where the units are, as the manifest tells it."""
        return self.chroma or "folder"

    def mark(self) -> str:
        """Return the name of this index on a Chroma server, made when first asked for."""
        if self.chroma is None:
            return ""
        file = self.folder / "mark"
        with suppress(OSError, UnicodeDecodeError):
            return file.read_text("utf-8").strip()
        mark = f"landscape-{uuid.uuid4().hex[:12]}"
        with suppress(OSError):  # what cannot be written is no index that lasts
            file.write_text(mark, "utf-8")
        return mark

    def current(self) -> str | None:
        """Return the name of the generation that serves; None when there is none."""
        try:
            return (self.folder / "current").read_text("utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def manifest(self) -> Manifest | None:
        """Return the serving generation's manifest; None when there is none usable."""
        name = self.current()
        return Manifest.read(self.file(name)) if name else None

    def file(self, name: str) -> Path:
        """Return the manifest's file of the generation `name`."""
        return self.folder / f"{name}.json"

    def pending(self, lessons: Sequence[Lesson], model: ModelIdentity) -> Change:
        """Say what a refresh would change, without loading a model."""
        manifest = self.manifest()
        wanted = {(lesson.server, lesson.slug): lesson.digest for lesson in lessons}
        if manifest is None:
            return Change(added=tuple(slug for _, slug in wanted))
        name, revision, dimension = manifest.made_with
        rebuilt = None
        if (
            model.name != name
            or model.revision not in (None, revision)
            or model.dimension not in (None, dimension)
        ):
            rebuilt = f"it was made with another embedding model, {Path(name).name}"
        elif manifest.place != self.place:
            rebuilt = "its vectors were kept in another place"
        had = manifest.lessons
        same = {key for key, mark in wanted.items() if had.get(key) == mark}
        return Change(
            added=tuple(key[1] for key in wanted if key not in had),
            changed=tuple(key[1] for key in wanted if key in had and key not in same),
            removed=tuple(key[1] for key in had if key not in wanted),
            unchanged=tuple(key[1] for key in wanted if key in same),
            rebuilt=rebuilt,
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one right to write.

        Raises IndexBusy when another process holds it, and IndexUnwritable for any OSError.
        """
        try:
            with claim(self.folder, "writer"):
                yield
        except Claimed as error:
            raise IndexBusy(f"{error} is writing the index now.") from error
        except OSError as error:
            raise IndexUnwritable.because(error) from error

    def new_segment(self) -> Path:
        """Return the folder of a new segment. No name is ever used again: who reads goes by it."""
        return self.folder / f"seg-{uuid.uuid4().hex[:12]}"

    def publish(self, manifest: Manifest) -> None:
        """Let what `manifest` names serve from now on."""
        used = [f.stem for f in self.folder.glob("**/gen-*.json")]
        used.append(self.current() or "")
        last = max((int(name[4:]) for name in used if name[4:].isdigit()), default=0)
        name = f"gen-{last + 1:06d}"
        manifest.write(self.file(name))
        pointer = self.folder / "current.new"
        pointer.write_text(name, "utf-8")
        pointer.replace(self.folder / "current")

    def left_over(self) -> list[Path]:
        """Return the segments that do not serve, the fullest first: killed builds left them."""
        manifest = self.manifest()
        serving = {part.name for part in manifest.parts} if manifest else set()
        found = [path for path in self.folder.glob("seg-*") if path.name not in serving]
        return sorted(found, key=_size, reverse=True)

    def sweep(self) -> None:
        """Remove what does not serve."""
        current = self.current()
        for path in (*self.folder.glob("gen-*"), *self.folder.glob("current.new")):
            if path.name != f"{current}.json":
                self.remove(path)
        for path in self.left_over():
            self.remove(path)

    def set_aside(self, names: Sequence[str]) -> None:
        """Move files or folders out of the way; of those before them none is kept.

        To be called by the writer. Raises OSError.
        """
        self.forget_damaged()
        damaged = self.folder / "damaged"
        damaged.mkdir(exist_ok=True)
        for name in names:
            if (self.folder / name).exists():
                (self.folder / name).replace(damaged / name)

    def forget_damaged(self) -> None:
        """Remove what was set aside: it may hold what was taken out of the lessons."""
        self.remove(self.folder / "damaged")

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder, again where a reader's database made a journal in it.

        What resists is removed by the writer after this one.
        """
        self.proven.pop(path.name, None)
        if path.is_file():
            path.unlink(missing_ok=True)
            return
        for _ in range(TRIES):
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                return
            time.sleep(PAUSE_SECONDS)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
