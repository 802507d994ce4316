"""C5, C6: whatever ends an index build, the old index serves and the next start is clean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("fault", "rounds"),
    [("full", 3), ("kill", 6)],
    ids=["c5_the_disk_is_full", "c6_the_process_is_killed"],
)
def test_an_interrupted_build_leaves_the_old_index_serving(
    tmp_path: Path, fault: str, rounds: int
) -> None:
    """It proves itself, nothing half-written is served, and nothing is left lying about."""
    command = [sys.executable, "-m", "tests.knowledge.nursery", fault, str(tmp_path), str(rounds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)  # noqa: S603  ours
    assert done.returncode == 0, done.stdout + done.stderr
