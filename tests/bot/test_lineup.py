"""Line-ups and curated demos as files: what ships is sound, and each fault is named at once."""

from pathlib import Path

import pytest

from bot import curated, lineup
from bot.curated import CuratedDemos, read_curated
from bot.health import demos_health
from bot.lineup import Lineups, read_lineups
from bot.model import Sampling
from bot.script import Script, raw_prompt
from knowledge.lesson import SHIPPED, survey
from knowledge.stage import Stage
from prompts.loader import load_prompt

GOOD = """
title = "A pair"
summary = "Two."
rank = 5
needs = "little"
gigabytes = 1.5
checked = 2026-11-24
[[contenders]]
stage = "base"
tag = "a:1b-text-q4_K_M"
lineage = "A"
version = "1"
quantization = "Q4_K_M"
grade = "B"
source = "a list"
[[contenders]]
stage = "instruct"
tag = "a:1b-instruct-q4_K_M"
lineage = "A"
version = "1"
quantization = "Q4_K_M"
grade = "B"
source = "a list"
"""


@pytest.fixture(scope="module")
def shipped() -> tuple[Lineups, CuratedDemos]:
    passages = {p.id for lesson in survey([SHIPPED]).lessons for p in lesson.passages}
    lineups = read_lineups([lineup.SHIPPED])
    return lineups, read_curated([curated.SHIPPED], passages, lineups)


def test_what_ships_has_no_fault(shipped: tuple[Lineups, CuratedDemos]) -> None:
    lineups, demos = shipped
    assert lineups.faults == demos.faults == ()
    assert len(demos.all) >= 12
    wanted = {"workstation", "laptop", "tiny", "same-weights", "effort", "quantisation"}
    assert wanted | {"mistral", "mixtral"} <= {known.slug for known in lineups.all}


def test_no_base_contender_is_a_short_or_an_instruct_tag(
    shipped: tuple[Lineups, CuratedDemos],
) -> None:
    """A short tag is an instruct model: nothing of that kind may stand as base."""
    for known in shipped[0].all:
        for contender in known.contenders:
            if contender.stage is Stage.BASE:
                assert "instruct" not in contender.tag
                assert "-text" in contender.tag or "-base" in contender.tag.lower()


def test_every_curated_demo_has_a_shipped_line_up_with_all_its_stages(
    shipped: tuple[Lineups, CuratedDemos],
) -> None:
    lineups, demos = shipped
    for demo in demos.all:
        among = [lineups.find(slug) for slug in demo.lineups] or list(lineups.all)
        assert any(
            set(demo.stages) <= {c.stage for c in known.contenders} for known in among if known
        ), demo.slug


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("a:1b-text-q4_K_M", "a"), "is not full"),
        (("a:1b-text-q4_K_M", "a:latest"), "is not full"),
        (("a:1b-text-q4_K_M", "a:1b"), "does not say its quantisation"),
        (('stage = "base"', 'stage = "raw"'), "stage"),
        (('grade = "B"', 'grade = "X"'), "grade"),
        (("rank = 5", "rank = 5\nrnak = 4"), "rnak"),
        (("gigabytes = 1.5", ""), "gigabytes"),
        (('source = "a list"\n[[', 'source = "a list"\nthink = true\n[['), "base model"),
    ],
)
def test_a_fault_of_a_line_up_is_named(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace(*change, 1), "utf-8")
    read = read_lineups([tmp_path])
    assert read.all == ()
    assert any(fault in line and line.startswith("mine.toml: ") for line in read.faults)


def test_every_fault_of_every_file_is_named_at_once_and_the_good_file_is_used(
    tmp_path: Path,
) -> None:
    (tmp_path / "good.toml").write_text(GOOD, "utf-8")
    (tmp_path / "broken.toml").write_text("title = ", "utf-8")
    (tmp_path / "two.toml").write_text(GOOD.replace("rank = 5", 'rank = "x"').replace(
        'grade = "B"', 'grade = "Z"'), "utf-8")  # fmt: skip
    read = read_lineups([tmp_path, tmp_path])
    assert [known.slug for known in read.all] == ["good"]
    told = "\n".join(read.faults)
    for part in ("broken.toml: ", "two.toml: rank", "two.toml: contenders.0.grade",
                 "two.toml: contenders.1.grade", "good.toml: there is already"):  # fmt: skip
        assert part in told


def test_a_demo_of_a_passage_or_a_line_up_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    text = (curated.SHIPPED / "bare-question.toml").read_text("utf-8")
    text = 'lineups = ["nowhere"]\n' + text
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    read = read_curated([tmp_path], {"other#passage"}, Lineups(()))
    assert read.all == ()
    assert len(read.faults) == 2
    assert "nowhere" in read.faults[0]
    assert "there is no passage" in read.faults[1]


def test_the_doctor_names_the_faults() -> None:
    sick, well = demos_health(1, 2, ["a.toml: rank"]), demos_health(1, 2, [])
    assert (sick.ok, well.ok) == (False, True)
    assert "a.toml: rank" in sick.sentence


def test_a_prompt_in_braces_is_never_read_as_a_template() -> None:
    script = Script("{{prompt}} {x}", "framed", Sampling(10))
    raw = raw_prompt(Stage.BASE, script)
    assert raw == load_prompt("frame", prompt="{{prompt}} {x}")
    assert raw.endswith("Q: {{prompt}} {x}\nA:")
