"""Backup and restore: what survives a restart, whole and consistent, or a sentence."""

from __future__ import annotations

import io
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.archive import back_up, restore
from bot.errors import ArchiveInvalid, FolderBusy
from bot.folder import DataFolder
from knowledge.index import Index
from knowledge.proof import examine


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a database in use, a file, and what passes with a process."""
    data = tmp_path / "data"
    (data / "requests").mkdir(parents=True)
    (data / "commands.json").write_text("{}", "utf-8")
    (data / "requests/1.asked").write_text("{}", "utf-8")
    (data / "own").mkdir()
    (data / "own/paper.md").write_text("an own lesson", "utf-8")
    with closing(sqlite3.connect(data / "records.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE turns (text)")
        database.execute("INSERT INTO turns VALUES ('the first')")
        database.commit()
    return data


def _turns(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "records.db")) as database:
        return [text for (text,) in database.execute("SELECT text FROM turns ORDER BY text")]


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_what_was_backed_up_while_the_bot_ran_is_restored(data: Path, tmp_path: Path) -> None:
    """Committed rows that still lie in a journal are in it, open transactions are not."""
    file = tmp_path / "backup.tar.gz"
    with DataFolder(data).owned(), closing(sqlite3.connect(data / "records.db")) as writer:
        writer.execute("INSERT INTO turns VALUES ('the second')")
        writer.commit()
        writer.execute("INSERT INTO turns VALUES ('never confirmed')")
        assert back_up(data, file).files == 3
        with pytest.raises(FolderBusy):
            restore(data, file)
        writer.rollback()
    (data / "commands.json").write_text("changed since", "utf-8")
    (data / "new.txt").write_text("made since", "utf-8")
    restore(data, file)
    assert _turns(data) == ["the first", "the second"]
    assert (data / "commands.json").read_text("utf-8") == "{}"
    kept = ["commands.json", "own/paper.md", "records.db"]
    assert _names(data) == sorted([*kept, "owner.lock", "requests/1.asked"])


def test_an_index_is_backed_up_as_it_serves(shipped_data: Path, tmp_path: Path) -> None:
    """It proves itself where it is restored to."""
    file = tmp_path / "backup.tar.gz"
    back_up(shipped_data, file)
    restore(tmp_path / "elsewhere", file)
    index = Index(tmp_path / "elsewhere/index")
    assert index.manifest() is not None
    assert examine(index) is None


Member = tuple[str, bytes, bytes]


def _archive(file: Path, *members: Member) -> None:
    with tarfile.open(file, "w:gz") as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize(
    "member",
    [
        ("../outside", b"x", tarfile.REGTYPE),
        ("/outside", b"x", tarfile.REGTYPE),
        ("own/../../outside", b"x", tarfile.REGTYPE),
        ("own\\..\\outside", b"x", tarfile.REGTYPE),
        ("link", b"", tarfile.SYMTYPE),
        ("link", b"", tarfile.LNKTYPE),
        ("pipe", b"", tarfile.FIFOTYPE),
        ("owner.lock", b"", tarfile.REGTYPE),
        ("restoring/complete", b"", tarfile.REGTYPE),
        ("records.db", b"SQLite format 3\0 and noise", tarfile.REGTYPE),
    ],
)
def test_an_archive_that_no_backup_made_is_refused_and_changes_nothing(
    data: Path, tmp_path: Path, member: Member
) -> None:
    file = tmp_path / "backup.tar.gz"
    _archive(file, ("commands.json", b"other", tarfile.REGTYPE), member)
    before = {path: path.read_bytes() for path in data.rglob("*.*")}
    with pytest.raises(ArchiveInvalid):
        restore(data, file)
    (data / "owner.lock").unlink()
    assert {path: path.read_bytes() for path in data.rglob("*.*")} == before
    assert not (tmp_path / "outside").exists()


def test_an_archive_with_more_than_there_is_room_for_is_refused(data: Path, tmp_path: Path) -> None:
    """By what it says of itself, before anything is unpacked."""
    file = tmp_path / "backup.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        info = tarfile.TarInfo("big")
        info.size = 1 << 60
        archive.addfile(info)
    with pytest.raises(ArchiveInvalid, match="room"):
        restore(data, file)


@pytest.mark.parametrize("spoil", [lambda b: b[: len(b) // 2], lambda b: b[:0], lambda b: b[::-1]])
def test_a_file_that_is_cut_or_no_archive_is_refused(
    data: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "backup.tar.gz"
    back_up(data, file)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(ArchiveInvalid):
        restore(data, file)
    assert _turns(data) == ["the first"]


@pytest.mark.parametrize("killed_at", range(9))
def test_a_restore_that_is_killed_is_finished_or_forgotten_by_the_next_owner(
    data: Path, tmp_path: Path, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never is half of it there: the moves are counted, and one of them is the last."""
    file = tmp_path / "backup.tar.gz"
    back_up(data, file)
    (data / "commands.json").write_text("changed since", "utf-8")
    moves = iter(range(100))
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(moves) >= killed_at:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        try:
            restore(data, file)
        except KeyboardInterrupt:
            assert DataFolder(data).unfinished()
    with DataFolder(data).owned():
        pass
    assert not DataFolder(data).unfinished()
    assert _turns(data) == ["the first"]
    assert (data / "commands.json").read_text("utf-8") == "{}"
    assert (data / "own/paper.md").read_text("utf-8") == "an own lesson"


def test_without_a_data_folder_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ArchiveInvalid):
        back_up(tmp_path / "none", tmp_path / "backup.tar.gz")
    assert list(tmp_path.iterdir()) == []
