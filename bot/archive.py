"""Backing the data folder up while the bot runs, and restoring it while none does.

An archive is a compressed tar of what survives a restart: each database as SQLite's own online
backup gives it, the generation of the index that serves, and the other files as they are.
"""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from bot.errors import ArchiveInvalid
from bot.folder import PASSING, DataFolder
from knowledge.index import Index

TRIES = 5
"""The serving generation may be followed by the next while it is read; it is then read anew."""

MOST_FILES = 100_000
_JOURNALS = ("-wal", "-shm", "-journal")
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds."""

    files: int
    size_bytes: int


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the system or SQLite says into ArchiveInvalid."""
    try:
        yield
    except OSError as error:
        raise ArchiveInvalid(f"The files could not be copied: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise ArchiveInvalid("A database in the data folder cannot be read.") from error


@_told()
def back_up(data: Path, to: Path) -> Archived:
    """Write an archive of the folder `data` to the file `to`. Raises ArchiveInvalid."""
    if not data.is_dir():
        raise ArchiveInvalid("There is no data folder to back up.")
    part = to.with_name(f"{to.name}.part")
    with TemporaryDirectory(dir=to.parent, prefix=".backup-") as scratch:
        copy = Path(scratch)
        _copy_index(Index(data / "index"), copy / "index")
        for path in data.iterdir():
            if path.name not in (*PASSING, "index") and path not in (to, part, copy):
                _copy(path, copy / path.name)
        files = [path for path in copy.rglob("*") if path.is_file()]
        with tarfile.open(part, "w:gz", compresslevel=1) as archive:
            for path in files:
                archive.add(path, path.relative_to(copy).as_posix())
        part.chmod(0o600)
        part.replace(to)
        return Archived(len(files), sum(path.stat().st_size for path in files))


@_told()
def restore(data: Path, archive: Path) -> Archived:
    """Let the folder `data` be what `archive` holds.

    Raises FolderBusy while a bot runs on it, and ArchiveInvalid; `data` then stays as it was.
    """
    folder = DataFolder(data)
    with folder.owned(), folder.replacing() as new:
        try:
            with tarfile.open(archive, "r:gz") as opened:
                room = shutil.disk_usage(data).free
                members = list(_checked(opened, room))
                opened.extractall(new, members, filter="data")
        except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as error:
            raise ArchiveInvalid("This file is no archive of a data folder.") from error
        for path in new.iterdir():
            if _is_sqlite(path) and not _sound(path):
                raise ArchiveInvalid(f"The database {path.name} in this archive is damaged.")
        return Archived(len(members), sum(member.size for member in members))


def _checked(archive: tarfile.TarFile, room: int) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive. Raises ArchiveInvalid at the first that has no place."""
    size = 0
    for count, member in enumerate(archive):
        parts = PurePosixPath(member.name).parts
        size += member.size
        if not member.isfile() or not parts or parts[0] in PASSING:
            raise ArchiveInvalid("This archive holds something that no data folder has.")
        if member.name.startswith("/") or ".." in parts or "\\" in member.name:
            raise ArchiveInvalid("This archive names a file outside of the data folder.")
        if count >= MOST_FILES or size > room:
            raise ArchiveInvalid("This archive holds more than there is room for.")
        yield member


def _copy_index(index: Index, to: Path) -> None:
    """Copy the generation that serves, if there is one."""
    for _ in range(TRIES):
        name, manifest = index.current(), index.manifest()
        if name is None or manifest is None:
            return
        try:
            _copy(index.file(name), to / index.file(name).name)
            for part in manifest.parts:
                _copy(index.folder / part.name, to / part.name)
        except (OSError, sqlite3.Error):
            shutil.rmtree(to, ignore_errors=True)
            continue
        (to / "current").write_text(name, "utf-8")
        return


def _copy(path: Path, to: Path) -> None:
    """Copy a file or a folder; a database as it is between two of its changes."""
    if path.is_symlink() or path.name.endswith(_JOURNALS):
        return
    if path.is_dir():
        for below in path.iterdir():
            _copy(below, to / below.name)
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    if not _is_sqlite(path):
        shutil.copyfile(path, to)
        return
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as database:
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
