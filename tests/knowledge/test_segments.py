"""Segments: a change touches few of them, and nobody sees another server's."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from knowledge.embedding import Embedder
from knowledge.identity import ModelIdentity
from knowledge.index import IndexUnwritable
from knowledge.lesson import Lesson
from knowledge.passages import SearchUnavailable
from knowledge.pieces import cut_pieces
from knowledge.proof import examine
from knowledge.segment import SLICE, Segment
from knowledge.store import Stores
from tests.knowledge.conftest import serving
from tests.knowledge.den import Den
from tests.knowledge.foxes import ANIMALS, Watched, lessons_in, write_lesson


class _Killed(BaseException):
    """Ends a build as a kill does: nothing is tidied up."""


def _owned(lesson: Lesson, server: int) -> Lesson:
    """Give a lesson to a server."""
    passages = tuple(replace(passage, server=server) for passage in lesson.passages)
    return replace(lesson, passages=passages, server=server)


def _files(den: Den, name: str) -> dict[str, int]:
    folder = den.index.folder / name
    return {
        str(p): p.stat().st_mtime_ns
        for p in folder.rglob("*")
        if p.is_file() and p.suffix != ".sqlite3"
    }


@pytest.mark.parametrize("chroma", [None])
def test_an_added_lesson_leaves_larger_segments_as_they_are(den: Den) -> None:
    """To the last file; a removed one costs only its own."""
    (first,) = den.parts
    before = _files(den, first.name)
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    den.refresh()
    assert _files(den, first.name) == before
    assert [sorted(part.lessons) for part in den.parts] == [["bee", "fox", "owl"], ["eel"]]
    (den.lessons / "eel.md").unlink()
    den.refresh()
    assert _files(den, first.name) == before
    assert den.parts == (first,)


def test_a_killed_build_goes_on_where_it_was(den: Den) -> None:
    """What it had computed is not computed again, and nothing of it is left lying about."""
    for number in range(40):
        write_lesson(den.lessons, f"eel-{number}", f"Eel {number} is {number} years old.")

    def kill(done: int, total: int) -> None:
        if done * 2 > total:
            raise _Killed

    with pytest.raises(_Killed):
        den.refresh(kill)
    computed = set(den.embedder.texts)
    assert len(den.index.left_over()) == 1
    assert den.best("Where does a fox live?") == ANIMALS["fox"]
    assert len(den.refresh().added) == 40
    again = set(den.embedder.texts)
    assert len(computed) > 20
    assert not computed & again
    assert {f"Eel {n} is {n} years old." for n in range(40)} <= computed | again
    assert den.index.left_over() == []
    assert den.best("How old is eel 33?") == "Eel 33 is 33 years old."


@pytest.mark.parametrize("chroma", [None])
def test_every_text_gets_its_own_vectors_whatever_is_embedded_beside_it(den: Den) -> None:
    """More texts than are embedded in one go, of unlike lengths: short and long take turns."""
    for number in range(2 * SLICE):
        far = "very " * (number * 5 % 13)
        write_lesson(den.lessons, f"eel-{number}", f"Eel {number} swims {far}far. It is wet.")
    den.refresh()
    with closing(Stores(None, den.index.mark())) as stores:
        for part in den.parts:
            with closing(Segment(den.index.folder / part.name, stores)) as segment:
                for number in range(len(segment)):
                    pieces = cut_pieces(segment.passage(number))
                    rows = segment.vectors(number)
                    for window, row in zip(pieces.windows, rows.windows, strict=True):
                        (read,) = den.embedder.read([window])
                        np.testing.assert_allclose(row, read.whole, atol=1e-3)
                    for sentence, row in zip(pieces.sentences, rows.sentences, strict=True):
                        alone = den.embedder.encode_now([sentence])[0]
                        np.testing.assert_allclose(row, alone, atol=1e-3)


@pytest.mark.parametrize("chroma", [None])
def test_a_damaged_segment_is_made_anew_and_the_others_serve_on(den: Den) -> None:
    """Even its own vectors are taken over, where their checksums hold."""
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    den.refresh()
    first, second = den.parts
    os.truncate(den.index.folder / second.name / "words.npz", 50)
    assert examine(den.index) is not None
    assert den.refresh().added == ("eel",)
    assert den.embedder.texts == []
    assert den.parts[0] == first
    assert examine(den.index) is None
    assert den.best("Where is an eel born?") == "An eel is born in the Sargasso Sea."


def test_only_a_servers_own_members_find_its_lessons(den: Den) -> None:
    """Neither its passages nor its words reach another, also where two have the same slug."""
    lessons = lessons_in(den.lessons)
    write_lesson(den.lessons, "yak", "The zanzibarine yak grazes behind the first server.")
    (one,) = (lesson for lesson in lessons_in(den.lessons) if lesson.slug == "yak")
    write_lesson(den.lessons, "yak", "The second server keeps its yak in a shed.")
    (two,) = (lesson for lesson in lessons_in(den.lessons) if lesson.slug == "yak")
    den.take([*lessons, _owned(one, 1), _owned(two, 2)])
    search = den.searching()
    for question in ("Where does the zanzibarine yak graze?", "yak", "zanzibarin yack"):
        for server, text in ((1, one), (2, two), (3, None), (None, None)):
            for lesson in (None, "yak"):
                found = search.find(question, None, lesson, 8, server)
                seen = {hit.passage.text for hit in found.hits if hit.passage.server is not None}
                assert seen == ({text.passages[0].text} if text else set())
    asked = "zanzibarinn"
    mended = {
        server: search.weigh(asked, None, None, 8, server).view.speller.mend(asked)
        for server in (1, 2, None)
    }
    assert mended == {1: "zanzibarine", 2: asked, None: asked}


def test_a_change_in_one_server_leaves_the_segments_of_all_others(den: Den) -> None:
    write_lesson(den.lessons, "yak", "A yak grazes.")
    *lessons, yak = lessons_in(den.lessons)
    den.take([*lessons, _owned(yak, 1), _owned(yak, 2)])
    before = den.parts
    change = den.take([*lessons, _owned(yak, 2)])
    assert change.removed == ("yak",)
    assert den.parts == tuple(part for part in before if part.server != 1)
    assert den.embedder.texts == []


def test_a_chroma_server_that_is_gone_is_told_and_nothing_is_set_aside(
    tmp_path: Path, embedder: Embedder, identity: ModelIdentity
) -> None:
    """When it is there again, all is as before."""
    store = tmp_path / "store"
    store.mkdir()
    with serving(store) as url:
        den = Den(tmp_path, Watched(embedder), identity, url)
        den.refresh()
        search = den.searching()
        assert den.best("Where does a fox live?", search) == ANIMALS["fox"]
    parts = den.parts
    for one in (search, den.searching()):
        with pytest.raises(SearchUnavailable, match="Chroma server does not answer"):
            den.best("Where does a fox live?", one)
    write_lesson(den.lessons, "eel", "An eel is born in the Sargasso Sea.")
    with pytest.raises(IndexUnwritable, match="CHROMA_URL"):
        den.refresh()
    assert den.parts == parts
    assert not (den.index.folder / "damaged").exists()
    den.close()


def test_a_chroma_server_keeps_nothing_that_was_removed(chroma_server: str, den: Den) -> None:
    """Nor what a killed build left there; another index's collections stay."""
    address = (
        f"{chroma_server}/api/v2/tenants/default_tenant/databases/default_database/collections"
    )
    other = {"name": "landscape-other-seg-1", "get_or_create": True}
    httpx.post(address, json=other, timeout=10).raise_for_status()
    (den.lessons / "fox.md").unlink()
    den.refresh()
    names = {collection["name"] for collection in httpx.get(address, timeout=10).json()}
    mark = den.index.mark()
    own = {name for name in names if mark and name.startswith(mark)}
    assert own == ({f"{mark}-{part.name}" for part in den.parts} if mark else set())
    assert other["name"] in names
