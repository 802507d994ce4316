"""A process of its own in which an index is built, killed and starved; see test_interrupted.

    python -m tests.knowledge.nursery kill|full FOLDER ROUNDS

It loads no torch, so that a child can be forked in a moment: texts are embedded by a hash,
for here only the files matter. Each look at the index is a child too. Exits with 1 and says
what was wrong.
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from knowledge.identity import ModelIdentity
from knowledge.index import Index, IndexUnwritable
from knowledge.lesson import Lesson
from knowledge.manifest import Key
from knowledge.passages import Vectors
from knowledge.proof import examine
from knowledge.refresh import refresh
from tests.knowledge.foxes import lessons_in, write_lesson

_DIMENSION = 32


class _Read(NamedTuple):
    whole: Vectors
    tokens: Vectors


class Hashing:
    """Embeds a text as noise that only the text decides."""

    name, revision, dimension = "hashing", "1", _DIMENSION
    makes = (name, revision, dimension)

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text."""
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=_DIMENSION) for seed in seeds]
        found = np.array(rows, np.float32).reshape(-1, _DIMENSION)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)

    def read(self, texts: Sequence[str]) -> list[_Read]:
        """Return the row of each text, and its words' rows as those of its tokens."""
        return [_Read(self.encode_now([text])[0], self.encode_now(text.split())) for text in texts]


def write_big_lesson(folder: Path, slug: str, passages: int, mark: str) -> None:
    """Write a lesson of many passages, each with `mark` in it."""
    write_lesson(folder, slug, f"It is about {mark}.")
    with (folder / f"{slug}.md").open("a", encoding="utf-8") as file:
        for number in range(passages):
            file.write(f"\n## Part {number} of {slug}\n\nPart {number} tells of {mark} {number}.\n")


def _refresh(index: Index, lessons: Path) -> None:
    embedder: Any = Hashing()
    model = ModelIdentity(embedder.name, "", embedder.revision)
    refresh(index, lessons_in(lessons), model, lambda: embedder, lambda *_: None)


def _slugs(lessons: Sequence[Lesson]) -> dict[Key, str]:
    return {(lesson.server, lesson.slug): lesson.digest for lesson in lessons}


def _look(index: Index, allowed: Sequence[dict[Key, str]]) -> None:
    """Raise unless the index serves, proves itself and is as one of the allowed curricula."""
    manifest = index.manifest()
    assert manifest is not None, "nothing serves"
    assert examine(index) is None
    assert manifest.lessons in allowed, "it serves something half-written"


def _tidy(index: Index) -> None:
    left = sorted(path.name for path in index.folder.iterdir())
    manifest = index.manifest()
    segments = [part.name for part in manifest.parts] if manifest else []
    assert left == sorted([f"{index.current()}.json", "current", "writer.lock", *segments]), left


def _forked(work: Callable[..., None], *args: Any) -> int:
    """Run `work` in a child and return the child's process id."""
    child = os.fork()
    if child == 0:
        try:
            work(*args)
        except BaseException:  # noqa: BLE001  the child has no other way to tell
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def _must(work: Callable[..., None], *args: Any) -> None:
    _, status = os.waitpid(_forked(work, *args), 0)
    if status:
        raise SystemExit(1)


def kill(folder: Path, rounds: int) -> None:
    """Kill a refresh at a random moment, each round; then look, finish it, and look again."""
    index, lessons = Index(folder / "index"), folder / "lessons"
    chance = random.Random(11)  # noqa: S311  moments, not secrets
    write_big_lesson(lessons, "owl", 40, "owls")
    began = time.monotonic()
    _must(_refresh, index, lessons)
    usual = time.monotonic() - began
    for number in range(rounds):
        before = _slugs(lessons_in(lessons))
        write_big_lesson(lessons, "fox", 40 + number, f"foxes in year {number}")
        after = _slugs(lessons_in(lessons))
        child = _forked(_refresh, index, lessons)
        time.sleep(chance.uniform(0, usual * 2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _must(_look, index, [before, after])
        _must(_refresh, index, lessons)
        _must(_look, index, [after])
        _must(_tidy, index)


def _starve(index: Index, lessons: Path, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with pytest.raises(IndexUnwritable, match=r"\A[^/]+\Z"):
        _refresh(index, lessons)


def full(folder: Path, rounds: int) -> None:
    """Let files grow to some size only, each round; the old index serves, then the new one."""
    index, lessons = Index(folder / "index"), folder / "lessons"
    write_big_lesson(lessons, "owl", 2, "owls")
    _must(_refresh, index, lessons)
    before = _slugs(lessons_in(lessons))
    least = max(path.stat().st_size for path in index.folder.rglob("*") if path.is_file())
    write_big_lesson(lessons, "fox", 400, "foxes")
    for number in range(rounds):
        _must(_starve, index, lessons, least + 20_000 + 60_000 * number)
        _must(_look, index, [before])
        _must(_tidy, index)
    _must(_refresh, index, lessons)
    _must(_look, index, [_slugs(lessons_in(lessons))])


if __name__ == "__main__":
    work = {"kill": kill, "full": full}[sys.argv[1]]
    (Path(sys.argv[2]) / "lessons").mkdir()
    work(Path(sys.argv[2]), int(sys.argv[3]))
