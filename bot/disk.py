"""The disk on which an Ollama keeps its models, as far as this machine can see it."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from bot.settings import LOOPBACK

FOLDERS = (Path("~/.ollama/models"), Path("/usr/share/ollama/.ollama/models"), Path("~"))
"""Where Ollama keeps models: of whoever started it, of its Linux service; else about there."""


def free_space(base_url: str, folder: Path | None = None) -> int | None:
    """Return the bytes free for models of the Ollama at `base_url`.

    None when it does not run on this machine: then nobody here can know. `folder` is where it keeps
    its models, if that was told.
    """
    if urlsplit(base_url).hostname not in LOOPBACK:
        return None
    for each in (folder, *FOLDERS):
        try:
            if each is not None and (at := each.expanduser()).exists():
                return shutil.disk_usage(at).free
        except (OSError, RuntimeError):  # RuntimeError: there is no home
            continue
    return None
