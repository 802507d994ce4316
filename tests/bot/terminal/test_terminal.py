"""The terminal as a person or a script meets it: `python -m bot …`.

As a process of its own, or, where only what it tells and does is at issue, within this one.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.figures import End
from bot.memory import Gap, KeptAnswer, Place
from bot.records.memory import open_records
from bot.terminal.app import COMMANDS, main
from knowledge.embedding import Embedder
from knowledge.identity import ModelIdentity
from knowledge.index import Index
from knowledge.lesson import Lesson
from knowledge.refresh import refresh
from prompts.loader import load_prompt
from tests.doubles.ollama import FakeModel, FakeOllama, Fault
from tests.knowledge.foxes import ANIMALS, lessons_in, write_lesson

ROOT = Path(__file__).parents[3]
TAG = "llama3.2:3b-instruct-q4_K_M"
BASE = "What does a base model do when I ask it a question?"
FAR = "Who won the football world cup?"
TRUE = "A base model carries on writing from the question instead of answering it [1]."
PATIENCE = 120.0
"""Seconds; a process imports torch first, on a machine that may be busy."""

KEYS = {
    "question",
    "retrieved",
    "answer",
    "refused",
    "reason",
    "citations",
    "notices",
    "model",
    "usage",
    "seconds",
}


@dataclass(frozen=True)
class Done:
    """What a process left: its exit code, its two streams, and how it was called."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Terminal:
    """Calls the program with a data folder and an engine of its own."""

    data: Path
    host: str
    lessons: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this machine's but where programs are."""
        given = {"DATA_DIR": str(self.data), "OLLAMA_HOST": self.host, "PYTHONPATH": str(ROOT)}
        if self.lessons:
            given["LESSONS_DIR"] = str(self.lessons)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # noqa: TID251  a child's environment
        return {**kept, **given, "LANG": "C.UTF-8"}

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        """Start `python -m bot`."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=self.data.parent,
            env={**self.environment, **more},
        )

    async def run(self, *arguments: str, stdin: str = "", **more: str) -> Done:
        """Run `python -m bot` to its end."""
        process = await self.start(*arguments, **more)
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate(stdin.encode())
        done = Done(process.returncode or 0, out.decode(), err.decode())
        assert "Traceback" not in done.err
        assert "\x1b" not in done.out + done.err
        return done

    async def call(self, *arguments: str, **more: str) -> Done:
        """Run a command to its end in this process, which has loaded the libraries already.

        For what is told and done; what a process is (signals, pipes, its end) needs `run`.
        """
        runner = CliRunner(env={**self.environment, **more})
        with chdir(self.data.parent):
            async with asyncio.timeout(PATIENCE):
                ended = await asyncio.to_thread(runner.invoke, main, arguments)
        if not isinstance(ended.exception, SystemExit | None):
            raise ended.exception
        assert "Traceback" not in ended.stderr
        assert "\x1b" not in ended.stdout + ended.stderr
        return Done(ended.exit_code, ended.stdout, ended.stderr)


@pytest.fixture
def closed_port() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def terminal(shipped_data: Path, tmp_path: Path, closed_port: str) -> Terminal:
    """Return the terminal over a copy of the shipped index, without an engine."""
    shutil.copytree(shipped_data, tmp_path / "data")
    return Terminal(tmp_path / "data", closed_port)


@pytest.fixture
def empty(tmp_path: Path, closed_port: str) -> Terminal:
    """Return the terminal over a data folder with nothing in it."""
    return Terminal(tmp_path / "data", closed_port)


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    """Yield an engine whose model answers truly."""
    words = tuple(f"{word} " for word in TRUE.split(" "))
    async with FakeOllama([FakeModel(TAG, words)]) as fake:
        yield fake


async def test_help_names_every_command_with_a_sentence(empty: Terminal) -> None:
    told = (await empty.run("--help")).out
    for path in COMMANDS.glob("[a-z]*.py"):
        assert re.search(rf"^  {path.stem} +\w.+", told, re.MULTILINE)


async def test_an_unknown_command_and_wrong_use_are_told_with_code_2(empty: Terminal) -> None:
    assert (await empty.run("nonsense")).code == 2
    both = await empty.run("ask", "--batch", "-", "x")
    assert both.code == 2
    assert "--batch goes with --json" in both.err


async def test_lines_on_standard_input_are_questions(terminal: Terminal) -> None:
    """Answers are all that goes to standard output, in order, and the end of input exits 0."""
    done = await terminal.run("run", stdin=f"{BASE}\n\n{FAR}\n")
    assert done.code == 0
    assert "carry on writing" in done.out
    assert "(base-models#what-a-base-model-does-when-you-ask-it-a-question)" in done.out
    assert "cannot be reached" in done.out
    assert done.out.index("carry on") < done.out.index("The lessons do not cover this.")
    assert "sample" not in done.out


async def test_without_any_input_a_sample_is_answered_and_the_next_step_told(
    terminal: Terminal,
) -> None:
    """No command means `run`."""
    done = await terminal.run()
    assert done.code == 0
    assert "here is a sample" in done.out
    assert "[1]" in done.out
    assert "What next:" in done.out


async def test_one_question_as_an_object(terminal: Terminal) -> None:
    done = await terminal.call("ask", "--json", BASE)
    assert done.code == 0
    (found,) = done.objects
    assert set(found) == KEYS
    assert found["question"] == BASE
    assert len(found["retrieved"]) == 8
    assert all(
        set(one) == {"id", "lesson", "heading", "text", "score"} for one in found["retrieved"]
    )
    scores = [one["score"] for one in found["retrieved"]]
    assert scores == sorted(scores, reverse=True)
    assert (found["refused"], found["reason"], found["model"], found["usage"]) == (
        False,
        None,
        None,
        None,
    )
    cited = found["citations"][0]
    assert cited == {"n": 1, "passage_id": found["retrieved"][0]["id"], "supported": True}
    assert "[1]" in found["answer"]
    assert "cannot be reached" in found["notices"][0]["text"]
    assert set(found["seconds"]) == {"retrieve", "first_token", "total"}
    assert found["seconds"]["first_token"] is None
    assert 0 < found["seconds"]["retrieve"] <= found["seconds"]["total"]


async def test_with_a_model_the_object_holds_answer_verdicts_usage_and_times(
    terminal: Terminal, ollama: FakeOllama
) -> None:
    """For every line, also where the queue holds fewer than the batch."""
    lines = "\n".join(json.dumps({"id": n, "question": BASE}) for n in range(6))
    with_model = Terminal(terminal.data, ollama.url)
    done = await with_model.run("ask", "--json", "--batch", "-", stdin=lines, QUEUE_BOUND="1")
    assert done.code == 0
    assert [found["id"] for found in done.objects] == list(range(6))
    for found in done.objects:
        assert set(found) == KEYS | {"id"}
        assert (found["answer"], found["model"]) == (TRUE, TAG)
        assert [c["supported"] for c in found["citations"]] == [True]
        assert found["usage"]["answer_tokens"] > 0
        assert found["seconds"]["retrieve"] <= found["seconds"]["first_token"]
        assert found["seconds"]["first_token"] <= found["seconds"]["total"]


async def test_o4_an_engine_that_dies_leaves_what_it_wrote_in_the_object(
    terminal: Terminal, ollama: FakeOllama
) -> None:
    """A text that hardly began is written after all; a long one stays, with the reason."""
    with_model = Terminal(terminal.data, ollama.url)
    ollama.fail_next(Fault("reset", after=3))
    (found,) = (await with_model.call("ask", "--json", BASE)).objects
    assert (found["answer"], found["model"], found["notices"]) == (TRUE, TAG, [])
    many = tuple(f"{word} " for word in f"{TRUE} {TRUE}".split(" "))
    ollama.models[TAG] = FakeModel(TAG, many)
    ollama.fail_next(Fault("reset", after=25))
    (found,) = (await with_model.call("ask", "--json", BASE)).objects
    assert found["answer"] == "".join(many[:25])
    assert "broke off" in found["error"]
    assert len(ollama.generations) == 3


async def test_a_batch_keeps_order_and_ids_and_survives_bad_lines(
    terminal: Terminal, ollama: FakeOllama
) -> None:
    """And with --retrieve-only no model is asked, though one is there."""
    history = [
        {"role": "user", "content": "What are base models?"},
        {"role": "assistant", "content": "Raw ones."},
    ]
    lines = [
        json.dumps({"id": "a", "question": BASE}),
        "no json",
        json.dumps({"id": "c", "text": "x"}),
        "",
        json.dumps({"id": "d", "question": "And who uses them?", "history": history}),
        json.dumps({"id": 5, "question": FAR}),
        json.dumps({"id": "e", "question": ""}),
        json.dumps({"id": "f", "question": "x", "history": [{"role": "system", "content": ""}]}),
        json.dumps({"id": "g", "question": "What is a \ud800 base model?"}),
        json.dumps([1]),
    ]
    file = terminal.data / "questions.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    with_model = Terminal(terminal.data, ollama.url)
    done = await with_model.call("ask", "--json", "--batch", str(file), "--retrieve-only")
    assert done.code == 0
    assert ollama.generations == []
    found = done.objects
    assert [one["id"] for one in found] == ["a", None, "c", "d", 5, "e", "f", "g", None]
    assert [n for n, one in enumerate(found) if "question" not in one] in (
        [1, 2, 6, 8],
        [1, 2, 6, 7, 8],
    )
    assert "line 2" in found[1]["error"]
    assert found[3]["retrieved"][0]["lesson"] == "base-models"
    assert [found[0]["refused"], found[4]["refused"]] == [False, True]
    assert found[4]["reason"].startswith("The lessons do not cover this. The nearest lesson: ")
    assert found[5]["error"] == "Please ask a question in words."


async def test_a_level_reaches_the_model_and_changes_no_quotation(
    terminal: Terminal, ollama: FakeOllama
) -> None:
    rule = load_prompt("level_newcomer")
    with_model = Terminal(terminal.data, ollama.url)
    file = terminal.data / "levels.jsonl"
    file.write_text(json.dumps({"id": 1, "question": BASE, "level": "newcomer"}) + "\n", "utf-8")
    for way in (("--json", BASE), ("--level", "newcomer", BASE), ("--json", "--batch", str(file))):
        assert (await with_model.call("ask", *way)).code == 0
    assert (await with_model.run("chat", "--level", "newcomer", stdin=f"{BASE}\n")).code == 0
    assert [rule in one.prompt for one in ollama.generations] == [False, True, True, True]
    assert (await with_model.call("ask", "--level", "wizard", BASE)).code == 2
    assert (await with_model.call("ask", "--level", "expert", "--json", "--batch", "-")).code == 2
    plain = await with_model.call("ask", "--retrieve-only", "--json", BASE)
    level = await with_model.call("ask", "--retrieve-only", "--json", "--level", "expert", BASE)
    assert level.objects[0]["answer"] == plain.objects[0]["answer"]
    assert len(ollama.generations) == 4


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let programs started here hear Ctrl-C, also when this run was started in the background.

    A shell lets its background jobs ignore the signal, and programs inherit that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
async def test_ctrl_c_stops_the_generation_at_the_engine(terminal: Terminal) -> None:
    words = tuple(f"word{n} " for n in range(20_000))
    async with FakeOllama([FakeModel(TAG, words, tokens_per_second=50)]) as fake:
        process = await Terminal(terminal.data, fake.url).start("ask", BASE)
        await fake.until(
            lambda: bool(fake.generations and fake.generations[0].lines_sent > 3), PATIENCE
        )
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            await fake.generations[0].over.wait()
        assert fake.generations[0].closed_early_at is not None
        async with asyncio.timeout(PATIENCE):
            _, err = await process.communicate()
        assert process.returncode == 130
        assert b"Traceback" not in err


async def test_index_tells_what_was_added_changed_and_removed(
    terminal: Terminal, embedder: Embedder, identity: ModelIdentity, shipped: tuple[Lesson, ...]
) -> None:
    """With an organiser's own lessons, and without a fork."""
    own = terminal.data.parent / "own"
    own.mkdir()
    for slug in ("fox", "owl"):
        write_lesson(own, slug, ANIMALS[slug])
    index = Index(terminal.data / "index")
    before = (*shipped, *lessons_in(own))
    refresh(index, before, identity, lambda: embedder, lambda _done, _total: None)
    with_own = Terminal(terminal.data, terminal.host, own)
    assert (await with_own.run("index")).out.startswith("Nothing changed")
    write_lesson(own, "fox", "A fox sleeps under a garden shed.")
    write_lesson(own, "bee", ANIMALS["bee"])
    (own / "owl.md").unlink()
    done = await with_own.run("index")
    assert done.code == 0
    assert changes_in(done.out) == [("added", "bee"), ("changed", "fox"), ("removed", "owl")]
    assert "passages" in done.err


