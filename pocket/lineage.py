"""The toys that are shipped: a folder a stage, and a manifest that says what must be in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "weights"
MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"


class Damaged(Exception):
    """A file of a toy is missing or is not the one that was trained; the message names it."""


@dataclass(frozen=True, slots=True)
class Toy:
    """One stage: its folder, its files by name with their SHA-256, and what it is.

    `context` is in tokens; `thinks` says whether it writes between think tags.
    """

    stage: str
    folder: Path
    files: dict[str, str]
    parameters: int
    context: int
    thinks: bool

    @property
    def digest(self) -> str:
        """The SHA-256 of its weights."""
        return self.files[WEIGHTS]

    @property
    def size(self) -> int:
        """Bytes of its weights on disk; 0 where they are missing."""
        path = self.folder / WEIGHTS
        return path.stat().st_size if path.is_file() else 0

    def check(self) -> None:
        """Compare every file with the manifest. Raises Damaged."""
        for name, digest in self.files.items():
            try:
                found = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            except OSError as error:
                raise Damaged(f"{self.stage}/{name} is missing") from error
            if found != digest:
                raise Damaged(f"{self.stage}/{name} is not the file that was trained")


def read_lineage(folder: Path = SHIPPED) -> dict[str, Toy]:
    """Return the toys of `folder` by stage. Raises Damaged where its manifest cannot be read."""
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))
        return {
            stage: Toy(
                stage,
                folder / stage,
                dict(one["files"]),
                int(one["parameters"]),
                int(one["context"]),
                bool(one["thinks"]),
            )
            for stage, one in told["stages"].items()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{MANIFEST} cannot be read") from error


def write_manifest(folder: Path, stages: dict[str, dict[str, object]]) -> None:
    """Write the manifest of `folder`; each stage's files are read from its folder."""
    for stage, told in stages.items():
        files = sorted(
            p for p in (folder / stage).iterdir() if p.suffix in (".json", ".safetensors")
        )
        told["files"] = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    text = json.dumps({"stages": stages}, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, "utf-8")
