"""S13, S18, S23, S24, S28: rules of the source that a reader of one file would not see broken."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.asking import Question, _cleaned
from bot.characters import json_line, plain_characters
from bot.citations import Checked, ClaimStream, strip_refuted
from bot.client.invite import PERMISSIONS, invite_url
from bot.client.logs import Line
from bot.engines.thinking import ThinkSplitter
from bot.errors import CardUnreadable, QuestionInvalid
from bot.present.answer import one_line
from bot.present.sanitise import sanitise
from bot.present.split import shown
from bot.runcard import read_card
from bot.wording import clauses
from knowledge.lexical import terms
from knowledge.sentences import split_sentences

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
    """View, send, also in threads, embed, attach, read history, make public threads and events."""
    bits = (1 << 10) | (1 << 11) | (1 << 38) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 35)
    bits |= 1 << 44
    assert bits == PERMISSIONS.value
    assert f"permissions={bits}" in invite_url(1)


def _fed(make: Callable[[], Any], size: int) -> Callable[[str], object]:
    """Return what feeds a text to a new reader in pieces of a token's size."""

    def work(text: str) -> None:
        reader = make()
        for at in range(0, len(text), size):
            reader.feed(text[at : at + size])

    return work


def _card(text: str) -> object:
    with suppress(CardUnreadable):
        return read_card(text.encode("utf-8", "replace"))
    return None


def _question(text: str) -> object:
    with suppress(QuestionInvalid):
        return _cleaned(Question(text, "1"))
    return None


WORK: dict[str, Callable[[str], object]] = {
    "sanitise": sanitise,
    "characters": plain_characters,
    "JSON": json_line,
    "pages": shown,
    "log line": Line()._redacted,
    "one line": lambda text: one_line(text, 100),
    "sentences": split_sentences,
    "claims": lambda text: (stream := ClaimStream()).feed(text) + stream.end(),
    "refuted": lambda text: strip_refuted(text, [Checked(1, supported=False, sentence="x")]),
    "thinking": _fed(ThinkSplitter, 7),
    "clauses": clauses,
    "words": terms,
    "run card": _card,
    "question": _question,
}
UNITS = (
    *("a", "<", "[x](", "`", "\u202e", "webhooks/1/", '"token": "', "a.b", "|| ", "\n\n", "-"),
    *("abcdefghijklmnopqrstuvwx.", "interactions/", "@", "https://a@", "# ", "**_", "e.g. "),
    *("[1] ", "<@", "and ", "<think>", "Z\u0300", "| ", " "),
)


TELLING = 0.2
"""Seconds below which a time tells nothing."""


def _seconds(work: Callable[[str], object], text: str) -> float:
    """Return the least processor's time of two: neighbours that fill the caches lengthen it."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        work(text)
        spent.append(time.process_time() - began)
        if spent[0] < TELLING:
            break
    return min(spent)


@pytest.mark.parametrize("name", WORK)
def test_s28_hostile_text_takes_time_by_its_length_and_not_by_its_square(name: str) -> None:
    """Ten times the text takes about ten times as long; where it is quadratic, a hundred times."""
    for unit in UNITS:
        short, long = (unit * (size // len(unit)) for size in (20_000, 200_000))
        spent = _seconds(WORK[name], long)
        if spent > TELLING:
            assert spent < 40 * max(_seconds(WORK[name], short), 0.005), unit
