"""`quiz` in a pipe and on a terminal, on a lesson with three choices and one in free text."""

import asyncio
import os
import pty
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.quiz.choosing import LETTERS, choose, shuffled
from bot.terminal.app import main
from knowledge.question import Question
from tests.knowledge.foxes import lessons_in, write_lesson

PATIENCE = 120.0
ROOT = Path(__file__).parents[3]
QUIZ = "Choice {0}?\n+ key {0}\n- no {0}\n- nor {0}\n- not {0}\nwhy: Because of {0}.\n\n"
FREE = "Why?\n+ It keeps them dry.\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    comment = f"<!-- quiz:\n{''.join(QUIZ.format(n) for n in range(3))}{FREE}-->"
    write_lesson(folder, "fox", f"{comment}\n\nA fox digs a den, and it stays dry.")
    return folder


def asked(own: Path, seed: str) -> list[Question]:
    """Return what is asked under a seed."""
    return choose(lessons_in(own), 20, seed, free=True)


def quiz(own: Path, *more: str, typed: str = "") -> Result:
    environment = {"LESSONS_DIR": str(own), "DATA_DIR": str(own.parent / "data")}
    return CliRunner(env=environment).invoke(main, ["quiz", *more], input=typed)


def key(question: Question, seed: str) -> str:
    """Return the letter of the right option, or words where there is none."""
    if not question.options:
        return "some words"
    return LETTERS[shuffled(question, seed).index(question.answer)].lower()


def choices_first(own: Path) -> str:
    """Return a seed under which the question in free text comes last."""
    seeds = (str(n) for n in range(200))
    return next(seed for seed in seeds if not asked(own, seed)[-1].options)


def test_right_answers_score_and_each_is_followed_by_its_passage(own: Path) -> None:
    questions = asked(own, "s")
    typed = "".join(f"{key(question, 's')}\n" for question in questions)
    done = quiz(own, "fox", "-n", "20", "--seed", "s", typed=typed)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "3 of 3 right, 30 points."
    assert done.stdout.count("(fox#where-a-fox-lives)") == 4
    assert done.stdout.count("A fox digs a den") == 4
    assert "Compare with the model answer: It keeps them dry." in done.stdout
    for question in questions:
        assert done.stdout.count(question.text) == 1
        assert question.why in done.stdout


def test_bad_input_gets_a_sentence_an_empty_line_passes_and_the_end_tells_the_score(
    own: Path,
) -> None:
    seed = choices_first(own)
    first, second, *_ = asked(own, seed)
    wrong = next(letter for letter in "abcd" if letter != key(first, seed))
    done = quiz(own, "--seed", seed, "fox", typed=f"e\n{wrong}\n{key(second, seed)}\n\n")
    assert done.exit_code == 0
    assert "A letter from A to D" in done.stderr
    assert "Not this one. It is: " in done.stdout
    assert done.stdout.splitlines()[-1] == "1 of 3 right, 10 points."
    nothing = quiz(own, "fox", "--seed", seed)
    assert nothing.stdout.splitlines()[-1] == "No question with options was answered."


def test_wrong_use_and_an_unknown_lesson_are_told(own: Path) -> None:
    for words in (["-n", "0"], ["-n", "21"], ["-n", "x"], ["a", "b"]):
        done = quiz(own, *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "Error: " in done.stderr
    unknown = quiz(own, "newts")
    assert (unknown.exit_code, unknown.stderr) == (1, "I know no such lesson.\n")


async def started(own: Path, seed: str, stdin: int, stderr: int) -> asyncio.subprocess.Process:
    """Start a quiz as a process."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "quiz", "fox", "--seed", seed),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "LESSONS_DIR": str(own), "DATA_DIR": str(own.parent / "data")},  # noqa: TID251  a child's environment
        stdin=stdin,
        stderr=stderr,
    )


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait for the end, after one right answer."""
    assert process.stdout is not None
    out = (await process.stdout.read()).decode()
    assert await process.wait() == 0
    assert out.splitlines()[-1] == "1 of 1 right, 10 points."


async def pressed(leader: int) -> None:
    """Press Ctrl-C until it is taken: between two prompts this terminal passes it to nobody."""
    while True:
        os.write(leader, b"\x03")
        await asyncio.sleep(0.5)


async def test_ctrl_c_in_a_pipe_ends_with_the_score(own: Path) -> None:
    seed, pipe = choices_first(own), asyncio.subprocess.PIPE
    process = await started(own, seed, stdin=pipe, stderr=asyncio.subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(PATIENCE):
        process.stdin.write(f"{key(asked(own, seed)[0], seed)}\n".encode())
        await process.stdout.readuntil(b"2/4")
        process.send_signal(signal.SIGINT)
        await ended(process)


async def test_ctrl_c_on_a_terminal_ends_with_the_score(own: Path) -> None:
    seed = choices_first(own)
    leader, follower = pty.openpty()
    process = await started(own, seed, stdin=follower, stderr=follower)
    shown = b""

    async def prompted(times: int) -> None:
        nonlocal shown
        while shown.count(b"your answer") < times:
            shown += await asyncio.to_thread(os.read, leader, 4096)

    async with asyncio.timeout(PATIENCE):
        await prompted(1)
        shown = b""
        os.write(leader, f"{key(asked(own, seed)[0], seed)}\r".encode())
        await process.stdout.readuntil(b"2/4")  # type: ignore[union-attr]  # it is a pipe
        shown = b""
        await prompted(1)
        pressing = asyncio.create_task(pressed(leader))
        await ended(process)
        pressing.cancel()
    os.close(leader)
    os.close(follower)
