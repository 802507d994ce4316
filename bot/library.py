"""The library: the lessons and their index, opened in the background.

Loading an embedding model takes seconds, so a front end starts first and the
first question waits. It is also the adapter behind two ports: it searches
passages and encodes sentences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import BotError, IndexUnavailable
from bot.settings import Settings
from knowledge.curriculum import curriculum
from knowledge.door import Door
from knowledge.identity import identify
from knowledge.index import Change, Index, IndexBusy, Progress
from knowledge.lesson import Lesson, lesson_folders
from knowledge.passages import Found, SearchUnavailable, Vectors
from knowledge.roster import System, read_roster

if TYPE_CHECKING:  # imported for real in a thread, see Library._load
    from knowledge.embedding import Embedder
    from knowledge.search import Search


@dataclass(frozen=True, slots=True)
class _Loaded:
    search: Search
    embedder: Embedder


class Library:
    """Lessons and index of one data folder. Close it when done."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._door = Door()
        self._model = identify(settings.embedding_model)
        self._loading: asyncio.Task[_Loaded] | None = None
        self._embedder: Embedder | None = None
        self.index = Index(settings.index_dir)
        roster = read_roster()
        found = curriculum(lesson_folders(settings.lessons_dir), roster)
        self.systems: tuple[System, ...] = roster.systems
        self.lessons: tuple[Lesson, ...] = found.lessons
        self.faults: tuple[str, ...] = found.faults

    def open(self, *, refresh: bool) -> None:
        """Begin to load in the background. With `refresh`, the index is brought up to date.

        Without it an existing index is served as it is; one that is missing,
        or made with another embedding model, is built all the same.
        """
        if self._loading is None:
            self._loading = asyncio.create_task(self._door.through(self._load, refresh=refresh))

    async def close(self) -> None:
        """Stop waiting for the background."""
        self._door.close()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading])

    def pending(self) -> Change:
        """Say what refreshing the index would change."""
        return self.index.pending(self.lessons, self._model)

    async def refresh(self) -> Change:
        """Bring the index up to date and say what changed. Raises IndexUnavailable."""
        try:
            return await self._door.through(self._refresh)
        except BotError:
            raise
        except (SearchUnavailable, IndexBusy, OSError) as error:
            raise IndexUnavailable(f"The index could not be written: {error}") from error

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
    ) -> Found:
        """Find passages; see `knowledge.passages.PassageSearch`."""
        loaded = await self._loaded()
        return await loaded.search.search(question, previous=previous, lesson=lesson, limit=limit)

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode sentences; see `knowledge.passages.SentenceEncoder`."""
        loaded = await self._loaded()
        return await loaded.embedder.encode(texts)

    async def _loaded(self) -> _Loaded:
        self.open(refresh=False)
        loading = self._loading
        if loading is None:
            raise SearchUnavailable("The library is not open.")
        try:
            return await asyncio.shield(loading)
        except (SearchUnavailable, IndexBusy, OSError) as error:
            if loading is self._loading:  # what failed once is tried again for the next question
                self._loading = None
            if isinstance(error, SearchUnavailable):
                raise
            raise SearchUnavailable(f"The index could not be opened: {error}") from error

    def _load(self, *, refresh: bool) -> _Loaded:
        # Imported here, in the thread: the imports alone take seconds.
        from knowledge.embedding import EmbedderUnavailable  # noqa: PLC0415  see above
        from knowledge.search import Search  # noqa: PLC0415  see above

        try:
            change = self.pending()
            serving = self.index.manifest() is not None and change.rebuilt is None
            if refresh or not serving:
                self._refreshed_unless_busy(serving=serving)
            return _Loaded(Search(self.index, self._embed(), self._door), self._embed())
        except EmbedderUnavailable as error:
            raise SearchUnavailable(str(error)) from error

    def _refreshed_unless_busy(self, *, serving: bool) -> None:
        """Refresh; while another process writes, an index that serves is good enough."""
        try:
            self._refresh()
        except IndexBusy:
            if not serving:
                raise

    def _refresh(self) -> Change:
        from knowledge.embedding import EmbedderUnavailable  # noqa: PLC0415  as above
        from knowledge.refresh import refresh  # noqa: PLC0415  as above

        if not self.lessons:
            raise SearchUnavailable("There is no lesson that could be indexed.")
        try:
            return refresh(self.index, self.lessons, self._model, self._embed, self._progress)
        except EmbedderUnavailable as error:
            raise SearchUnavailable(str(error)) from error

    def _embed(self) -> Embedder:
        from knowledge.embedding import load_embedder  # noqa: PLC0415  as above

        if self._embedder is None:
            self._embedder = load_embedder(self._model, self._door)
        return self._embedder