def changes_in(out: str) -> list[tuple[str, str]]:
    """Return what `index` told that it changed."""
    return re.findall(r"^(added|changed|removed): (\S+)", out, re.MULTILINE)


async def test_index_names_the_faults_of_all_files_and_writes_nothing(empty: Terminal) -> None:
    own = empty.data.parent / "own"
    own.mkdir()
    (own / "one.md").write_text("nothing above", "utf-8")
    (own / "two.md").write_text("---\ntitle: Two\n---\n", "utf-8")
    done = await Terminal(empty.data, empty.host, own).run("index")
    assert done.code != 0
    assert "one.md: there is no front matter" in done.err
    assert "two.md: front matter: 'summary' is missing" in done.err
    assert "two.md: there is no text" in done.err
    assert not (empty.data / "index").exists()


async def test_a_document_is_added_shown_and_removed_by_an_organiser(empty: Terminal) -> None:
    """What is hidden in it is told; approving is tested where the index is shared."""
    file = empty.data.parent / "weeds.md"
    file.write_text("# Quibbleworts\n\nThey grow.\n\n<!-- psst -->\n", "utf-8")
    added = await empty.run("knowledge", "add", str(file), "--server", "42")
    assert added.code == 0
    assert "waits for approval, for server 42, 1 passages, from weeds.md" in added.out
    assert "hidden (comment, 1): psst" in added.out
    document = added.out.partition(":")[0]
    shown = await empty.call("knowledge", "show", document)
    assert "They grow." in shown.out
    assert (await empty.call("knowledge", "remove", document)).out == "Quibbleworts is removed.\n"
    assert b"They grow" not in b"".join(p.read_bytes() for p in sorted(empty.data.rglob("*.*")))
    refused = await empty.call("knowledge", "approve", document)
    assert (refused.code, refused.err) == (
        1,
        "I know no such document here. It may have been removed.\n",
    )


