"""Starting: how long a new process takes to the chat's prompt and to its first passage.

Both are what a person has: `python -m bot chat` on a terminal until the prompt shows,
and `python -m bot ask --retrieve-only` until the first quoted sentence. The index is
built beforehand. Beside them what no program of this kind can be faster than: Python
itself, and the import of the embedding libraries.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from bench.tables import Table, show

PROMPT = "you ›".encode()
QUOTE = "“".encode()
"""What a quoted passage begins with."""

QUESTION = "What does a base model do when I ask it a question?"
LONGEST = 120.0
"""Seconds after which a start has failed."""

TARGETS = "Targets: prompt at most 2 s, first passage at most 12 s, disk warm and index built."


def seconds_to(arguments: Sequence[str], sign: bytes, data_dir: Path) -> float:
    """Start Python with `arguments` on a terminal of its own; return the time until `sign` shows.

    An empty sign waits for the end of the process. Raises RuntimeError when the
    sign does not show within LONGEST or before the process ends.
    """
    ours, theirs = pty.openpty()
    begun = time.perf_counter()
    child = subprocess.Popen(  # noqa: S603  # our own interpreter and program, no shell
        [*_setting(DATA_DIR=str(data_dir), TERM="xterm", NO_COLOR="1"), sys.executable, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        return _until(ours, sign) - begun
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def start_table(found: Sequence[tuple[str, Sequence[float]]]) -> Table:
    """Seconds of each start: the median and the slowest."""
    rows = tuple((name, len(runs), median(runs), max(runs)) for name, runs in found)
    return Table("start", "Seconds from a new process on", ("until", "n", "median", "worst"), rows)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--runs", default=3, show_default=True, help="Starts of each kind.")
def command(as_json: bool, runs: int) -> None:  # noqa: FBT001  click passes options by name
    """Measure a new process to its prompt and to its first passage."""
    ways = (
        ("the chat's prompt", ["-m", "bot", "chat"], PROMPT),
        ("the first passage", ["-m", "bot", "ask", "--retrieve-only", QUESTION], QUOTE),
        ("limit: Python's own start", ["-c", "pass"], b""),
        ("limit: import of the embedding", ["-c", "import torch, sentence_transformers"], b""),
    )
    with TemporaryDirectory() as folder:
        seconds_to(["-m", "bot", "index"], b"", Path(folder))
        found = [
            (name, [seconds_to(arguments, sign, Path(folder)) for _ in range(runs)])
            for name, arguments, sign in ways
        ]
    show((start_table(found),), as_json=as_json, notes=(TARGETS,))


def _setting(**variables: str) -> list[str]:
    """Return the beginning of a command that runs with these environment variables."""
    return ["/usr/bin/env", *(f"{name}={value}" for name, value in variables.items())]


def _until(terminal: int, sign: bytes) -> float:
    """Return the moment at which `sign` has been written to the terminal."""
    seen = b""
    deadline = time.perf_counter() + LONGEST
    while time.perf_counter() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if not ready:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed
            more = b""
        now = time.perf_counter()
        seen += more
        if sign and sign in seen:
            return now
        if not more:
            if sign:
                raise RuntimeError(f"it ended and wrote only: {seen.decode(errors='replace')}")
            return now
    raise RuntimeError(f"nothing within {LONGEST:g} s; it wrote: {seen.decode(errors='replace')}")
