"""The seal of a segment: the length and checksum of each of its files that only reading touches.

What is damaged is found before anything opens it: Chroma ends the whole process over a
damaged file of its vector index. Its SQLite file is left to SQLite's own check, for Chroma
writes into it whenever it opens it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

NAME = "seal.json"
SQLITE = "chroma/chroma.sqlite3"
JOURNALS = ("-wal", "-shm", "-journal")

_BLOCK = 1 << 20
_BLOCKS = 64
"""Blocks of a file that are read: all of a file up to 64 MiB, evenly spread ones of a larger."""

_STEPS, _MOST_STEPS = 1000, 4000
"""SQLite's check ends after this many times so many steps of its machine: about half a second."""


def seal(folder: Path) -> None:
    """Write down what the files in `folder` are now. Raises OSError."""
    marks = {name: _mark(folder / name) for name in _sealed(folder)}
    (folder / NAME).write_text(json.dumps(marks), "utf-8")


def broken(folder: Path, *, embedded: bool) -> str | None:
    """Say in words what of `folder` is not as it was sealed; None when all is.

    `embedded` tells whether its vector store lies in it too.
    """
    try:
        marks = json.loads((folder / NAME).read_text("utf-8"))
        for name, mark in marks.items():
            if _mark(folder / name) != tuple(mark):
                return f"{name} is not as it was written"
    except (OSError, ValueError, TypeError, AttributeError):
        return "a file is missing or cannot be read"
    return _broken_sqlite(folder / SQLITE) if embedded else None


def _sealed(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (NAME, SQLITE):
            yield name


def _mark(path: Path) -> tuple[int, int]:
    """Return the length of a file and the CRC-32 of its blocks."""
    length = path.stat().st_size
    step = _BLOCK * max(1, -(-length // (_BLOCK * _BLOCKS)))
    checksum = 0
    with path.open("rb") as file:
        for start in range(0, length, step):
            file.seek(start)
            checksum = zlib.crc32(file.read(_BLOCK), checksum)
    return length, checksum


def _broken_sqlite(path: Path) -> str | None:
    """Let SQLite check a database for a bounded time; what it finds in it counts."""
    steps = iter(range(_MOST_STEPS))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
            found = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            return None
        return "the database of the vector store cannot be read"
    except sqlite3.DatabaseError:
        return "the database of the vector store is damaged"
    return None if found == ("ok",) else "the database of the vector store is damaged"
