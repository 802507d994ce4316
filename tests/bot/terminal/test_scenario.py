"""`scenario` in a pipe: a scenario, a choice, and the reasons with their passage."""

from __future__ import annotations

from pathlib import Path

from tests.bot.terminal.test_terminal import Terminal

NAME = "hospital-letters"


async def test_a_scenario_is_told_without_its_answer_and_answered_when_one_chose(
    tmp_path: Path,
) -> None:
    terminal = Terminal(tmp_path / "data", "http://127.0.0.1:1")
    asked = await terminal.call("scenario", NAME)
    assert (asked.code, "discharge letters" in asked.out) == (0, True)
    assert "confidential" not in asked.out
    assert f"scenario {NAME} rent (or own)" in asked.err
    right, wrong = [await terminal.call("scenario", NAME, one) for one in ("own", "rent")]
    assert right.out.startswith("You agree with the lessons: own.\n- ")
    assert wrong.out.startswith("The lessons differ: own.\n- ")
    assert "Open-weight models offer privacy by default." in right.out
    assert "(open-weight-models#privacy-by-default" in right.err


async def test_one_is_drawn_all_are_listed_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "data", "http://127.0.0.1:1")
    names = [
        line.split(":")[0] for line in (await terminal.call("scenario", "--list")).out.splitlines()
    ]
    assert NAME in names
    assert len(names) >= 12
    drawn = await terminal.call("scenario")
    assert any(f"scenario {name} rent" in drawn.err for name in names)
    missing = await terminal.call("scenario", "foxes")
    assert (missing.code, missing.out) == (1, "")
    assert "There is no scenario 'foxes'." in missing.err
    assert (await terminal.call("scenario", NAME, "borrow")).code == 2
