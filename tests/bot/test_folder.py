"""C3: one bot owns the data folder; others read it, or ask its owner for a refresh."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import FolderBusy, IndexUnavailable
from bot.folder import DataFolder
from bot.settings import Settings
from bot.wiring import open_services
from knowledge.index import Change
from tests.knowledge.foxes import ANIMALS, write_lesson

CHANGE = Change(added=("fox",), unchanged=("owl", "bee"), rebuilt="it was time")


@contextmanager
def _another_bot(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that owns the data folder at `path`."""
    program = (
        "import sys; from pathlib import Path; from bot.folder import DataFolder\n"
        "with DataFolder(Path(sys.argv[2])).owned():\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, "run", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603  ours
        assert other.stdout is not None
        other.stdout.readline()
        yield other
        other.kill()


def test_c3_a_second_bot_is_refused_by_name_of_the_first(tmp_path: Path) -> None:
    """It says the command, the process and since when; a killed bot does not block the next."""
    folder = DataFolder(tmp_path)
    with _another_bot(tmp_path) as other:
        started = time.monotonic()
        named = rf"`python -m bot run` \(process {other.pid}, since \d{{4}}-.* UTC\) runs on this"
        with pytest.raises(FolderBusy, match=named), folder.owned():
            raise AssertionError("two bots on one folder")
        assert time.monotonic() - started < 10
        assert folder.owner() is not None
    assert (tmp_path / "owner.json").exists()  # killed, it could not tidy up
    assert folder.owner() is None
    with folder.owned():
        assert folder.owner() is not None


async def test_c3_the_owner_answers_a_request_with_what_changed(tmp_path: Path) -> None:
    """Each request is answered by itself, and nothing is left of it."""

    async def refresh() -> Change:
        return CHANGE

    folder = DataFolder(tmp_path)
    async with folder.attended(refresh):
        both = await asyncio.gather(folder.ask_refresh(), folder.ask_refresh())
        assert list(both) == [CHANGE, CHANGE]
    assert list((tmp_path / "requests").iterdir()) == []
    assert folder.owner() is None


async def test_c3_what_keeps_the_owner_from_refreshing_is_told_to_who_asked(
    tmp_path: Path,
) -> None:
    """And the next request is answered."""
    faults = [IndexUnavailable("There is no room left.")]

    async def refresh() -> Change:
        if faults:
            raise faults.pop()
        return CHANGE

    folder = DataFolder(tmp_path)
    async with folder.attended(refresh):
        with pytest.raises(IndexUnavailable, match="no room left"):
            await folder.ask_refresh()
        assert await folder.ask_refresh() == CHANGE


async def test_c3_a_bot_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with _another_bot(tmp_path), pytest.raises(IndexUnavailable, match="Restart it"):
        await folder.ask_refresh(patience=0.5)
    assert list((tmp_path / "requests").iterdir()) == []


async def test_c3_when_the_bot_ends_meanwhile_who_asked_is_told_so(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with _another_bot(tmp_path) as other:
        asking = asyncio.create_task(folder.ask_refresh())
        await asyncio.sleep(0.5)
        other.kill()
        other.wait()
        assert await asyncio.wait_for(asking, 20) is None


async def test_c3_readers_work_beside_a_running_bot_and_index_asks_it(
    shipped_data: Path, tmp_path: Path
) -> None:
    """The bot takes a new lesson up while it serves; `index` prints what it answered."""
    data, lessons = tmp_path / "data", tmp_path / "lessons"
    shutil.copytree(shipped_data, data)
    lessons.mkdir()
    settings = Settings(data_dir=data, lessons_dir=lessons)
    async with open_services(settings, own=True) as services:
        assert (await services.library.search("What is a base model?")).hits
        write_lesson(lessons, "fox", ANIMALS["fox"])
        told, code = await _run(data, lessons, "index")
        assert f"process {os.getpid()}, since" in told
        assert "added: fox" in told
        assert code == 0
        found = await services.library.search("Where does a fox live?")
        assert found.hits[0].passage.text == ANIMALS["fox"]
        told, code = await _run(data, lessons, "ask", "--retrieve-only", "Where does a fox live?")
        assert (ANIMALS["fox"] in told, code) == (True, 0)
        told, _ = await _run(data, lessons, "doctor")
        assert f"process {os.getpid()}, since" in told
        assert "index: up to date" in told


async def _run(data: Path, lessons: Path, *words: str) -> tuple[str, int]:
    """Run a command of the program and return what it printed, and its exit code."""
    given = {"DATA_DIR": str(data), "LESSONS_DIR": str(lessons), "OLLAMA_HOST": "127.0.0.1:1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **given},  # noqa: TID251  the child's, with settings of its own
    )
    told, _ = await asyncio.wait_for(process.communicate(), 120)
    return told.decode(), process.returncode or 0
