"""Prompts are filled strictly, once, and never from what a person wrote."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.loader import FOLDER, PromptFault, load_prompt

VALUES = {"boundary": "b0", "history": "(none)", "question": "Why?"}


def test_every_prompt_file_can_be_filled_with_exactly_its_variables() -> None:
    for path in sorted(FOLDER.glob("*.md")):
        names = set(re.findall(r"\{\{\s*([a-z_]+)\s*\}\}", path.read_text("utf-8")))
        filled = load_prompt(path.stem, **{name: f"<{name}>" for name in names})
        assert filled
        assert "{{" not in filled
        assert all(f"<{name}>" in filled for name in names)


def test_a_variable_without_a_value_is_an_error() -> None:
    with pytest.raises(PromptFault, match=r"rewrite.md: no value is given for history, question"):
        load_prompt("rewrite", boundary="b0")


def test_a_value_without_a_variable_is_an_error() -> None:
    with pytest.raises(PromptFault, match=r"rewrite.md: nothing uses answer"):
        load_prompt("rewrite", **VALUES, answer="x")


def test_a_prompt_that_is_not_there_is_an_error() -> None:
    with pytest.raises(PromptFault, match=r"no prompt file nowhere.md"):
        load_prompt("nowhere")


PIECES = ["{{", "}}", "{{question}}", "{{ history }}", "{{boundary}}", "\\1", "\\g<1>", "%s", "{0}"]


@given(st.lists(st.sampled_from(PIECES) | st.text(string.printable, max_size=8), max_size=8))
def test_a_value_stands_in_the_prompt_as_it_was_given(pieces: list[str]) -> None:
    """Also where it looks like a variable, a group of an expression or a format."""
    value = "".join(pieces)
    plain = load_prompt("rewrite", **VALUES)
    for name in ("history", "question"):
        marked = load_prompt("rewrite", **{**VALUES, name: "\x01"})
        assert load_prompt("rewrite", **{**VALUES, name: value}) == marked.replace("\x01", value)
    assert "Why?" in plain
