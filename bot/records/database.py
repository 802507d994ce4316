"""The database behind the records: opened once, brought up to date, never in the bot's way.

SQLite runs in WAL mode with `synchronous=NORMAL`: what a call confirmed outlives the kill of the
process. `secure_delete` overwrites what is deleted (https://sqlite.org/pragma.html).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from bot.errors import MemoryUnavailable

log = logging.getLogger(__name__)
for _talkative in ("sqlalchemy.engine", "aiosqlite"):
    # In their debug lines stand the values: the words of members.
    logging.getLogger(_talkative).setLevel(logging.WARNING)

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 3.0
"""How long a call waits for another process that holds the file."""
READERS = 4
"""Transactions that read at once, each on a connection and in a thread of its own: members who ask
at once wait neither for each other nor for what is being written."""
AGAIN_AFTER = 15.0
"""Seconds after which a database that could not be opened is tried again."""


class Database:
    """One database, opened at the first use; what failed once is tried again later."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine: AsyncEngine | None = None
        self._opening: asyncio.Task[async_sessionmaker[AsyncSession]] | None = None
        self._failed: tuple[float, MemoryUnavailable] | None = None
        self._running: set[asyncio.Task[Any]] = set()
        # One writer at a time, first come, first served: SQLite takes one anyway, and what was
        # written later never overtakes. Readers see what is committed (WAL).
        self._turn = asyncio.Lock()
        self._seats = asyncio.Semaphore(READERS)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for another kind of database."""
        name = self._url.database
        return Path(name) if self._url.get_backend_name() == "sqlite" and name else None

    async def run(self, work: Work[T]) -> T:
        """Do `work` in one transaction. Raises MemoryUnavailable; then nothing was changed."""
        return await self._finished(self._transaction(work, self._turn))

    async def read(self, work: Work[T]) -> T:
        """Do `work`, which changes nothing, beside what is being written. Raises as `run`."""
        return await self._finished(self._transaction(work, self._seats))

    async def _finished(self, transaction: Coroutine[Any, Any, T]) -> T:
        """Await a transaction.

        A cancellation ends only the waiting, so that no connection is torn off in the middle.
        """
        task = asyncio.create_task(transaction)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def check(self) -> str:
        """Say in words how the database is. Raises MemoryUnavailable."""

        async def look(session: AsyncSession) -> str:
            if self.file is None:
                await session.execute(text("select 1"))
                return f"{self._url.get_backend_name()} answers"
            found = (await session.execute(text("pragma quick_check(1)"))).scalar_one()
            if found != "ok":
                raise MemoryUnavailable(f"The records' file is damaged: {self.file.name}.")
            return f"{self.file.name} is sound"

        return await self.read(look)

    async def compact(self) -> None:
        """Leave no byte of what was deleted in SQLite's files. Raises MemoryUnavailable."""
        if self.file is None:
            return
        await self._opened()
        if self._engine is None:
            raise MemoryUnavailable("The records are closed.")
        try:
            async with AsyncExitStack() as alone:
                # A reader in the middle of its work would keep the old pages in use.
                for way in (self._turn, *[self._seats] * READERS):
                    await alone.enter_async_context(way)
                connection = await alone.enter_async_context(self._engine.connect())
                plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
                # Rewritten whole: overwritten cells leave no copies behind in moved pages either.
                await plain.execute(text("vacuum"))
                row = (await plain.execute(text("pragma wal_checkpoint(truncate)"))).one()
                if row[0]:
                    raise MemoryUnavailable("The records are in use by another program.")
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    async def close(self) -> None:
        """Finish what runs and leave the file in one piece."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
        if self._running:
            await asyncio.wait(self._running)
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    async def _transaction(self, work: Work[T], way: asyncio.Lock | asyncio.Semaphore) -> T:
        sessions = await self._opened()
        try:
            async with way, sessions.begin() as session:
                return await work(session)
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def _done(self, task: asyncio.Task[Any]) -> None:
        """Look at the outcome when perhaps nobody waits for it any more."""
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def _opened(self) -> async_sessionmaker[AsyncSession]:
        """Return the sessions; open and migrate first. Raises MemoryUnavailable."""
        if self._failed is not None:
            at, error = self._failed
            if time.monotonic() - at < AGAIN_AFTER:
                raise MemoryUnavailable(error.sentence)
            self._failed = self._opening = None
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> async_sessionmaker[AsyncSession]:
        engine: AsyncEngine | None = None
        try:
            await asyncio.to_thread(self._prepare)
            engine = self._made()
            async with engine.begin() as connection:
                await connection.run_sync(_migrate)
        except (SQLAlchemyError, CommandError, OSError, ImportError) as error:
            if engine is not None:
                await engine.dispose()
            unavailable = self._unavailable(error)
            self._failed = time.monotonic(), unavailable
            raise unavailable from error
        self._engine = engine
        return async_sessionmaker(engine, expire_on_commit=False)

    def _prepare(self) -> None:
        """Make SQLite's file, readable by nobody else."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.touch(mode=0o600)

    def _made(self) -> AsyncEngine:
        if self.file is None:
            return create_async_engine(
                self._url, pool_size=1 + READERS, pool_pre_ping=True, hide_parameters=True
            )
        engine = create_async_engine(
            self._url,
            pool_size=1 + READERS,
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS},
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return engine

    def _unavailable(self, error: Exception) -> MemoryUnavailable:
        # The statement's values are a member's words: only the kind of the failure is logged.
        kind = type(getattr(error, "orig", None) or error).__name__
        cause = str(getattr(error, "orig", None) or kind)
        log.error("the records cannot be used: %s: %s", kind, cause)
        return MemoryUnavailable(f"My records cannot be used now ({_in_words(cause)}).")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=wal", "synchronous=normal", "secure_delete=on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    """Bring the tables up to date, all or nothing: a kill may come between any two statements."""
    if connection.dialect.name == "sqlite":
        # Python's module opens no transaction before a change of tables.
        connection.exec_driver_sql("begin immediate")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _in_words(cause: str) -> str:
    """Return why, without paths or statements."""
    known = {
        "locked": "another program holds their file",
        "not a database": "their file is damaged",
        "malformed": "their file is damaged",
        "readonly": "their file cannot be written",
        "disk": "the disk is full or broken",
    }
    return next((words for part, words in known.items() if part in cause), "see the log")
