"""What many tests share because it takes seconds: the embedding model and an index of the lessons.

The index is built once for all workers of a run; each worker loads the model once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

from knowledge.curriculum import curriculum
from knowledge.door import Door
from knowledge.identity import PACKAGED, ModelIdentity, identify
from knowledge.index import Index
from knowledge.lesson import Lesson, lesson_folders

if TYPE_CHECKING:  # imported for real in the fixtures: only tests that need torch wait for it
    from knowledge.embedding import Embedder
    from knowledge.search import Search


# No test is timed: a machine that is busy elsewhere says nothing about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the soak: it lasts longest, and the other worker has all else meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether request bodies were checked against Discord's published description."""
    if not os.environ.get("DISCORD_OPENAPI"):  # noqa: TID251  only the tests read this variable
        terminalreporter.write_line(
            "Not run: the checks of request bodies against Discord's OpenAPI description "
            "(DISCORD_OPENAPI names no file)."
        )


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """Yield the door to the thread in which models and stores work."""
    door = Door()
    yield door
    door.close()


@pytest.fixture(scope="session")
def identity() -> ModelIdentity:
    """Return which model the packaged one is."""
    return identify(PACKAGED)


@pytest.fixture(scope="session")
def embedder(identity: ModelIdentity, door: Door) -> Embedder:
    """Return the packaged embedding model, loaded."""
    from knowledge.embedding import load_embedder  # noqa: PLC0415  see above

    return load_embedder(identity, door)


@pytest.fixture(scope="session")
def shipped() -> tuple[Lesson, ...]:
    """Return the shipped lessons and the roster."""
    return curriculum(lesson_folders(None)).lessons


@pytest.fixture(scope="session")
def shipped_data(
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    identity: ModelIdentity,
    embedder: Embedder,
    shipped: tuple[Lesson, ...],
) -> Path:
    """Return a data folder with an index of the shipped lessons. Never write into it."""
    from knowledge.refresh import refresh  # noqa: PLC0415  see above

    base = tmp_path_factory.getbasetemp()
    data = (base if worker_id == "master" else base.parent) / "shipped-data"
    with FileLock(f"{data}.lock"):
        refresh(Index(data / "index"), shipped, identity, lambda: embedder, lambda *_: None)
    return data


@pytest.fixture(scope="session")
def search(shipped_data: Path, embedder: Embedder, door: Door) -> Search:
    """Return the search in the shipped lessons."""
    from knowledge.search import Search  # noqa: PLC0415  see above

    return Search(Index(shipped_data / "index"), embedder, door)
