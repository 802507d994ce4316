"""Content files in TOML: one thing a file, read strictly, all faults of all files named at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Content(BaseModel):
    """What a content file holds; `slug` is the file's name without its end."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    slug: str


_C = TypeVar("_C", bound=Content)


def read_folders(folders: Iterable[Path], kind: type[_C]) -> tuple[tuple[_C, ...], list[str]]:
    """Read every `*.toml` of `folders` as `kind`; return what can be used, and every fault.

    A file of a later folder with the name of an earlier one is a fault: nothing is replaced.
    """
    found: dict[str, _C] = {}
    faults: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                faults.append(f"{path.name}: there is already a file of this name")
                continue
            try:
                given = tomllib.loads(path.read_text("utf-8"))
                found[path.stem] = kind.model_validate({**given, "slug": path.stem})
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                faults.append(f"{path.name}: {error}")
            except ValidationError as error:
                faults += [f"{path.name}: {line}" for line in _lines(error)]
    return tuple(found.values()), faults


def _lines(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
