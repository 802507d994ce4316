"""Claims: the one process that may do something in a folder, and who it is.

The lock is the kernel's: it ends with its process, however that ends. Beside it lies a
companion file that names the holder, for whoever is refused.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

REFUSED_AFTER = 1.5
"""Seconds after which who comes second is told so."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a claim; `since` is a moment in UTC."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"`{self.command}` (process {self.pid}, since {self.since} UTC)"


class Claimed(Exception):
    """Another process holds the claim; `holder` is None where it did not write who it is."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(str(holder or "another process"))
        self.holder = holder


@contextmanager
def claim(folder: Path, name: str, patience: float = REFUSED_AFTER) -> Iterator[None]:
    """Hold the claim `name` in `folder`. Raises Claimed after `patience` seconds, and OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock", timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise Claimed(_named(folder, name)) from error
    companion = folder / f"{name}.json"
    try:
        with suppress(OSError):  # a full disk does not keep anybody from reading or sweeping
            companion.write_text(json.dumps(asdict(_myself())), "utf-8")
        yield
    finally:
        with suppress(OSError):
            companion.unlink(missing_ok=True)
        lock.release()


def holder(folder: Path, name: str) -> Holder | None:
    """Return who holds the claim `name` in `folder` now; None when nobody does."""
    if not (folder / f"{name}.lock").exists():
        return None
    try:
        lock = FileLock(folder / f"{name}.lock", timeout=0)
        lock.acquire()
    except Timeout:
        return _named(folder, name) or Holder(0, "another process", "unknown")
    except OSError:  # a folder that cannot be written: nobody writes there
        return None
    lock.release()
    return None


def _myself() -> Holder:
    # Only the name of the command: what follows may be a member's question.
    command = " ".join(["python -m bot", *sys.argv[1:2]])
    return Holder(os.getpid(), command, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))


def _named(folder: Path, name: str) -> Holder | None:
    try:
        return Holder(**json.loads((folder / f"{name}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
