"""The folder of generations: the pointer, the lock, and what counts as no index."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.claim import Holder, claim, holder
from knowledge.identity import PACKAGED, ModelIdentity, identify
from knowledge.index import Index, IndexBusy
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest


def test_a_folder_that_is_not_there_holds_no_index(tmp_path: Path) -> None:
    index = Index(tmp_path / "none")
    assert index.current() is None
    assert index.manifest() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"format": 0}',
        b'{"format": 2}',
        b'{"format": 2, "model": "m", "revision": "r", "dimension": 3, "lessons": {},'
        b' "passages": [{"id": 1}]}',
        b'{"format": 2, "model": "m", "revision": "r", "dimension": 3, "lessons": {},'
        b' "passages": 7}',
    ],
)
def test_a_foreign_or_broken_manifest_is_no_index(
    shipped_data: Path, tmp_path: Path, content: bytes
) -> None:
    copy = _copy_of(shipped_data, tmp_path)
    (copy.folder / str(copy.current()) / "manifest.json").write_bytes(content)
    assert copy.manifest() is None


@given(st.integers(0, 4000))
def test_a_manifest_that_was_cut_short_is_no_index(shipped_data: Path, length: int) -> None:
    index = Index(shipped_data / "index")
    whole = (index.folder / str(index.current()) / "manifest.json").read_bytes()
    folder = shipped_data.parent / "cut"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_bytes(whole[:length])
    assert Manifest.read(folder) is None


@pytest.mark.parametrize("gone", ["vectors.npy", "chroma/chroma.sqlite3"])
def test_an_index_of_which_a_file_is_gone_is_no_index(
    shipped_data: Path, tmp_path: Path, gone: str
) -> None:
    copy = _copy_of(shipped_data, tmp_path)
    assert copy.manifest() is not None
    (copy.folder / str(copy.current()) / gone).unlink()
    assert copy.manifest() is None


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"gen-999999"])
def test_a_pointer_to_nothing_is_no_index(tmp_path: Path, pointer: bytes) -> None:
    (tmp_path / "current").write_bytes(pointer)
    assert Index(tmp_path).manifest() is None


def test_what_a_refresh_would_change_is_told_without_a_model(
    shipped_data: Path, shipped: tuple[Lesson, ...], identity: ModelIdentity
) -> None:
    index = Index(shipped_data / "index")
    assert index.pending(shipped, identity).nothing
    fewer = index.pending(shipped[1:], identity)
    assert (fewer.removed, fewer.added, fewer.changed) == ((shipped[0].slug,), (), ())
    assert len(fewer.unchanged) == len(shipped) - 1
    other = index.pending(shipped, ModelIdentity("another", "another", None))
    assert other.rebuilt is not None
    assert not other.nothing
    newer = index.pending(shipped, ModelIdentity(PACKAGED, "", "package 99"))
    assert newer.rebuilt is not None


def test_c3_a_second_writer_is_refused_by_name_of_the_first(tmp_path: Path) -> None:
    """The other writer is another process; when it is killed, writing works again."""
    program = (
        "import sys; from pathlib import Path; from knowledge.index import Index\n"
        "with Index(Path(sys.argv[1])).writing():\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603  ours
        assert other.stdout is not None
        other.stdout.readline()
        started = time.monotonic()
        with (
            pytest.raises(IndexBusy, match=rf"process {other.pid}, since .* UTC"),
            Index(tmp_path).writing(),
        ):
            raise AssertionError("two writers at once")
        assert time.monotonic() - started < 10
        other.kill()
    with Index(tmp_path).writing():
        pass


@pytest.mark.parametrize("companion", ["", "[]", '{"pid": 1}', "\0"])
def test_c3_a_companion_file_that_cannot_be_read_names_nobody(
    tmp_path: Path, companion: str
) -> None:
    with claim(tmp_path, "writer"):
        (tmp_path / "writer.json").write_text(companion, "utf-8")
        assert holder(tmp_path, "writer") == Holder(0, "another process", "unknown")
    assert holder(tmp_path, "writer") is None


def test_publishing_removes_every_other_generation(tmp_path: Path) -> None:
    index = Index(tmp_path)
    for _ in range(4):
        folder = index.new_folder()
        folder.mkdir()
        index.publish(folder)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["current", "gen-000004"]
    assert index.current() == "gen-000004"


def test_c6_who_writes_next_sweeps_what_was_left_unfinished(tmp_path: Path) -> None:
    index = Index(tmp_path)
    for _ in range(2):
        folder = index.new_folder()
        folder.mkdir()
    (tmp_path / "current").write_text("gen-000001", "utf-8")
    with index.writing():
        assert [folder.name for folder in tmp_path.glob("gen-*")] == ["gen-000001"]


def test_the_packaged_model_is_the_same_under_both_its_names() -> None:
    assert identify(PACKAGED) == identify(f"sentence-transformers/{PACKAGED}")
    assert identify(PACKAGED).revision is not None


def test_a_folders_identity_follows_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = identify(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert identify(str(tmp_path)).name == first.name
    assert identify(str(tmp_path)).revision != first.revision


def _copy_of(data: Path, folder: Path) -> Index:
    """Copy an index without what lies in it; empty files stand for its parts."""
    index = Index(data / "index")
    name = str(index.current())
    for path in (index.folder / name).rglob("*"):
        if path.is_file():
            copy = folder / name / path.relative_to(index.folder / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes() if path.name == "manifest.json" else b"")
    (folder / "current").write_text(name, "utf-8")
    assert json.loads((folder / name / "manifest.json").read_bytes())
    return Index(folder)
