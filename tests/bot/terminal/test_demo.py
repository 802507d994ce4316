"""`demo` as a person or a script meets it: a command, an engine, files."""

import asyncio
import json
import os
import pty
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.stagehands import THINKS
from tests.bot.terminal.test_terminal import PATIENCE, Done, Terminal
from tests.doubles.hosted import FakeProvider, Rented
from tests.doubles.hosted.server import KEY
from tests.doubles.ollama import FakeModel, FakeOllama

BASE, INSTRUCT = "llama3.2:1b-text-q4_K_M", "llama3.2:1b-instruct-q4_K_M"
REASONING = "deepseek-r1:1.5b-qwen-distill-q4_K_M"
PROMPT = "Is {this} a [bold]prompt[/bold]?"


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    """Yield an engine with the laptop line-up."""
    models = [
        FakeModel(BASE, ("And", " on."), base=True),
        FakeModel(INSTRUCT, ("Yes,", " \x1b[31mit is.")),
        FakeModel(REASONING, ("Yes.",), ("Hm", "."), capabilities=THINKS),
    ]
    async with FakeOllama(models, num_parallel=4) as fake:
        yield fake


async def demo(ollama: FakeOllama, folder: Path, *arguments: str) -> Done:
    """Call `demo` in `folder`."""
    return await Terminal(folder / "data", ollama.url).call("demo", *arguments)


async def test_a_pipe_gets_each_contender_as_plain_text(ollama: FakeOllama, tmp_path: Path) -> None:
    """And is asked for no prediction."""
    done = await Terminal(tmp_path / "data", ollama.url).run("demo", PROMPT, "--predict")
    assert done.code == 0
    assert "What will each of them do" not in done.out + done.err
    assert f"> {PROMPT}" in done.out
    assert f"== base: {BASE}\nAnd on.\n" in done.out
    assert f"== instruct: {INSTRUCT}\nYes, [31mit is.\n" in done.out
    assert "(thinking) Hm." in done.out
    assert "Not matched in lineage" in done.out


async def test_one_object_says_all_of_it(ollama: FakeOllama, tmp_path: Path) -> None:
    done = await demo(ollama, tmp_path, "--json", "--seed", "3", PROMPT)
    (told,) = done.objects
    assert done.code == 0
    assert (told["lineup"], told["seed"]) == ("laptop", 3)
    assert any("Not matched in lineage" in line for line in told["fairness"])
    base, instruct, reasoning = told["contenders"]
    assert [c["stage"] for c in told["contenders"]] == ["base", "instruct", "reasoning"]
    assert (base["model"], base["rendered_prompt"], base["text"]) == (BASE, PROMPT, "And on.")
    assert instruct["rendered_prompt"] == f"<|user|>{PROMPT}<|end|><|assistant|>"
    assert reasoning["thinking"] == "Hm."
    assert reasoning["usage"]["thinking_tokens"] == 2
    assert {c["ended"] for c in told["contenders"]} == {"stop"}


async def test_a_saved_run_is_played_again_as_a_recording_and_drawn(
    ollama: FakeOllama, tmp_path: Path
) -> None:
    card, chart = tmp_path / "card.json", tmp_path / "chart.png"
    await demo(ollama, tmp_path, PROMPT, "--save", str(card), "--plot", str(chart))
    assert chart.read_bytes().startswith(b"\x89PNG")
    recorded = json.loads(card.read_text("utf-8"))["recorded"]
    asked = len(ollama.requests)
    again = await demo(ollama, tmp_path, "--replay", str(card))
    assert f"A recording of {recorded[:10]}" in again.out
    assert f"== base: {BASE}\nAnd on.\n" in again.out
    assert len(ollama.requests) == asked
    card.write_text("{}", "utf-8")
    broken = await demo(ollama, tmp_path, "--replay", str(card))
    assert broken.code == 1
    assert "This is no run card" in broken.err


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
async def test_a_line_up_that_exists_nowhere_gives_the_pull_lines_and_a_bad_exit_code(
    ollama: FakeOllama, tmp_path: Path, more: list[str]
) -> None:
    done = await demo(ollama, tmp_path, PROMPT, "--lineup", "mistral", *more)
    assert done.code == 1
    told = done.out + done.err
    assert "No model of the line-up “Mistral 7B: base and instruct” is installed." in told
    for tag in ("mistral:7b-text-v0.2-q4_K_M", "mistral:7b-instruct-v0.2-q4_K_M"):
        assert f"ollama pull {tag}" in told


