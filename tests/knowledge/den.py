"""A folder of three small lessons with an index of its own, for the tests of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from knowledge.door import Door
from knowledge.generation import Generation, View
from knowledge.identity import ModelIdentity
from knowledge.index import Change, Index
from knowledge.lesson import Lesson
from knowledge.manifest import Part
from knowledge.refresh import refresh
from knowledge.search import Search
from knowledge.store import Stores
from tests.knowledge.foxes import ANIMALS, Watched, lessons_in, write_lesson

POINTED = np.eye(384, dtype=np.float32)[-1]
"""Any direction."""


def quiet(_done: int, _total: int) -> None:
    """Hear of progress and say nothing."""


class Den:
    """A folder of lessons with an index of its own."""

    def __init__(
        self, folder: Path, embedder: Watched, identity: ModelIdentity, chroma: str | None
    ) -> None:
        self.lessons = folder / "lessons"
        self.lessons.mkdir()
        self.index = Index(folder / "index", chroma)
        self.embedder = embedder
        self.identity = identity
        self._searches: list[Search] = []
        for slug, text in ANIMALS.items():
            write_lesson(self.lessons, slug, text)

    def refresh(self, progress: Callable[[int, int], None] = quiet) -> Change:
        """Make the index as the lessons are; forget what was embedded before."""
        return self.take(lessons_in(self.lessons), progress)

    def take(
        self, lessons: Sequence[Lesson], progress: Callable[[int, int], None] = quiet
    ) -> Change:
        """Make the index of `lessons`; forget what was embedded before."""
        self.embedder.texts.clear()
        return refresh(self.index, lessons, self.identity, lambda: self.embedder, progress)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The segments that serve."""
        manifest = self.index.manifest()
        return manifest.parts if manifest else ()

    @contextmanager
    def opened(self) -> Iterator[View]:
        """Open what serves, as a search does."""
        manifest = self.index.manifest()
        assert manifest is not None
        with closing(Stores(self.index.chroma, self.index.mark())) as stores:
            generation = Generation(self.index, str(self.index.current()), manifest, stores)
            with closing(generation):
                yield generation.view(None, frozenset())

    def best(self, question: str, search: Search | None = None) -> str:
        """Return the text of the best passage."""
        search = search or self.searching()
        return search.find(question, None, None, 8).hits[0].passage.text

    def searching(self) -> Search:
        """Open a search, as another program does; `close` closes it."""
        self._searches.append(Search(self.index, self.embedder, Door()))
        return self._searches[-1]

    def close(self) -> None:
        """Close every search."""
        for search in self._searches:
            search.close()
