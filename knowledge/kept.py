"""Kept rows: vectors that were computed before and need not be again.

They come from segments that are written anew, and from what a build that was killed left
behind, so that an ingest goes on where it was. Each passage's rows bear a checksum: of a
damaged or half-written folder, what is whole is taken.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from knowledge.manifest import Made
from knowledge.passages import Passage, Vectors
from knowledge.pieces import digest
from knowledge.segment import HALF, VECTORS, Line, read_block, read_lines


class Kept:
    """Finds rows by what was embedded, in the folders of segments made with `made_with`."""

    def __init__(self, made_with: Made) -> None:
        self._made_with = made_with
        self._found: dict[str, tuple[int, Line]] = {}
        self._files: list[int] = []

    def add(self, folder: Path) -> bool:
        """Look what `folder` has, and say whether any of it was not known yet.

        One that cannot be read, or is another model's, has nothing.
        """
        before = len(self._found)
        with suppress(OSError, ValueError, KeyError, TypeError):
            made_with, _, lines = read_lines(folder)
            if made_with == self._made_with:
                file = os.open(folder / VECTORS, os.O_RDONLY)
                self._files.append(file)
                for line in lines:
                    self._found.setdefault(line.digest, (file, line))
        return len(self._found) > before

    def rows(self, passage: Passage) -> Vectors | None:
        """Return all rows of `passage`; None when they are not known."""
        found = self._found.get(digest(passage))
        if found is None:
            return None
        file, line = found
        dimension = self._made_with[2]
        try:
            block = read_block(file, dimension, line.rows[0], sum(line.rows[1:]))
        except (OSError, ValueError):
            return None
        if zlib.crc32(block) != line.checksum:
            return None
        return np.frombuffer(block, HALF).reshape(-1, dimension).astype(np.float32)

    def close(self) -> None:
        """Close the files that are read."""
        for file in self._files:
            os.close(file)