async def test_names_that_do_not_exist_are_told_with_those_that_do(
    ollama: FakeOllama, tmp_path: Path
) -> None:
    for option, known in (("--demo", "bat-and-ball"), ("--lineup", "laptop")):
        done = await demo(ollama, tmp_path, PROMPT, option, "nonsense")
        assert done.code == 1
        assert known in done.err


async def test_without_a_prompt_the_demos_and_line_ups_are_listed(
    ollama: FakeOllama, tmp_path: Path
) -> None:
    done = await demo(ollama, tmp_path)
    assert "bat-and-ball: The bat and the ball" in done.out
    assert "workstation: " in done.out


async def test_a_curated_demo_says_what_to_notice_and_where_to_read_why(
    ollama: FakeOllama, tmp_path: Path
) -> None:
    done = await demo(ollama, tmp_path, "--demo", "few-shot")
    assert "What to notice: " in done.out
    assert "lessons read 'base-models#" in done.out
    raw = next(r for r in ollama.generations if r.tag == BASE).body["prompt"]
    assert raw.endswith("Q: What is the largest planet in the solar system?\nA:")


async def test_a_script_says_that_the_prompt_may_leave_or_nothing_is_sent(tmp_path: Path) -> None:
    """Without the word: a sentence, its exit code, no request. With it: the cost.

    A key that is wrong is said, and none is printed.
    """
    own = FakeModel("llama3.2:3b-instruct-q4_K_M", ("Yes.",))
    async with FakeOllama([own]) as engine, FakeProvider(Rented("gpt-6-luna")) as provider:
        rents = {"HOSTED": "yes", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": provider.v1}
        asked = ("demo", PROMPT, "--lineup", "rent-beside-own", "--json")
        terminal = Terminal(tmp_path / "data", engine.url)
        refused = await terminal.call(*asked, **rents)
        assert refused.code == 77
        assert "--hosted-ok agrees to it" in refused.err
        assert not provider.requests
        wrong = {"ANTHROPIC_API_KEY": "sk-wrong", "ANTHROPIC_BASE_URL": provider.url}
        done = await terminal.call(*asked, "--hosted-ok", **rents, **wrong)
    assert done.code == 0
    contenders = done.objects[0]["contenders"]
    assert [c["text"] for c in contenders] == ["Yes.", "Hello, world.", ""]
    cost = contenders[1]["usage"]["cost"]
    assert (cost["tokens_in"], cost["tokens_out"]) == (12, 30)
    assert cost["amount"] == pytest.approx(12 * 0.10e-6 + 30 * 0.50e-6)
    assert "does not accept the key" in contenders[2]["error"]
    assert KEY not in done.out + done.err


async def test_who_sits_at_a_terminal_predicts_before_it_runs(
    ollama: FakeOllama, tmp_path: Path
) -> None:
    """A number for each contender, Enter passes one over; a wrong one is asked again."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "demo", "--predict", PROMPT),
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
        cwd=tmp_path,
        env=Terminal(tmp_path / "data", ollama.url).environment,
    )
    os.close(theirs)
    seen = ""
    for asked, typed in (("base ›", "3"), ("instruct ›", "7"), ("instruct ›", "3"), ("other", "")):
        while asked not in seen:
            seen += (await asyncio.to_thread(os.read, ours, 10_000)).decode(errors="ignore")
        assert not ollama.generations
        seen = ""
        os.write(ours, f"{typed}\r".encode())
    async with asyncio.timeout(PATIENCE):
        out, _ = await process.communicate()
    os.close(ours)
    assert process.returncode == 0
    assert b"base answers at once and stops (as you said)." in out
    assert b"reasoning (other lineage) thinks first, then answers.\n" in out
    assert b"You were right about 2 of 3." in out
