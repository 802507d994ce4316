"""The folder of generations: the pointer, the lock, and what counts as no index."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.claim import Holder, claim, holder
from knowledge.identity import PACKAGED, ModelIdentity, identify
from knowledge.index import Index, IndexBusy
from knowledge.lesson import Lesson
from knowledge.manifest import Manifest, Part


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
        b'{"format": 4}',
        b'{"format": 4, "checksum": 0, "content": {}}',
        b'{"format": 4, "checksum": 2745614147, "content": {}}',
        b'{"format": 4, "checksum": 3523407757, "content": 7}',
    ],
)
def test_a_foreign_or_broken_manifest_is_no_index(tmp_path: Path, content: bytes) -> None:
    index = Index(tmp_path)
    index.publish(_manifest("seg-000001"))
    assert index.manifest() is not None
    index.file(str(index.current())).write_bytes(content)
    assert index.manifest() is None


@settings(deadline=None)  # it writes files
@given(st.data())
def test_a_manifest_that_was_cut_short_or_altered_is_no_index(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "manifest.json"
    _manifest("seg-000001").write(file)
    assert Manifest.read(file) == _manifest("seg-000001")
    whole = file.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:place])
    assert Manifest.read(file) is None
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    file.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
    assert Manifest.read(file) in (None, _manifest("seg-000001"))


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
        folder = index.new_segment()
        folder.mkdir()
        index.publish(_manifest(folder.name))
        index.sweep()
    left = ["current", "gen-000004.json", folder.name]
    assert sorted(f.name for f in tmp_path.iterdir()) == left
    assert index.manifest() == _manifest(folder.name)


def test_c6_what_a_killed_build_left_is_known_until_it_is_swept(tmp_path: Path) -> None:
    """A build takes over what was computed for it."""
    index = Index(tmp_path)
    serving, unfinished = index.new_segment(), index.new_segment()
    for folder in (serving, unfinished):
        folder.mkdir()
    index.publish(_manifest(serving.name))
    index.file("gen-000007").touch()
    assert index.left_over() == [unfinished]
    index.sweep()
    assert index.left_over() == []
    assert index.manifest() == _manifest(serving.name)
    assert [path.name for path in tmp_path.glob("gen-*")] == [f"{index.current()}.json"]


def test_the_packaged_model_is_the_same_under_both_its_names() -> None:
    assert identify(PACKAGED) == identify(f"sentence-transformers/{PACKAGED}")
    assert identify(PACKAGED).revision is not None


def test_a_folders_identity_follows_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = identify(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert identify(str(tmp_path)).name == first.name
    assert identify(str(tmp_path)).revision != first.revision


def _manifest(*names: str) -> Manifest:
    parts = [Part(name, None, 1, 1, {"fox": f"digest in {name}"}) for name in names]
    return Manifest(("model", "revision", 3), "folder", tuple(parts))