async def test_gaps_are_listed_as_csv_too_and_answered_by_an_organiser(empty: Terminal) -> None:
    """Without an embedding model the same words are the same question."""
    memory = open_records(f"sqlite+aiosqlite:///{empty.data / 'records.db'}")
    for n, question in enumerate(["Why do weeds grow?", "why do weeds grow?"]):
        gap = Gap(f"{n}".ljust(32, "a"), 99, Place(5, 42), "declined", question, 10.0 + n)
        await memory.gaps.add(gap)
    await memory.close()
    without = {"EMBEDDING_MODEL": str(empty.data / "none")}
    listed = await empty.call("gaps", "--csv", "gaps.csv", **without)
    assert listed.out == "Server 42\n    1aaaaaaa  2×  why do weeds grow?\n"
    assert b"Why do weeds grow?" in (empty.data.parent / "gaps.csv").read_bytes()
    answered = await empty.call("gaps", "answer", "0aaaaaaa", "Nobody pulls them.", **without)
    document = answered.out.splitlines()[0].split()[6].rstrip(":")
    waiting = await empty.call("gaps", **without)
    assert f"an answer waits: knowledge show {document}" in waiting.out
    unknown = await empty.call("gaps", "answer", "0aaa", "Nobody pulls them.", **without)
    assert (unknown.code, unknown.out) == (1, "")
    assert "no such open question" in unknown.err


