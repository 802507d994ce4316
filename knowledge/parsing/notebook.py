"""Jupyter notebooks (nbformat 4): the text and the code of the cells, without their outputs."""

from __future__ import annotations

import json
from typing import Any

from knowledge.parsing.draft import Draft
from knowledge.parsing.markdown import read_markdown
from knowledge.parsing.terms import Reason, Refused
from knowledge.parsing.types import text_of


def read(data: bytes, draft: Draft) -> None:
    """Read a notebook into `draft`. Raises Refused."""
    try:
        notebook = json.loads(text_of(data))
    except RecursionError as error:
        raise Refused(Reason.TOO_DEEP) from error
    except ValueError as error:
        raise Refused(Reason.BROKEN) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Refused(Reason.WRONG_TYPE)
    language = _language(notebook)
    for cell in cells:
        if not isinstance(cell, dict):
            raise Refused(Reason.BROKEN)
        source = _source(cell.get("source"))
        if cell.get("cell_type") == "code":
            draft.code(source, language)
        elif cell.get("cell_type") == "markdown":
            read_markdown(source, draft)


def _source(source: Any) -> str:
    """Return the text of a cell, which is a string or a list of lines."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    if not isinstance(source, str):
        raise Refused(Reason.BROKEN)
    return source


def _language(notebook: dict[str, Any]) -> str:
    told: Any = notebook.get("metadata")
    for key in ("language_info", "name"):
        told = told.get(key) if isinstance(told, dict) else None
    return told if isinstance(told, str) else "python"
