"""The library: opened in the background, and again after a failure."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
from pathlib import Path

import pytest

import bot.library
from bot.errors import IndexUnavailable
from bot.library import Library
from bot.settings import Settings
from knowledge.embedding import Embedder
from knowledge.index import Index
from knowledge.lesson import survey
from knowledge.passages import SearchUnavailable
from tests.knowledge.foxes import ANIMALS, write_lesson
from tests.knowledge.nursery import write_big_lesson

BASE = "What does a base model do when I ask it a question?"


class Own(Library):
    """The library with the model that the tests share, so that none is loaded anew."""

    def __init__(
        self,
        data: Path,
        embedder: Embedder | None,
        own: Path | None = None,
        patience: float | None = None,
    ) -> None:
        settings = Settings(_env_file=None, data_dir=data, lessons_dir=own)  # type: ignore[call-arg]  # pydantic's own
        super().__init__(settings, lambda _done, _total: None, patience)
        self._embedder = embedder


@pytest.fixture
def data(shipped_data: Path, tmp_path: Path) -> Path:
    """Return a copy of the data folder."""
    return Path(shutil.copytree(shipped_data, tmp_path / "data"))


async def test_a_question_waits_for_the_background(data: Path, embedder: Embedder) -> None:
    library = Own(data, embedder)
    library.open(refresh=True)
    assert (await library.search(BASE)).hits
    assert (await library.encode(["a", "b"])).shape == (2, 384)
    assert library.pending().nothing
    await library.close()


async def test_an_index_that_serves_is_served_while_another_process_writes(
    data: Path, embedder: Embedder, tmp_path: Path
) -> None:
    """The new lesson has to wait; the members have not."""
    write_lesson(tmp_path, "fox", ANIMALS["fox"])
    library = Own(data, embedder, tmp_path)
    with Index(data / "index").writing():
        library.open(refresh=True)
        assert len((await library.search(BASE)).hits) == 8
        with pytest.raises(IndexUnavailable, match=r"process \d+, since .* is writing"):
            await library.refresh()
    assert (await library.refresh()).added == ("fox",)
    found = await library.search("Where does a fox live?")
    assert found.hits[0].passage.lesson == "fox"
    await library.close()


async def test_what_failed_once_is_tried_again_for_the_next_question(
    data: Path, embedder: Embedder
) -> None:
    """Here the index is gone and another process writes, then it is there."""
    library = Own(data, embedder)
    with Index(data / "index").writing():
        (data / "index" / "current").rename(data / "pointer")
        library.open(refresh=False)
        with pytest.raises(SearchUnavailable, match="by another process"):
            await library.search(BASE)
    (data / "pointer").rename(data / "index" / "current")
    assert (await library.search(BASE)).hits
    await library.close()


async def test_a_model_that_cannot_be_loaded_is_told_to_whoever_asks(data: Path) -> None:
    settings = Settings(_env_file=None, data_dir=data, embedding_model=str(data))  # type: ignore[call-arg]  # pydantic's own
    library = Library(settings, lambda _done, _total: None)
    for _ in range(2):
        with pytest.raises(SearchUnavailable, match="cannot be loaded"):
            await library.search(BASE)
    await library.close()


async def test_c7_the_loop_and_the_members_go_on_while_many_passages_are_embedded(
    data: Path, embedder: Embedder, tmp_path: Path
) -> None:
    """The loop is looked at all the time; questions are answered from the index before."""
    write_big_lesson(tmp_path, "fox", 150, "foxes")
    library = Own(data, embedder, tmp_path)
    assert (await library.search(BASE)).hits
    refreshing = asyncio.create_task(library.refresh())
    late: list[float] = []
    answered = 0

    async def ask() -> None:
        nonlocal answered
        while not refreshing.done():
            assert (await library.search(BASE)).hits
            answered += 1

    asking = asyncio.create_task(ask())
    while not refreshing.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        late.append(time.monotonic() - before - 0.01)
    assert (await refreshing).added == ("fox",)
    await asking
    assert answered > 3
    assert statistics.median(late) < 0.1
    assert max(late) < 2
    await library.close()


async def test_a_question_that_meets_a_long_build_is_told_how_far_it_is(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a patience, as in Discord; the terminal waits."""
    write_big_lesson(tmp_path, "fox", 100, "foxes")
    monkeypatch.setattr(bot.library, "curriculum", lambda *_: survey([tmp_path]))
    library = Own(tmp_path / "data", embedder, patience=0.05)
    for _ in range(2):
        with pytest.raises(
            SearchUnavailable, match=r"(\d+ of \d+ passages so far|still being opened)\. Ask again"
        ):
            await library.search(BASE)
    library._patience = None
    assert (await library.search(BASE)).hits
    await library.close()