async def test_stats_are_told_server_by_server_and_as_csv_of_one(empty: Terminal) -> None:
    assert (await empty.call("stats")).out.startswith("No server has asked")
    memory = open_records(f"sqlite+aiosqlite:///{empty.data / 'records.db'}")
    for guild in (42, 43):
        place, asked = Place(5, guild), f"a{guild}"
        ended = End("declined", None, None, 0.1)
        kept = KeptAnswer(asked, 99, place, time.time(), "canary", open=False, end=ended)
        await memory.answers.keep(kept)
    await memory.close()
    every = await empty.call("stats")
    assert every.out.count("    1 question: 1 declined\n") == 2
    one = await empty.call("stats", "--server", "42", "--csv", "stats.csv")
    assert "43" not in one.out
    assert b"\r\nall,,1,0,1," in (empty.data.parent / "stats.csv").read_bytes()
    assert "canary" not in every.out + one.out
    refused = await empty.call("stats", "--csv", "stats.csv")
    assert refused.code == 2
    assert "--server" in refused.err


async def test_lessons_are_listed_and_read(empty: Terminal) -> None:
    listed = await empty.run("lessons")
    assert listed.code == 0
    assert "base-models: " in listed.out
    read = await empty.call("lessons", "read", "base-models")
    assert "## What a base model does when you ask it a question" in read.out
    assert "Sources, checked " in read.out
    one = await empty.call(
        "lessons", "read", "base-models#what-a-base-model-does-when-you-ask-it-a-question"
    )
    assert one.out.startswith("## What a base model does")
    assert "Sources" not in one.out
    gone = await empty.call("lessons", "read", "no-such-lesson")
    assert gone.code == 1
    assert "python -m bot lessons" in gone.err


