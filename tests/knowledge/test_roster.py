"""The roster: what a row must hold, how faults are told, and what its portraits say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED
from knowledge.portraits import roster_lesson
from knowledge.roster import Ecosystem, Lifecycle, System, read_roster, stale_rows
from knowledge.stage import Stage

NAMED = "GPT-4,Claude 3,Gemini,Grok,LLaMA 3,Mistral 7B,Mixtral,Phi-3,Qwen".split(",")

ROW = """
name = "Fox"
maker = "Den"
ecosystem = "open-weight"
licence = "MIT License"
released = "2026-01"
sizes = ["1B"]
lineage = "Fox stems from Wolf."
lifecycle = "live-local"
reach = "with Ollama"
fresh_days = 30
checked = 2026-01-31
asks = ["who let the fox out"]

[missing]
base = "no base model of Fox was published"

[[builds]]
stage = "instruct"
provider = "ollama"
tag = "fox:1b-instruct"
grade = "A"

[[builds]]
stage = "reasoning"
provider = "ollama"
tag = "vixen:1b"
grade = "U"
kin = "Vixen"

[[sources]]
title = "A book of foxes"
url = "https://example.org/fox"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes the row of foxes, with replacements, and returns the folder."""

    def writing(*changes: tuple[str, str], name: str = "fox") -> Path:
        text = ROW
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
        return tmp_path

    return writing


def fox(folder: Path) -> System:
    """Return the one system of a folder without faults."""
    found = read_roster(folder)
    assert not found.faults
    return found.systems[0]


def test_every_shipped_row_is_valid_and_the_lessons_nine_systems_are_there() -> None:
    """The failure names every fault of every file."""
    found = read_roster()
    assert not found.faults, "\n".join(found.faults)
    assert set(NAMED) <= {system.name for system in found.systems}


def test_a_row_keeps_what_was_written(write: Write) -> None:
    system = fox(write())
    assert (system.slug, system.ecosystem, system.lifecycle) == (
        "fox",
        Ecosystem.OPEN_WEIGHT,
        Lifecycle.LIVE_LOCAL,
    )
    assert [(build.stage, build.kin) for build in system.builds] == [
        (Stage.INSTRUCT, None),
        (Stage.REASONING, "Vixen"),
    ]
    assert system.alive


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('maker = "Den"\n', "", "'maker': Field required"),
        ('"open-weight"', '"free"', "'ecosystem': Input should be 'frontier' or 'open-weight'"),
        ('"fox:1b-instruct"', '"fox"', "'fox' must be a full tag, such as fox:8b"),
        ('"live-local"', '"retired"', "a retired system needs 'ended' and 'successor'"),
        ("base =", "instruct =", "a stage has a build and is missing: instruct"),
        ('url = "https://example.org/fox"\n', "", "no source has a url that a reader can open"),
        ("fresh_days = 30", "fresh_days = 0", "'fresh_days': Input should be greater than 0"),
        ('grade = "A"', 'grade = "A+"', "'builds.0.grade': Input should be"),
        ("sizes =", "colour =", "'colour': Extra inputs are not permitted"),
        ('name = "Fox"', "name = Fox", "cannot be read as TOML"),
    ],
)
def test_a_fault_is_told_with_its_file(write: Write, old: str, new: str, told: str) -> None:
    found = read_roster(write((old, new)))
    assert any(fault.startswith("fox.toml: ") and told in fault for fault in found.faults)
    assert not found.systems


def test_faults_of_several_files_are_told_together_and_spare_the_others(write: Write) -> None:
    write(('maker = "Den"\n', ""), name="a")
    write(("fresh_days = 30", "fresh_days = 0"), name="b")
    found = read_roster(write())
    assert {fault[:6] for fault in found.faults} == {"a.toml", "b.toml"}
    assert [system.name for system in found.systems] == ["Fox"]


def test_every_shipped_price_says_of_which_day_it_is_and_where_it_was_read() -> None:
    prices = [price for system in read_roster().systems for price in system.prices]
    assert prices
    assert len({(price.provider, price.tag) for price in prices}) == len(prices)
    for price in prices:
        assert 0 < price.input < price.output
        assert "read" in price.source or "not opened" in price.source


def test_two_systems_of_one_name_are_a_fault(write: Write) -> None:
    write(name="other")
    found = read_roster(write())
    assert len(found.systems) == 1
    assert "already called 'Fox'" in found.faults[0]


def test_a_row_is_stale_once_it_is_older_than_its_freshness(write: Write) -> None:
    system = fox(write())
    assert not stale_rows([system], dt.date(2026, 3, 2))  # 30 days
    assert stale_rows([system], dt.date(2026, 3, 3)) == (system,)


def test_a_portrait_says_who_makes_it_how_to_reach_it_and_its_builds(write: Write) -> None:
    lesson = roster_lesson([fox(write())])
    assert lesson is not None
    about, today, builds = lesson.passages
    assert [p.id for p in lesson.passages] == [
        "roster#fox",
        "roster#fox-today",
        "roster#fox-builds",
    ]
    assert "made by Den" in about.text
    assert "MIT License" in about.text
    assert "As of 31 January 2026, Fox is alive and can be run locally, with Ollama." in today.text
    assert "who let the fox out" in today.asks
    assert "- Fox, base: no base model of Fox was published." in builds.text
    assert "`fox:1b-instruct` at ollama (seen)" in builds.text
    assert "`vixen:1b` at ollama, a relative: Vixen (unverified)" in builds.text


def test_a_retired_portrait_tells_the_day_and_the_successor(write: Write) -> None:
    gone = ('"live-local"', '"retired"\nended = 2026-01-05\nsuccessor = "Fox 2"')
    lesson = roster_lesson([fox(write(gone))])
    assert lesson is not None
    text = lesson.passages[1].text
    assert "Fox is retired and can no longer be reached at its maker, " in text
    assert "Fox was retired by Den on 5 January 2026." in text
    assert "The successor of Fox is Fox 2." in text


def test_every_sentence_about_a_shipped_system_names_it() -> None:
    """Sentences are quoted alone, so one without its subject would say nothing."""
    from knowledge.sentences import split_sentences  # noqa: PLC0415  only this test cuts

    nameless = [
        sentence
        for system in read_roster().systems
        for passage in (roster_lesson([system]) or pytest.fail("no lesson")).passages
        for sentence in split_sentences(passage.text)
        if not _names(system, sentence)
    ]
    assert nameless == []


def test_the_curriculum_sets_the_roster_behind_the_lessons_and_tells_its_faults(
    write: Write,
) -> None:
    found = curriculum([SHIPPED], read_roster(write(('maker = "Den"\n', ""), name="a")))
    assert found.lessons[-1].slug != "roster"
    assert found.faults[0].startswith("a.toml")
    assert curriculum([SHIPPED], read_roster(write())).lessons[-1].slug == "roster"


def _names(system: System, sentence: str) -> bool:
    plain = sentence.casefold()
    words = (system.name, *system.name.split(), *(build.tag for build in system.builds))
    return any(word.casefold() in plain for word in words)
