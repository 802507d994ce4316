"""C1, C2, C4: whatever befalls the data folder or the model, a question ends in words."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import bot.library
from bot.library import DAMAGED, NO_MODEL, Library
from bot.settings import Settings
from knowledge.embedding import Embedder
from knowledge.identity import ModelIdentity
from knowledge.index import Index
from knowledge.lesson import survey
from knowledge.passages import SearchUnavailable
from knowledge.refresh import refresh
from tests.knowledge.foxes import ANIMALS, Watched, lessons_in, write_lesson

QUESTION = "Where does a fox live?"


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, identity: ModelIdentity
) -> Path:
    """Return a folder with lessons and a sound index of them. Never write into it."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "lessons").mkdir()
    for slug, text in ANIMALS.items():
        write_lesson(folder / "lessons", slug, text)
    lessons = lessons_in(folder / "lessons")
    refresh(Index(folder / "data/index"), lessons, identity, lambda: embedder, lambda *_: None)
    return folder


@pytest.fixture
def den(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder."""
    return Path(shutil.copytree(whole, tmp_path / "den"))


Opening = Callable[..., Library]


@pytest.fixture
async def opened(den: Path, embedder: Embedder) -> AsyncIterator[Opening]:
    """Yield what opens a library on the den; each is closed at the end."""
    libraries: list[Library] = []

    def opening(model: Embedder | None = embedder, **given: str) -> Library:
        settings = Settings(_env_file=None, data_dir=den / "data", **given)  # type: ignore[call-arg, arg-type]  # pydantic's own
        library = Library(settings, lambda _done, _total: None)
        library._embedder = model
        libraries.append(library)
        return library

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.library, "curriculum", lambda *_: survey([den / "lessons"]))
        yield opening
        for library in libraries:
            await library.close()


def _segment(den: Path) -> Path:
    return next((den / "data/index").glob("seg-*"))


def _manifest(den: Path) -> Path:
    return den / "data/index/gen-000001.json"


def _vector_index(den: Path) -> Path:
    return next(path for path in (_segment(den) / "chroma").iterdir() if path.is_dir())


def _garbage(path: Path, start: float = 0.0, end: float = 1.0) -> None:
    """Overwrite a part of a file with noise."""
    content = bytearray(path.read_bytes())
    first, last = int(len(content) * start), int(len(content) * end)
    content[first:last] = random.Random(7).randbytes(last - first)  # noqa: S311  noise, not a secret
    path.write_bytes(content)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _sqlite(den: Path) -> Path:
    return _segment(den) / "chroma/chroma.sqlite3"


def _alter_a_passage(den: Path) -> None:
    path = _segment(den) / "passages.jsonl"
    path.write_text(path.read_text("utf-8").replace("a den in", "a hole in"), "utf-8")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "the vector index is lost": lambda den: shutil.rmtree(_vector_index(den)),
    "the vector index is noise": lambda den: _garbage(_vector_index(den) / "data_level0.bin"),
    "its header is noise": lambda den: _garbage(_vector_index(den) / "header.bin"),
    "its names are cut": lambda den: _cut(_vector_index(den) / "index_metadata.pickle"),
    "the database's header is noise": lambda den: _garbage(_sqlite(den), 0, 0.001),
    "pages of the database are noise": lambda den: _garbage(_sqlite(den), 0.3, 0.9),
    "the database is cut": lambda den: _cut(_sqlite(den)),
    "the database is empty": lambda den: os.truncate(_sqlite(den), 0),
    "the database is gone": lambda den: _sqlite(den).unlink(),
    "the vectors are cut": lambda den: _cut(_segment(den) / "vectors.f16"),
    "the vectors are noise": lambda den: _garbage(_segment(den) / "vectors.f16", 0.5),
    "the words are cut": lambda den: _cut(_segment(den) / "words.npz"),
    "the words are noise": lambda den: _garbage(_segment(den) / "words.npz"),
    "the words are gone": lambda den: (_segment(den) / "words.npz").unlink(),
    "the passages are cut": lambda den: _cut(_segment(den) / "passages.jsonl"),
    "a passage was altered": _alter_a_passage,
    "the segment is gone": lambda den: shutil.rmtree(_segment(den)),
    "the manifest is cut": lambda den: _cut(_manifest(den)),
    "the manifest is noise": lambda den: _garbage(_manifest(den)),
    "the seal is noise": lambda den: _garbage(_segment(den) / "seal.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_c2_a_damaged_index_is_set_aside_and_made_anew(
    den: Path, opened: Opening, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The question is answered all the same, it is said once, and one damaged index is kept."""
    before = {_segment(den).name, "gen-000001.json"}
    DAMAGES[damage](den)
    found = await opened().search(QUESTION)
    assert found.hits[0].passage.text == ANIMALS["fox"]
    said = [record for record in caplog.records if "set aside" in record.getMessage()]
    assert len(said) == 1
    index = Index(den / "data/index")
    assert index.current() == "gen-000002"
    assert not {path.name for path in (index.folder / "damaged").iterdir()} - before
    generation, segment = sorted(path.name for path in index.folder.glob("*-*"))
    assert generation == "gen-000002.json"
    assert segment not in before
    assert await opened().examine() is None


@pytest.mark.parametrize("damage", DAMAGES)
async def test_c2_the_doctor_and_the_index_command_find_and_mend_every_damage(
    den: Path, opened: Opening, damage: str
) -> None:
    """Where the manifest cannot be read there is no index at all, which is told as such."""
    DAMAGES[damage](den)
    library = opened()
    assert await library.examine() or library.index.manifest() is None
    await library.refresh()
    assert await library.examine() is None
    assert (await library.search(QUESTION)).hits[0].passage.text == ANIMALS["fox"]


async def test_c2_an_index_that_is_damaged_while_it_serves_is_made_anew(
    den: Path, opened: Opening
) -> None:
    """As when somebody cleans up; the questions that meet it together are all answered."""
    library = opened()
    assert (await library.search(QUESTION)).hits
    shutil.rmtree(_segment(den))
    assert (await library.search(QUESTION)).hits[0].passage.text == ANIMALS["fox"]


async def test_c2_only_the_last_damaged_index_is_kept_and_it_goes_with_the_next_change(
    den: Path, opened: Opening
) -> None:
    """It may hold what was taken out of the lessons."""
    for _ in range(3):
        segment = _segment(den)
        _cut(segment / "vectors.f16")
        assert (await opened().search(QUESTION)).hits
        damaged = [path.name for path in (den / "data/index/damaged").glob("seg-*")]
        assert damaged == [segment.name]
    write_lesson(den / "lessons", "fox", "A fox sleeps under a shed.")
    assert (await opened().refresh()).changed == ("fox",)
    assert not (den / "data/index/damaged").exists()
    assert not _holds(den / "data", ANIMALS["fox"])


async def test_c2_a_removed_lesson_leaves_no_byte_in_the_data_folder(
    den: Path, opened: Opening
) -> None:
    """Also while the bot has the old index open, and is asked in between."""
    library = opened()
    assert (await library.search(QUESTION)).hits[0].passage.lesson == "fox"
    assert _holds(den / "data", ANIMALS["fox"])
    (den / "lessons/fox.md").unlink()
    assert (await library.refresh()).removed == ("fox",)
    assert not _holds(den / "data", ANIMALS["fox"])
    found = await library.search(QUESTION)
    assert {hit.passage.lesson for hit in found.hits} == {"owl", "bee"}


async def test_c2_the_vector_index_holds_no_memory_of_the_process_also_once_it_was_read(
    den: Path, opened: Opening
) -> None:
    """The tail of a file with room for 100 units is zeros: three lessons have far fewer."""
    assert (await opened().search(QUESTION)).hits
    for name in ("data_level0.bin", "length.bin"):
        content = (_vector_index(den) / name).read_bytes()
        assert any(content[: len(content) // 100])
        assert not any(content[len(content) // 2 :])


async def test_c1_without_a_data_folder_it_is_made(den: Path, opened: Opening) -> None:
    shutil.rmtree(den / "data")
    assert (await opened().search(QUESTION)).hits[0].passage.text == ANIMALS["fox"]


async def test_c1_where_the_data_folder_is_a_file_the_lessons_are_answered_all_the_same(
    den: Path, opened: Opening
) -> None:
    """From a temporary index, which is gone afterwards."""
    shutil.rmtree(den / "data")
    (den / "data").write_text("not a folder", "utf-8")
    library = opened()
    assert (await library.search(QUESTION)).hits[0].passage.text == ANIMALS["fox"]
    scratch = library.index.folder
    await library.close()
    assert not scratch.exists()


_ASK = """
import asyncio, ctypes, os, sys
from pathlib import Path
import bot.library
from bot.library import Library
from bot.settings import Settings
from knowledge.lesson import survey

ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
den = Path(sys.argv[1])
bot.library.curriculum = lambda *_: survey([den / "lessons"])

async def ask():
    assert not os.access(den / "data", os.W_OK)
    library = Library(Settings(_env_file=None, data_dir=den / "data"), lambda *_: None)
    library.open(refresh=True)
    found = await library.search("Where does a fox live?")
    print(library.index.folder == den / "data/index", found.hits[0].passage.text)
    await library.close()

asyncio.run(ask())
"""


@pytest.mark.parametrize("state", ["as it was", "damaged", "missing"])
def test_c1_a_data_folder_that_cannot_be_written_answers_all_the_same(
    den: Path, state: str
) -> None:
    """From the index in it, or else from a temporary one; it stays as it was to the last byte.

    The child drops what lets a superuser write anywhere.
    """
    if state == "damaged":
        _cut(_segment(den) / "vectors.f16")
    if state == "missing":
        shutil.rmtree(den / "data/index")
    before = _files(den / "data")
    for path in [den / "data", *(den / "data").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = subprocess.run(  # noqa: S603  ours
            [sys.executable, "-c", _ASK, str(den)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        for path in [den / "data", *(den / "data").rglob("*")]:
            path.chmod(0o755)
    assert done.stdout == f"{state == 'as it was'} {ANIMALS['fox']}\n", done.stderr
    assert ("temporary" in done.stderr) == (state != "as it was")
    assert _files(den / "data") == before


async def test_c4_a_model_that_cannot_be_loaded_is_told_in_words(
    den: Path, opened: Opening
) -> None:
    """Neither the path nor what the library raised; the next question tries again."""
    empty = den / "model"
    empty.mkdir()
    library = opened(None, embedding_model=str(empty))
    for _ in range(2):
        with pytest.raises(SearchUnavailable) as told:
            await library.search(QUESTION)
        assert str(told.value) == NO_MODEL
    assert (await opened().search(QUESTION)).hits  # the index is still the packaged model's


@pytest.mark.parametrize(("name", "revision"), [("another", ""), ("", "other weights")])
async def test_c4_another_model_or_revision_rebuilds_and_never_mixes(
    opened: Opening, embedder: Embedder, name: str, revision: str
) -> None:
    """Every text is embedded anew, although no lesson changed."""
    other = Watched(embedder, name, revision)
    library = opened(other)
    library._model = ModelIdentity(other.name, "", None)  # as for a hub's: only loading tells
    assert (await library.search(QUESTION)).hits[0].passage.text == ANIMALS["fox"]
    assert all(any(text in known for known in other.texts) for text in ANIMALS.values())
    manifest = library.index.manifest()
    assert manifest is not None
    assert manifest.made_with == other.makes


async def test_c4_vectors_of_another_length_are_never_read(
    den: Path, opened: Opening, embedder: Embedder
) -> None:
    """Even where name and revision are the same."""
    other = Watched(embedder)
    other.dimension = 383
    library = opened(other)
    with pytest.raises(SearchUnavailable):
        await library.search(QUESTION)
    manifest = Index(den / "data/index").manifest()
    assert manifest is not None
    assert manifest.made_with[2] == 384
    assert (await opened().search(QUESTION)).hits


def test_no_sentence_for_members_holds_a_path_or_the_name_of_a_class() -> None:
    for sentence in (NO_MODEL, DAMAGED):
        assert "/" not in sentence
        assert "Error" not in sentence


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _holds(folder: Path, text: str) -> bool:
    return any(text.encode() in content for content in _files(folder).values())
