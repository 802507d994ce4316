"""The manifest of a generation: what it was made of, read without loading anything heavy."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.passages import Passage

FORMAT = 3
"""Goes up when the files' meaning changes; an older index is then built anew."""


FILES = ("vectors.npy", "chroma/chroma.sqlite3", "lexical/vocab.index.json", "seal.json")
"""What a generation holds beside its manifest."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a passage's vectors lie: first row, then how many of each kind, in this order."""

    start: int
    windows: int
    sentences: int
    asks: int
    tokens: int

    @property
    def end(self) -> int:
        """The row after the last."""
        return self.start + self.windows + self.sentences + self.asks + self.tokens


class Manifest:
    """What manifest.json says, read without loading anything heavy."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.model: str = content["model"]
        self.revision: str = content["revision"]
        self.dimension: int = content["dimension"]
        self.lessons: dict[str, str] = content["lessons"]
        self.passages = tuple(_passage(entry) for entry in content["passages"])
        self.rows = {entry["id"]: Rows(*entry["rows"]) for entry in content["passages"]}
        self.content = content

    @property
    def made_with(self) -> tuple[str, str, int]:
        """Name and revision of the embedding model, and the dimension of its vectors."""
        return self.model, self.revision, self.dimension

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Return the manifest in `folder`; None when there is none this program understands.

        Also None where a file beside it is gone: such an index is built anew.
        """
        try:
            content = json.loads((folder / "manifest.json").read_text("utf-8"))
            if content["format"] != FORMAT or not all((folder / name).exists() for name in FILES):
                return None
            return cls(content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


def foreign(folder: Path) -> bool:
    """Say whether the generation in `folder` was written by another version of this program."""
    try:
        content = json.loads((folder / "manifest.json").read_text("utf-8"))
        return bool(content["format"] != FORMAT)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def digest(passage: Passage) -> str:
    """Return a fingerprint of everything of a passage that is embedded."""
    parts = (passage.lesson_title, passage.path, passage.heading, passage.text, passage.asks)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _passage(entry: dict[str, Any]) -> Passage:
    fields = {key: value for key, value in entry.items() if key != "rows"}
    fields["path"] = tuple(fields["path"])
    fields["asks"] = tuple(fields["asks"])
    return Passage(**fields)
