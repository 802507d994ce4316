"""Each bench makes its table from a few questions, and counts what it says it counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.ablation import SETS, ablation_table
from bench.answer import Run, answer_table
from bench.calibration import binned, calibration_error
from bench.fit import area, fit_coverage, fit_relevance, gate_table, read_cases, relevance_table
from bench.labels import Question, load_foreign, load_questions
from bench.retrieval import (
    ask_ours,
    ask_plain,
    declined_table,
    latency_table,
    quality_table,
)
from bench.rewrite import Seen, look, rewrite_table
from bench.scripted import TOKENS, answer
from bench.stacks import other_lessons, plain_baseline
from bench.start import seconds_to, start_table
from bench.tables import Table, quantile, show
from bot.prompting import answer_prompt
from knowledge.embedding import Embedder
from knowledge.lesson import Lesson
from knowledge.search import RELEVANCE, Search


def few(questions: Sequence[Question]) -> list[Question]:
    """One question of each subject, kind and split."""
    return list({(one.about, one.kind, one.split): one for one in questions}.values())


def test_every_bench_is_found_by_its_file() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    names = {"answer", "fit", "retrieval", "rewrite", "start", "support"}
    assert all(name in listed for name in names)
    assert "labels" not in listed.partition("Benches")[2]
    assert CliRunner().invoke(main, ["labels"]).exit_code == 2


def test_json_is_one_object_with_a_list_for_each_table(capsys: pytest.CaptureFixture[str]) -> None:
    show([Table("a", "A", ("x", "y"), (("one", 0.5), ("two", None)))], as_json=True, notes=["n"])
    found = json.loads(capsys.readouterr().out)
    assert found == {"a": [{"x": "one", "y": 0.5}, {"x": "two", "y": None}], "notes": ["n"]}


def test_a_table_on_the_screen_shows_every_cell(capsys: pytest.CaptureFixture[str]) -> None:
    show([Table("a", "A", ("x", "y"), (("one", 0.5), ("two", None)))], as_json=False, notes=["[n]"])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("one", "0.5", "two", "–", "[n]"))


def test_a_quantile_is_one_of_the_values() -> None:
    assert [quantile([5, 1, 3, 2, 4], share) for share in (0, 0.5, 1)] == [1, 3, 5]


def test_retrieval_counts_both_searches_and_the_gate(
    search: Search, embedder: Embedder, shipped: tuple[Lesson, ...]
) -> None:
    questions = few(load_questions("report"))
    ours = ask_ours(search, questions)
    baseline = plain_baseline(embedder, shipped)
    plain = ask_plain(baseline.find, questions)
    rows = quality_table(ours, plain).records()
    assert [row["kind"] for row in rows][-2:] == ["English single turns", "all"]
    every = [row["n"] for row in rows if row["kind"] == "all"]
    assert len(every) == 2
    assert sum(every) == len(questions)  # type: ignore[arg-type]  # counts
    assert all(row["hit@1"] <= row["hit@4"] <= row["hit@8"] for row in rows)  # type: ignore[operator]  # cells of these columns are numbers
    far = ask_ours(search, few(load_foreign("report")))
    shares = {row["questions"]: row["share"] for row in declined_table(ours, far).records()}
    assert set(shares) == {
        "answerable, landscape (wrongly)",
        "answerable, field (wrongly)",
        "far",
        "near",
        "harmful",
    }
    assert len(latency_table(ours, plain, [0.01]).rows) == 3


def test_the_plain_baseline_sees_neither_headings_nor_the_lessons_questions(
    embedder: Embedder, shipped: tuple[Lesson, ...]
) -> None:
    lesson = shipped[0]
    chunks = " ".join(plain_baseline(embedder, [lesson]).chunks)
    assert lesson.passages[0].text[:60] in chunks
    assert not any(ask in chunks for passage in lesson.passages for ask in passage.asks)


def test_lessons_on_other_subjects_have_text() -> None:
    assert all(lesson.passages for lesson in other_lessons())


def test_rewriting_counts_what_lies_below_each_threshold(search: Search) -> None:
    seen = [Seen("a", 0.3, missed=True), Seen("a", 0.9, missed=False), Seen("b", 0.1, missed=None)]
    first, second = rewrite_table(seen, (0.2, 0.5)).records()
    assert (first["< 0.2"], first["< 0.5"], first["missed at 4"]) == (0.0, 0.5, 0.5)
    assert (second["< 0.2"], second["missed at 4"]) == (1.0, None)
    assert len(look(search, load_questions()[:2])) == 2


def test_fitting_prefers_the_passages_that_state_the_facts(search: Search) -> None:
    questions = [*few(load_questions()), *few(load_foreign())]
    cases = read_cases(search, questions, asks=True)
    tune = [case for case in cases if case.question.split == "tune"]
    relevance, coverage = fit_relevance(tune), fit_coverage(tune)
    assert len(relevance[0]) == len(RELEVANCE[0])
    assert area(tune, coverage) > 0.8
    rows = relevance_table(cases, [("fitted", relevance)]).records()
    assert {row["questions"] for row in rows} == {"English single turns", "others"}
    lowest, highest = gate_table(cases, coverage, (0.0, 1.01)).rows
    assert set(lowest[1:]) == {0.0}
    assert set(highest[1:]) == {1.0}


def test_calibration_compares_scores_with_what_was_so() -> None:
    judged = [(0.1, False), (0.15, True), (0.9, True), (1.0, True)]
    assert binned(judged) == [(2, 0.125, 0.5), (2, 0.95, 1.0)]
    assert calibration_error(judged) == pytest.approx((2 * 0.375 + 2 * 0.05) / 4)


def test_ablation_reads_every_set_of_signals_on_both_groups(search: Search) -> None:
    cases = read_cases(search, few(load_questions()), asks=True)
    rows = ablation_table(cases, cases).records()
    assert len(rows) == 2 * len(SETS)
    assert all(0 <= row["hit@1"] <= row["hit@4"] <= 1 for row in rows)  # type: ignore[operator]  # cells of these columns are numbers


def test_an_answer_costs_what_its_process_took_beyond_idling() -> None:
    runs = [Run(1.25, 10.0, 0.3, 0.2, 5, 4), Run(2.25, 10.0, 0.5, 0.2, 5, 5)]
    (row,) = answer_table([("ours", runs, [1.0, 2.0])], 0.01).records()
    assert (row["behind s"], row["supported"]) == (0.25, "9/10")
    assert row["CPU ms"] == pytest.approx(300.0)


def test_the_scripted_answer_cites_passages_of_its_prompt(search: Search) -> None:
    hits = search.find("What is a base model?", None, None, 8).hits
    prompt = answer_prompt("What is a base model?", (), hits, num_ctx=8192, num_predict=800)
    tokens = answer("\n".join(message.content for message in prompt.messages))
    assert len(tokens) == TOKENS
    assert all(f"[{number}]. " in tokens for number in range(1, 6))


def test_a_start_is_measured_until_its_sign_or_its_end(tmp_path: Path) -> None:
    assert seconds_to(["-c", "print('ready'); input()"], b"ready", tmp_path) > 0
    assert seconds_to(["-c", "pass"], b"", tmp_path) > 0
    with pytest.raises(RuntimeError, match="wrote only: else"):
        seconds_to(["-c", "print('else')"], b"ready", tmp_path)
    assert start_table([(sys.executable, [1.0, 3.0, 2.0])]).rows[0][1:] == (3, 2.0, 3.0)
