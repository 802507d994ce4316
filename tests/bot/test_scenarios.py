"""Scenarios of the game "rent or own": the shipped ones, and how a fault is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.scenarios import SHIPPED, Scenarios, read_scenarios
from knowledge.lesson import Lesson

FOX = """title = "A fox"
scenario = "A fox wants a den for a night."
choice = "rent"
reasons = ["One night is short.", "It owns no shovel."]
turns = "If it stayed for years."
lesson = "fox#den"
"""


def read(folder: Path, **changes: str) -> Scenarios:
    """Read the fox, with lines replaced by their name."""
    lines = dict(line.split(" = ", 1) for line in FOX.splitlines()) | changes
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    (folder / "fox.toml").write_text(text, "utf-8")
    return read_scenarios([folder], {"fox#den"})


def test_every_shipped_scenario_is_valid_and_rests_on_a_passage(
    shipped: tuple[Lesson, ...],
) -> None:
    """The failure names every fault of every file."""
    passages = {passage.id for lesson in shipped for passage in lesson.passages}
    found = read_scenarios([SHIPPED], passages)
    assert not found.faults, "\n".join(found.faults)
    assert len(found.all) == len(list(SHIPPED.glob("*.toml"))) >= 12


def test_neither_choice_is_the_better_bet(shipped: tuple[Lesson, ...]) -> None:
    passages = {passage.id for lesson in shipped for passage in lesson.passages}
    choices = Counter(one.choice for one in read_scenarios([SHIPPED], passages).all)
    assert abs(choices["rent"] - choices["own"]) <= 2


def test_a_scenario_is_read_whole_and_found_by_its_file(tmp_path: Path) -> None:
    found = read(tmp_path)
    fox = found.find("fox")
    assert fox is not None
    assert (fox.choice, len(fox.reasons), fox.lesson) == ("rent", 2, "fox#den")
    assert found.find("owl") is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"choice": '"borrow"'}, "choice: Input should be 'rent' or 'own'"),
        ({"reasons": '["One."]'}, "reasons: Tuple should have at least 2 items"),
        ({"lesson": '"fox#nest"'}, "lesson: there is no passage 'fox#nest'"),
        ({"tilte": '"A fox"'}, "tilte: Extra inputs are not permitted"),
        ({"scenario": f'"{"x" * 401}"'}, "scenario: String should have at most 400 characters"),
    ],
)
def test_a_fault_is_told_with_its_file(tmp_path: Path, changes: dict[str, str], fault: str) -> None:
    found = read(tmp_path, **changes)
    assert found.all == ()
    (told,) = found.faults
    assert told.startswith(f"fox.toml: {fault}")
