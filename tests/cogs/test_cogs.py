"""A cog is a door: what is sent and edited is sent and edited in bot/present alone."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SENDING = frozenset(
    "send edit defer send_message edit_message edit_original_response send_modal reply "
    "delete_original_response create_interaction_response".split()
)
ELSEWHERE = [
    path
    for folder in ("bot", "cogs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "present" not in path.parts and "terminal" not in path.parts
]


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_present_calls_discords_messages(path: Path) -> None:
    """`client.send` of another library would be found too; then name it otherwise."""
    tree = ast.parse(path.read_text("utf-8"))
    calls = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not SENDING & set(calls)


@pytest.mark.parametrize("path", sorted((ROOT / "cogs").glob("*.py")), ids=lambda path: path.stem)
def test_a_cog_has_a_docstring_and_a_setup_and_is_small(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert any(isinstance(n, ast.AsyncFunctionDef) and n.name == "setup" for n in tree.body)
    assert len(text.splitlines()) <= 80
