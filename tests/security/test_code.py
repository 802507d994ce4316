"""S13, S18, S23, S24, S28: rules of the source that a reader of one file would not see broken."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.client.bot import PERMISSIONS, invite_url
from bot.client.logs import Line
from bot.present.answer import one_line
from bot.present.characters import plain_characters
from bot.present.sanitise import sanitise
from bot.present.split import shown

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for folder in ("bot", "cogs", "knowledge", "prompts")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
FORBIDDEN_IMPORTS = {"pickle", "shelve", "marshal", "dill", "joblib", "cloudpickle"}
FORBIDDEN_CALLS = {"load_prompt_from_config", "astream_log", "astream_events", "full_load"}


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_s24_nothing_is_unpickled_and_no_langchain_object_is_loaded(path: Path) -> None:
    """Data is read by json, TOML or YAML's safe loader only."""
    modules = imported(path)
    assert not {name.partition(".")[0] for name in modules} & FORBIDDEN_IMPORTS
    assert not [
        name for name in modules if re.match(r"langchain\w*\.(load|.*prompts\.loading)", name)
    ]
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and not (node.func.attr == "load" and getattr(node.func.value, "id", "") == "yaml")
    ]
    assert not FORBIDDEN_CALLS & set(calls)
    assert "yaml.load(" not in path.read_text("utf-8")


def test_s23_the_embedding_model_runs_no_code_of_its_own_and_is_read_from_this_disk() -> None:
    source = (ROOT / "knowledge" / "embedding.py").read_text("utf-8")
    assert "trust_remote_code=False" in source
    assert "local_files_only=" in source
    assert "trust_remote_code=True" not in "".join(p.read_text("utf-8") for p in FILES)


def test_s18_no_file_of_the_repository_holds_a_token() -> None:
    token = re.compile(r"\b[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}\b")
    found = [
        path.relative_to(ROOT)
        for path in ROOT.rglob("*")
        if path.suffix in (".py", ".md", ".toml", ".yml", ".example", ".jsonl")
        and not {".venv", "data"} & set(path.relative_to(ROOT).parts)
        and path.name != "test_logs.py"  # holds a made-up one, to see it cut out
        and token.search(path.read_text("utf-8"))
    ]
    assert not found


def test_s30_the_invitation_asks_for_exactly_this() -> None:
    """View, send, send in threads, embed, attach, read history, create public threads."""
    bits = (1 << 10) | (1 << 11) | (1 << 38) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 35)
    assert bits == PERMISSIONS.value
    assert f"permissions={bits}" in invite_url(1)


def _log_line(text: str) -> str:
    return Line()._redacted(text)


@pytest.mark.parametrize(
    "work",
    [sanitise, plain_characters, shown, _log_line, lambda text: one_line(text, 100)],
    ids=["sanitise", "plain_characters", "shown", "log line", "one_line"],
)
@pytest.mark.parametrize(
    "unit",
    [
        *("a", "<", "[x](", "`", "\u202e", "webhooks/1/", '"token": "', "a.b", "|| ", "\n\n", "-"),
        *("abcdefghijklmnopqrstuvwx.", "interactions/", "@", "https://a@", "# ", "**_"),
    ],
)
def test_s28_a_hostile_megabyte_takes_a_moment(work: Callable[[str], object], unit: str) -> None:
    """Generously: the aim is 100 ms; what must not happen is quadratic time (minutes)."""
    text = unit * (1_000_000 // len(unit))
    began = time.perf_counter()
    work(text)
    assert time.perf_counter() - began < 10
