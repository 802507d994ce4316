"""`questions` in a pipe: what an author gets for the lesson's file."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from knowledge.question import read_questions
from tests.bot.terminal.test_terminal import TAG, Terminal, closed_port, terminal
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest

__all__ = ["closed_port", "terminal"]

NAME = "glossary#glossary-agent-tool-calling-and-mcp"
KEY = "a program in which a model chooses tools and steps in a loop"
WRONG = ["a person who labels data", "a server that stores passages"]
SHEET = {
    "questions": [
        {"question": "What is an agent?", "answer": KEY, "wrong": WRONG},
        {"question": "What is an agent made of?", "answer": "foxes", "wrong": WRONG},
    ]
}


def says(request: FakeRequest) -> list[str]:
    """Write two questions, one of them false, and choose rightly."""
    if "as JSON:" in request.prompt:
        return [json.dumps(SHEET)]
    found = re.search(rf"^([A-D])\. {KEY}$", request.prompt, re.MULTILINE)
    return [found[1] if found else "NONE"]


async def test_sound_questions_are_printed_as_a_lessons_file_holds_them(
    terminal: Terminal,
) -> None:
    async with FakeOllama([FakeModel(TAG, says)]) as fake:
        done = await replace(terminal, host=fake.url).call("questions", NAME)
        as_json = await replace(terminal, host=fake.url).call("questions", NAME, "--json")
    assert done.code == 0
    block = done.out[done.out.index("<!--") :].strip()
    faults: list[str] = []
    read_questions("A", [block], (), faults)
    assert faults == ["under 'A': there is a quiz but no text"]
    assert done.out.startswith("## Glossary: agent, tool calling and MCP\n")
    assert f"What is an agent?\n+ {KEY}\n- {WRONG[0]}\n- {WRONG[1]}\n" in block
    assert "dropped: What is an agent made of? (" in done.err
    assert "foxes" not in done.out
    (found,) = as_json.objects
    assert found["passage"] == NAME
    assert [question["answer"] for question in found["questions"]] == [KEY]
    assert len(found["dropped"]) == 1


async def test_a_lesson_that_is_not_there_and_an_engine_that_is_away_end_with_1(
    terminal: Terminal,
) -> None:
    missing = await terminal.call("questions", "foxes")
    assert (missing.code, missing.out) == (1, "")
    assert "There is no 'foxes'." in missing.err
    away = await terminal.call("questions", NAME)
    assert away.code != 0
    assert "cannot be reached" in away.err
