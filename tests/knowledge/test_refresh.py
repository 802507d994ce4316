"""Refreshing the index: only what changed is embedded, and a failure changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.door import Door
from knowledge.embedding import Embedder, EmbedderUnavailable, load_embedder
from knowledge.generation import Generation
from knowledge.identity import ModelIdentity, identify
from knowledge.index import Change, Index
from knowledge.passages import SearchUnavailable
from knowledge.refresh import refresh
from knowledge.search import Search
from tests.knowledge.foxes import ANIMALS, Watched, lessons_in, write_lesson

Refresh = Callable[[], Change]


def _never() -> Embedder:
    raise AssertionError("a model was loaded")


def _quiet(_done: int, _total: int) -> None:
    pass


class Den:
    """A folder of lessons with an index of its own."""

    def __init__(self, folder: Path, embedder: Watched, identity: ModelIdentity) -> None:
        self.lessons = folder / "lessons"
        self.lessons.mkdir()
        self.index = Index(folder / "index")
        self.embedder = embedder
        self.identity = identity
        for slug, text in ANIMALS.items():
            write_lesson(self.lessons, slug, text)

    def refresh(self, progress: Callable[[int, int], None] = _quiet) -> Change:
        """Make the index as the lessons are; forget what was embedded before."""
        self.embedder.texts.clear()
        lessons = lessons_in(self.lessons)
        return refresh(self.index, lessons, self.identity, lambda: self.embedder, progress)

    def best(self, question: str, search: Search | None = None) -> str:
        """Return the text of the best passage."""
        search = search or Search(self.index, self.embedder, Door())
        return search.find(question, None, None, 8).hits[0].passage.text


@pytest.fixture
def den(tmp_path: Path, embedder: Embedder, identity: ModelIdentity) -> Den:
    """Return a den that was indexed once."""
    den = Den(tmp_path, Watched(embedder), identity)
    assert set(den.refresh().added) == set(ANIMALS)
    return den


def test_unchanged_lessons_cost_nothing(den: Den) -> None:
    """No model is loaded and nothing is written."""
    before = den.index.current()
    change = refresh(den.index, lessons_in(den.lessons), den.identity, _never, _quiet)
    assert change.nothing
    assert set(change.unchanged) == set(ANIMALS)
    assert den.index.current() == before


def test_only_a_changed_lesson_is_embedded_again(den: Den) -> None:
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    change = den.refresh()
    assert (change.changed, change.added, change.removed) == (("fox",), (), ())
    assert den.embedder.texts
    assert all("garden shed" in text for text in den.embedder.texts)
    assert den.best("Where does a fox sleep?") == "A fox sleeps under a garden shed."
    assert den.best("Where does an owl nest?") == ANIMALS["owl"]


def test_a_removed_lesson_disappears_without_any_embedding(den: Den) -> None:
    (den.lessons / "fox.md").unlink()
    assert den.refresh().removed == ("fox",)
    assert den.embedder.texts == []
    found = Search(den.index, den.embedder, Door()).find("Where does a fox live?", None, None, 8)
    assert {hit.passage.lesson for hit in found.hits} == {"owl", "bee"}
    generation = Generation.serving(den.index)
    assert generation is not None
    assert len(generation.store.nearest([0.0] * 383 + [1.0], 99, None)) == 2
    generation.close()


def test_an_added_lesson_is_found(den: Den) -> None:
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    assert den.refresh().added == ("eel",)
    assert den.best("Where is an eel born?") == "An eel is born in the Sargasso Sea."


def test_vectors_that_were_kept_rank_as_fresh_ones(den: Den, tmp_path: Path) -> None:
    """An index refreshed twice finds the same, with the same scores, as one built at once."""
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    den.refresh()
    fresh = Index(tmp_path / "fresh")
    refresh(fresh, lessons_in(den.lessons), den.identity, lambda: den.embedder, _quiet)
    kept, new = (
        Search(index, den.embedder, Door()).find("Who lives in a hollow tree?", None, None, 8)
        for index in (den.index, fresh)
    )
    assert [hit.passage.id for hit in kept.hits] == [hit.passage.id for hit in new.hits]
    assert kept.covered == pytest.approx(new.covered, abs=1e-3)


@pytest.mark.parametrize(("name", "revision"), [("another", ""), ("", "package 99")])
def test_another_model_or_revision_rebuilds_everything(
    den: Den, embedder: Embedder, name: str, revision: str
) -> None:
    """Nothing of the old vectors is kept, and the new generation says what made it."""
    den.embedder = Watched(embedder, name, revision)
    den.identity = ModelIdentity(den.embedder.name, "", den.embedder.revision)
    change = den.refresh()
    assert change.rebuilt is not None
    assert sum("den in a wood" in text for text in den.embedder.texts) > 1
    manifest = den.index.manifest()
    assert manifest is not None
    assert (manifest.model, manifest.revision) == (den.embedder.name, den.embedder.revision)
    assert den.refresh().nothing


def test_a_search_never_reads_another_models_vectors(den: Den, embedder: Embedder) -> None:
    """A program that loaded one model meets an index rebuilt with another: it says so."""
    search = Search(den.index, den.embedder, Door())
    assert den.best("Where does a fox live?", search)
    den.embedder = Watched(embedder, "another")
    den.identity = ModelIdentity("another", "", None)
    den.refresh()
    with pytest.raises(SearchUnavailable, match="another embedding model"):
        den.best("Where does a fox live?", search)


def test_a_model_in_a_folder_serves_like_the_packaged_one(
    den: Den, tmp_path: Path, identity: ModelIdentity
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in Path(identity.source).iterdir():
        (folder / path.name).symlink_to(path)
    own = identify(str(folder))
    change = den.index.pending(lessons_in(den.lessons), own)
    assert change.rebuilt is not None
    loaded = load_embedder(own, Door())
    assert (loaded.name, loaded.revision) == (own.name, own.revision)
    assert loaded.dimension == den.embedder.dimension


def test_a_model_that_is_nowhere_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(EmbedderUnavailable, match="could not be loaded"):
        load_embedder(identify(str(tmp_path)), Door())


class _Broken(Exception):
    """Stands for anything that may go wrong while an index is built."""


def _break_at_the_end(done: int, total: int) -> None:
    if done == total:
        raise _Broken


def test_a_build_that_fails_leaves_the_old_index_and_no_litter(den: Den) -> None:
    """And it can be tried again at once, in the same process."""
    before = sorted(path.name for path in den.index.folder.iterdir())
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    for _ in range(2):
        with pytest.raises(_Broken):
            den.refresh(_break_at_the_end)
        assert sorted(path.name for path in den.index.folder.iterdir()) == before
        assert den.best("Where does a fox live?") == ANIMALS["fox"]
    assert den.refresh().changed == ("fox",)
    assert den.best("Where does a fox live?") == "A fox sleeps under a garden shed."


def test_readers_keep_their_generation_until_the_next_is_published(den: Den) -> None:
    """While one is built, and after it, the same search answers; then with the new text."""
    search = Search(den.index, den.embedder, Door())
    seen: list[str] = []
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    den.refresh(lambda _done, _total: seen.append(den.best("Where is the fox?", search)))
    assert set(seen) == {ANIMALS["fox"]}
    assert den.best("Where is the fox?", search) == "A fox sleeps under a garden shed."


def test_a_generation_that_is_open_can_be_read_after_the_next_is_published(den: Den) -> None:
    """As by another process, which opened it before."""
    generation = Generation.serving(den.index)
    assert generation is not None
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    den.refresh()
    assert generation.vectors("fox#where-a-fox-lives").windows.shape == (1, 384)
    assert generation.store.nearest([0.0] * 383 + [1.0], 9, None)
    generation.close()


def test_a_broken_index_is_built_anew(den: Den) -> None:
    manifest = den.index.folder / str(den.index.current()) / "manifest.json"
    manifest.write_text('{"format": 1}', "utf-8")
    assert set(den.refresh().added) == set(ANIMALS)
    assert den.best("Where does a fox live?") == ANIMALS["fox"]


def test_progress_begins_at_nothing_and_ends_at_everything(den: Den) -> None:
    told: list[tuple[int, int]] = []
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    den.refresh(lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    assert told == sorted(told)
