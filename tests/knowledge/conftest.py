"""A small index, and a Chroma server of our own: most tests of the one hold on the other."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from knowledge.embedding import Embedder
from knowledge.identity import ModelIdentity
from tests.knowledge.den import Den
from tests.knowledge.foxes import ANIMALS, Watched

_RUN = "from chromadb.cli.cli import app; app()"
_PATIENCE_SECONDS = 60


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a Chroma server on `folder` and yield its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-c", _RUN, "run", "--path", str(folder), "--port", port]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603  ours
            [*command, "--host", "127.0.0.1"], cwd=folder, stdout=log, stderr=log
        )
        try:
            _await(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a Chroma server on this machine, from the installed package."""
    with serving(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(params=["embedded", "server"])
def chroma(request: pytest.FixtureRequest) -> str | None:
    """Return where the units of an index go: None for its own folder, or the server's URL."""
    if request.param == "embedded":
        return None
    return str(request.getfixturevalue("chroma_server"))


@pytest.fixture
def den(
    tmp_path: Path, embedder: Embedder, identity: ModelIdentity, chroma: str | None
) -> Iterator[Den]:
    """Yield a den that was indexed once, in its folder or on a server."""
    with closing(Den(tmp_path, Watched(embedder), identity, chroma)) as den:
        assert set(den.refresh().added) == set(ANIMALS)
        yield den


def _await(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            httpx.get(f"{url}/api/v2/heartbeat", timeout=5).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