async def test_a_reader_that_leaves_ends_the_program_without_a_trace(empty: Terminal) -> None:
    """As with `| head -1`; here the reader has left before anything is said."""
    process = await asyncio.create_subprocess_shell(
        f'"{sys.executable}" -m bot lessons | true',
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=empty.data.parent,
        env=empty.environment,
    )
    async with asyncio.timeout(PATIENCE):
        _, err = await process.communicate()
    assert b"Traceback" not in err
    assert b"Exception" not in err


async def test_roster_lists_each_system_and_draws_the_landscape(empty: Terminal) -> None:
    picture = empty.data.parent / "landscape.png"
    done = await empty.run("roster", "--plot", str(picture))
    assert done.code == 0
    assert "GPT-4, OpenAI\n    frontier, retired since 2026-10-23" in done.out
    assert "    base: no base model of Phi-3 was published" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_doctor_fails_without_an_index_and_says_what_builds_it(empty: Terminal) -> None:
    done = await empty.run("doctor", HEALTH_PORT="8123", MEMORY="off", DISCORD_TOKEN="s3cret")
    assert "Chosen: DATA_DIR, DISCORD_TOKEN, HEALTH_PORT, MEMORY, OLLAMA_HOST;" in done.out
    assert "/metrics are at 127.0.0.1:8123" in done.out
    assert "Memory is off" in done.out
    assert "s3cret" not in done.out
    assert done.code == 1
    assert "python -m bot index" in done.out
    assert f"ollama pull {TAG}" in done.out
    assert "ollama serve" in done.out


async def test_doctor_is_content_with_an_index_and_tells_what_else_there_is(
    terminal: Terminal, ollama: FakeOllama
) -> None:
    done = await Terminal(terminal.data, ollama.url).run("doctor")
    assert done.code == 0
    assert "Everything needed is there." in done.out
    assert f"{TAG}, 2.0 GB, Q4_K_M, loaded" in done.out


@pytest.mark.parametrize("no_color", ["", "1"])
async def test_colour_is_for_terminals_and_no_color_is_respected(
    empty: Terminal, no_color: str
) -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "doctor"),
        stdout=theirs,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=empty.data.parent,
        env={**empty.environment, "TERM": "xterm-256color", "NO_COLOR": no_color},
    )
    async with asyncio.timeout(PATIENCE):
        await process.wait()
    os.close(theirs)
    out = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "no index of the lessons yet" in out
    assert bool(re.search(r"\x1b\[3\dm", out)) == (not no_color)


async def test_models_lists_what_is_installed_and_the_line_that_pulls_what_is_missing(
    empty: Terminal,
) -> None:
    async with FakeOllama([FakeModel("qwen3:4b")]) as fake:
        done = await Terminal(empty.data, fake.url).run("models")
    assert done.code == 0
    assert all(word in done.out for word in ("qwen3:4b", "2.02 GB", "3.2B", "Q4_K_M"))
    assert f"ollama pull {TAG}" in done.out


async def test_settings_that_cannot_be_used_are_one_sentence(empty: Terminal) -> None:
    done = await empty.run("doctor", ENGINE_SLOTS="many")
    assert done.code == 78
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert "ENGINE_SLOTS" in done.err
