"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import click
import pytest

from bot.terminal.app import COMMANDS, CommandFiles, main

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "cogs", "knowledge", "prompts")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
LONGEST_FILE = 300
LONGEST_FUNCTION = 60


def test_no_file_is_longer_than_a_reader_takes_in() -> None:
    own = [path for name in ("pocket", "training") for path in (ROOT / name).glob("*.py")]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in [*FILES, *own]}
    long = [f"{path.relative_to(ROOT)}: {n}" for path, n in lengths.items() if n > LONGEST_FILE]
    assert not long


def test_the_migrations_are_one_chain() -> None:
    """Two that were written beside each other would leave no way to the newest table."""
    folder = ROOT / "bot" / "records" / "migrations" / "versions"
    said = re.compile(r'^(?:down_)?revision = "?(\w+)"?$', re.MULTILINE)
    paths = sorted(folder.glob("v*.py"))
    found = [(path.name[1:5], *said.findall(path.read_text("utf-8"))) for path in paths]
    numbers = [f"{n:04}" for n in range(1, len(found) + 1)]
    assert found == list(zip(numbers, numbers, ["None", *numbers], strict=False))


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long


def test_every_relaxed_rule_carries_its_reason() -> None:
    """After `noqa: CODE` and `type: ignore[code]` stands at least a word."""
    mark = re.compile(
        r"#\s*(?:noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\W+\w+)"
        r"|type: ignore(?!\[[\w, -]+\]\W+\w+))"
    )
    folders = (*FOLDERS, "pocket", "training", "bench", "tests")
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if mark.search(line) and path != Path(__file__)
    ]
    assert not bare


def test_nothing_outside_prompts_is_filled_by_a_format_or_a_template_engine() -> None:
    """Text of members and models is data: no `.format(` and no Template anywhere."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("format", "format_map", "Template")
    ]
    assert not found


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_command_file_holds_a_command_with_help(path: Path) -> None:
    command = CommandFiles.get_command(main, click.Context(main), path.stem)
    assert isinstance(command, click.Command)
    assert command.help


def test_the_version_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    with pytest.raises(SystemExit):
        main(["--version"])
    assert project["version"] in capsys.readouterr().out
