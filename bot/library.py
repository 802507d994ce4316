"""The library: the lessons and their index, opened in the background.

Loading an embedding model takes seconds, so a front end starts first and the
first question waits. It is also the adapter behind two ports: it searches
passages and encodes sentences.

An index that is damaged is set aside and made anew from the lessons, whenever that is
noticed; a data folder that cannot be written is read as it is, and without an index in it
one is made in a temporary folder.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.errors import IndexUnavailable
from bot.settings import Settings
from knowledge.added import read_added
from knowledge.curriculum import curriculum
from knowledge.door import Door
from knowledge.identity import identify
from knowledge.index import Change, Index, IndexBusy, IndexUnwritable, Progress, Unsound
from knowledge.lesson import Lesson, lesson_folders
from knowledge.passages import Found, SearchUnavailable, Vectors
from knowledge.roster import System, read_roster

if TYPE_CHECKING:  # imported for real in a thread, see Library._load
    from knowledge.embedding import Embedder
    from knowledge.search import Search

log = logging.getLogger(__name__)

NO_MODEL = (
    "The embedding model cannot be loaded, so the lessons cannot be searched. "
    "An organiser finds what mends it with: python -m bot doctor"
)
DAMAGED = (
    "The index of the lessons is damaged and could not be made anew. "
    "An organiser finds what mends it with: python -m bot doctor"
)
WRITTEN_NOW = "The index of the lessons is being written by another process. Ask again in a minute."


@dataclass(frozen=True, slots=True)
class _Loaded:
    search: Search
    embedder: Embedder


class Library:
    """Lessons and index of one data folder. Close it when done.

    A question waits up to `patience` seconds for the background, for ever without.
    """

    def __init__(
        self, settings: Settings, progress: Progress, patience: float | None = None
    ) -> None:
        self._settings = settings
        self._told = progress
        self._patience = patience
        self._done = (0, 0)
        self._door = Door()
        self._desk = Door()  # where an index is written: searching goes on meanwhile
        self._scratch: TemporaryDirectory[str] | None = None
        self._model = identify(settings.embedding_model)
        self._loading: asyncio.Task[_Loaded] | None = None
        self._embedder: Embedder | None = None
        self.index = Index(settings.index_dir, settings.chroma_url)
        self.ingests: Counter[str] = Counter()
        """How often the index was brought up to date: `changed`, `unchanged` or `failed`."""
        self._survey()

    @property
    def served(self) -> int:
        """How many passages can be searched, in an index that proved itself when it was opened."""
        loading = self._loading
        if loading is None or not loading.done() or loading.cancelled() or loading.exception():
            return 0
        return sum(len(lesson.passages) for lesson in self.lessons)

    def lessons_for(self, server: int | None) -> tuple[Lesson, ...]:
        """Return the lessons that members of a server may see, as they are now."""
        return tuple(one for one in self.lessons if one.server in (None, server))

    def open(self, *, refresh: bool) -> None:
        """Begin to load in the background. With `refresh`, the index is brought up to date.

        Without it an existing index is served as it is; one that is missing, damaged,
        or made with another embedding model, is built all the same.
        """
        if self._loading is None:
            self._loading = asyncio.create_task(self._desk.through(self._load, refresh=refresh))

    async def close(self) -> None:
        """Stop waiting for the background."""
        self._door.close()
        self._desk.close()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading])
        if self._scratch is not None:
            self._scratch.cleanup()

    def pending(self) -> Change:
        """Say what refreshing the index would change."""
        return self.index.pending(self.lessons, self._model)

    async def refresh(self) -> Change:
        """Read the lessons again, bring the index up to date and say what changed.

        Raises IndexUnavailable; the old index then goes on serving.
        """
        try:
            change = await self._desk.through(self._refresh)
        except (SearchUnavailable, IndexBusy, IndexUnwritable) as error:
            raise IndexUnavailable(str(error)) from error
        if self._loading is not None:
            with suppress(SearchUnavailable):  # the next question opens it then
                loaded = await self._loaded()
                await self._door.through(loaded.search.open)
        return change

    async def examine(self) -> str | None:
        """Say in words what is wrong with the index that serves; None when nothing is."""
        return await self._desk.through(self._examine)

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,
        lesson: str | None = None,
        limit: int = 8,
        server: int | None = None,
    ) -> Found:
        """Find passages; see `knowledge.passages.PassageSearch`."""
        loaded = await self._loaded()
        try:
            return await loaded.search.search(
                question, previous=previous, lesson=lesson, limit=limit, server=server
            )
        except Unsound as fault:
            log.warning("The index is opened anew: %s.", fault)
        self._open_anew(loaded)
        loaded = await self._loaded()
        try:
            return await loaded.search.search(
                question, previous=previous, lesson=lesson, limit=limit, server=server
            )
        except Unsound as fault:
            raise SearchUnavailable(DAMAGED) from fault

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode sentences; see `knowledge.passages.SentenceEncoder`."""
        loaded = await self._loaded()
        return await loaded.embedder.encode(texts)

    async def _loaded(self) -> _Loaded:
        self.open(refresh=False)
        loading = self._loading
        if loading is None:
            raise SearchUnavailable("The library is not open.")
        await asyncio.wait([loading], timeout=self._patience)
        if not loading.done():
            done, total = self._done
            how_far = f"The lessons are being read: {done} of {total} passages so far."
            opening = "The search in the lessons is still being opened."
            raise SearchUnavailable(f"{how_far if total else opening} Ask again in a minute.")
        try:
            return await loading
        except (SearchUnavailable, IndexBusy, IndexUnwritable) as error:
            if loading is self._loading:  # what failed once is tried again for the next question
                self._loading = None
            if isinstance(error, IndexBusy):
                raise SearchUnavailable(WRITTEN_NOW) from error
            raise SearchUnavailable(str(error)) from error

    def _open_anew(self, loaded: _Loaded) -> None:
        """Load again, once for all questions that met the same damage."""
        loading = self._loading
        if loading is not None and loading.done() and loading.result() is loaded:
            self._loading = None
            self.open(refresh=False)

    def _load(self, *, refresh: bool) -> _Loaded:
        # Imported here, in the thread: the imports alone take seconds.
        from knowledge.search import Search  # noqa: PLC0415  see above

        embedder = self._embed()
        self._choose_folder()
        change = self.pending()
        serving = self.index.manifest() is not None and change.rebuilt is None
        if (refresh and not change.nothing and self._writable()) or not serving:
            self._refreshed(serving=serving)
        search = Search(self.index, embedder, self._door)
        try:
            search.open()
        except Unsound:
            if not self._writable():
                self._use_scratch()
            self._refresh()  # sets the damaged one aside
            search = Search(self.index, embedder, self._door)
            try:
                search.open()
            except Unsound as again:
                raise SearchUnavailable(DAMAGED) from again
        return _Loaded(search, embedder)

    def _refreshed(self, *, serving: bool) -> None:
        """Refresh; where that cannot be now, an index that serves is good enough."""
        try:
            self._refresh()
        except (IndexBusy, IndexUnwritable) as error:
            if not serving:
                raise
            log.warning("The index serves as it was: %s", error)

    def _refresh(self) -> Change:
        from knowledge.refresh import refresh  # noqa: PLC0415  as in _load

        self._survey()
        if not self.lessons:
            raise SearchUnavailable("There is no lesson that could be indexed.")
        outcome = "failed"
        try:
            change = refresh(self.index, self.lessons, self._model, self._embed, self._progress)
            outcome = "unchanged" if change.nothing else "changed"
        finally:
            self.ingests[outcome] += 1
        return change

    def _examine(self) -> str | None:
        from knowledge.proof import examine  # noqa: PLC0415  as in _load

        return examine(self.index)

    def _embed(self) -> Embedder:
        from knowledge.embedding import EmbedderUnavailable, load_embedder  # noqa: PLC0415  as above

        if self._embedder is None:
            try:
                self._embedder = load_embedder(self._model, self._door)
            except EmbedderUnavailable as error:
                log.error("%s", error)  # noqa: TRY400  the reason is for the organiser, its trace for nobody
                raise SearchUnavailable(NO_MODEL) from error
        _, revision, dimension = self._embedder.makes
        self._model = replace(self._model, revision=revision, dimension=dimension)
        return self._embedder

    def _survey(self) -> None:
        roster = read_roster()
        found = curriculum(lesson_folders(self._settings.lessons_dir), roster)
        self.systems: tuple[System, ...] = roster.systems
        added = read_added(self._settings.library_dir)
        self.lessons: tuple[Lesson, ...] = (*found.lessons, *added.lessons)
        self.faults: tuple[str, ...] = (*found.faults, *added.faults)

    def _progress(self, done: int, total: int) -> None:
        self._done = (done, total)
        self._told(done, total)

    def _writable(self) -> bool:
        with suppress(OSError):
            self.index.folder.mkdir(parents=True, exist_ok=True)
        return os.access(self.index.folder, os.W_OK)

    def _choose_folder(self) -> None:
        """Without an index in a folder that cannot be written, use a temporary one."""
        if self.index.manifest() is None and not self._writable():
            self._use_scratch()

    def _use_scratch(self) -> None:
        log.warning(
            "The data folder cannot be written, so the lessons are read into a temporary "
            "index for this run."
        )
        self._scratch = TemporaryDirectory(prefix="llm-landscape-", ignore_cleanup_errors=True)
        self.index = Index(Path(self._scratch.name) / "index", self.index.chroma)
