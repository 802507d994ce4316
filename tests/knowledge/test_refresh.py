"""Refreshing the index: only what changed is embedded, and a failure changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.door import Door
from knowledge.embedding import Embedder, EmbedderUnavailable, load_embedder
from knowledge.identity import ModelIdentity, identify
from knowledge.index import Index
from knowledge.passages import SearchUnavailable
from knowledge.refresh import refresh
from tests.knowledge.den import POINTED, Den, quiet
from tests.knowledge.foxes import ANIMALS, Watched, lessons_in, write_lesson


def _never() -> Embedder:
    raise AssertionError("a model was loaded")


def test_unchanged_lessons_cost_nothing(den: Den) -> None:
    """No model is loaded and nothing is written."""
    before = den.index.current()
    change = refresh(den.index, lessons_in(den.lessons), den.identity, _never, quiet)
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
    found = den.searching().find("Where does a fox live?", None, None, 8)
    assert {hit.passage.lesson for hit in found.hits} == {"owl", "bee"}
    with den.opened() as view:
        assert len(view.nearest(POINTED, 99)) == 2


def test_an_added_lesson_is_found(den: Den) -> None:
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    assert den.refresh().added == ("eel",)
    assert den.best("Where is an eel born?") == "An eel is born in the Sargasso Sea."


def test_vectors_that_were_kept_rank_as_fresh_ones(den: Den, tmp_path: Path) -> None:
    """An index refreshed twice finds the same, with the same scores, as one built at once."""
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    den.refresh()
    kept = den.searching().find("Who lives in a hollow tree?", None, None, 8)
    den.index = Index(tmp_path / "fresh")
    den.refresh()
    new = den.searching().find("Who lives in a hollow tree?", None, None, 8)
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
    assert manifest.made_with == den.embedder.makes
    assert den.refresh().nothing


def test_a_search_never_reads_another_models_vectors(den: Den, embedder: Embedder) -> None:
    """A program that loaded one model meets an index rebuilt with another: it says so."""
    search = den.searching()
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
    search = den.searching()
    seen: list[str] = []
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    den.refresh(lambda _done, _total: seen.append(den.best("Where is the fox?", search)))
    assert set(seen) == {ANIMALS["fox"]}
    assert den.best("Where is the fox?", search) == "A fox sleeps under a garden shed."


@pytest.mark.parametrize("chroma", [None])
def test_a_generation_that_is_open_can_be_read_after_the_next_is_published(den: Den) -> None:
    """As by another process, which opened it before; on a server it opens the next instead."""
    with den.opened() as view:
        write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
        den.refresh()
        segment, number = view.at(view.places("fox")[0])
        assert segment.vectors(number).windows.shape == (1, 384)
        assert segment.passage(number).text == ANIMALS["fox"]
        assert view.nearest(POINTED, 9)


def test_a_broken_index_is_built_anew(den: Den) -> None:
    den.index.file(str(den.index.current())).write_text('{"format": 1}', "utf-8")
    assert set(den.refresh().added) == set(ANIMALS)
    assert den.best("Where does a fox live?") == ANIMALS["fox"]


def test_progress_begins_at_nothing_and_ends_at_everything(den: Den) -> None:
    told: list[tuple[int, int]] = []
    write_lesson(den.lessons, "fox", "A fox sleeps under a garden shed.")
    den.refresh(lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    assert told == sorted(told)
