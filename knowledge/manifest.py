"""The manifest: which segments serve together, read without loading anything heavy."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 4
"""Goes up when the files' meaning changes; an older index is then built anew."""

Made = tuple[str, str, int]
"""Name and revision of an embedding model, and the dimension of its vectors."""

Key = tuple[int | None, str]
"""A lesson's owner (a server, or None for everybody's) and its slug."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment as the manifest names it: whose lessons it holds, and which, with their digests.

    `weight` is about how many units its vector store holds.
    """

    name: str
    server: int | None
    passages: int
    weight: int
    lessons: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one generation is made of. `place` tells where its units are: a URL, or the folder."""

    made_with: Made
    place: str
    parts: tuple[Part, ...]

    @property
    def model(self) -> str:
        """The name of the embedding model."""
        return self.made_with[0]

    @property
    def lessons(self) -> dict[Key, str]:
        """The digest of each lesson."""
        return {(p.server, slug): mark for p in self.parts for slug, mark in p.lessons.items()}

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return sum(part.passages for part in self.parts)

    def seen_by(self, server: int | None) -> tuple[Part, ...]:
        """Return the segments of which a member of `server` may see something."""
        return tuple(part for part in self.parts if part.server in (None, server))

    def having(self, parts: Iterable[Part]) -> Manifest:
        """Return the same with other segments."""
        return Manifest(self.made_with, self.place, tuple(parts))

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """Return what the file says; None when this program does not understand it."""
        try:
            told = json.loads(path.read_bytes())
            content = told["content"]
            if told["format"] != FORMAT or told["checksum"] != _checksum(content):
                return None
            made, parts = content["made_with"], [Part(**part) for part in content["parts"]]
            return cls((str(made[0]), str(made[1]), int(made[2])), content["place"], tuple(parts))
        except (OSError, ValueError, TypeError, KeyError, IndexError):
            return None

    def write(self, path: Path) -> None:
        """Write the file so that whoever sees it sees all of it. Raises OSError."""
        content = asdict(self)
        told = {"format": FORMAT, "checksum": _checksum(content), "content": content}
        part = path.with_suffix(".part")
        part.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        part.replace(path)


def foreign(path: Path) -> bool:
    """Say whether the manifest at `path` was written by another version of this program."""
    for file in (path, path.with_suffix("") / "manifest.json"):  # until 3 it lay in a folder
        try:
            return bool(json.loads(file.read_bytes())["format"] != FORMAT)
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return False


def _checksum(content: dict[str, Any] | Sequence[Any]) -> int:
    return zlib.crc32(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())
