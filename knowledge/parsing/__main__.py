"""The parser: a process of its own for one file. Bytes come in, JSON goes out, nothing else.

    python -m knowledge.parsing KIND < file

What it prints is `{"title", "passages", "hidden"}` or `{"refused"}`, see `knowledge.uploads`.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys

from knowledge.parsing.confine import bound, close_off
from knowledge.parsing.draft import Draft
from knowledge.parsing.terms import LARGEST, Kind, Reason, Refused
from knowledge.parsing.types import check

_READERS = {
    Kind.MARKDOWN: ("markdown", "read"),
    Kind.TEXT: ("markdown", "read_text"),
    Kind.PDF: ("pdf", "read"),
    Kind.NOTEBOOK: ("notebook", "read"),
    Kind.HTML: ("html_page", "read"),
    Kind.WORD: ("word", "read"),
}


def main(kind: Kind) -> dict[str, object]:
    """Read standard input as a file of `kind`."""
    bound()
    module, name = _READERS[kind]
    read = getattr(importlib.import_module(f"knowledge.parsing.{module}"), name)
    close_off()
    draft = Draft()
    try:
        data = sys.stdin.buffer.read(LARGEST[kind] + 1)
        check(kind, data)
        read(data, draft)
        passages = draft.passages()
    except Refused as refused:
        return {"refused": refused.reason.value}
    except (MemoryError, RecursionError):
        del draft
        gc.collect()
        return {"refused": Reason.TOO_HEAVY.value}
    return {"title": draft.title, "passages": passages, "hidden": draft.found.told()}


if __name__ == "__main__":
    told = json.dumps(main(Kind(sys.argv[1])), ensure_ascii=False)
    sys.stdout.buffer.write(told.encode())
