"""The data folder: one running bot owns it; others read it, or ask its owner for a refresh.

    owner.lock, owner.json   held by the running bot, and who it is
    requests/                a file for each refresh that was asked for, and its answer
    restoring/               what is to replace the rest, while it does

Files do for asking: no port is opened, and nothing is left to answer when the bot is gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from bot.errors import BotError, FolderBusy, IndexUnavailable
from knowledge.claim import Claimed, Holder, claim, holder
from knowledge.index import Change

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the owner looks for requests."""
TAKEN_WITHIN_SECONDS = 15.0
"""A running bot takes a request up within this time, or something is wrong with it."""

RESTORING = "restoring"
PASSING = ("owner.lock", "owner.json", "requests", RESTORING)
"""What lies in the folder and does not outlive the process that put it there."""

Refresh = Callable[[], Awaitable[Change]]


class DataFolder:
    """The data folder at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._requests = path / "requests"

    def owner(self) -> Holder | None:
        """Return the bot that runs on this folder; None when none does."""
        return holder(self.path, "owner")

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Own the folder. Raises FolderBusy, naming the owner, when another process does.

        A folder that cannot be written has no owner: nobody writes there.
        """
        if not self.writable():
            yield
            return
        try:
            with claim(self.path, "owner"):
                self._settle()
                yield
        except Claimed as error:
            raise FolderBusy(str(error)) from error

    @contextmanager
    def replacing(self) -> Iterator[Path]:
        """Yield an empty folder whose content replaces this one's when the block ends well.

        To be called by the owner. A kill leaves the old content or, from the moment all of the
        new is there, a replacement that the next owner finishes. Raises OSError.
        """
        restoring = self.path / RESTORING
        new = restoring / "new"
        new.mkdir(parents=True)
        try:
            yield new
            (restoring / "complete").touch()
        finally:
            self._settle()

    def unfinished(self) -> bool:
        """Say whether a replacement waits for its end."""
        return (self.path / RESTORING).exists()

    def _settle(self) -> None:
        """Finish a replacement that is complete, or forget one that is not."""
        restoring = self.path / RESTORING
        if (restoring / "complete").exists():
            if not (restoring / "cleared").exists():
                (restoring / "old").mkdir(exist_ok=True)
                for path in self.path.iterdir():
                    if path.name not in PASSING:
                        path.replace(restoring / "old" / path.name)
                (restoring / "cleared").touch()
            for path in (restoring / "new").iterdir():
                path.replace(self.path / path.name)
            # First the mark: without it, what is left is only swept.
            (restoring / "complete").unlink()
        shutil.rmtree(restoring, ignore_errors=True)

    def writable(self) -> bool:
        """Say whether files can be made in the folder, which is made if it is not there."""
        with suppress(OSError):
            self.path.mkdir(parents=True, exist_ok=True)
        return self.path.is_dir() and os.access(self.path, os.W_OK)

    @asynccontextmanager
    async def attended(self, refresh: Refresh) -> AsyncIterator[None]:
        """Own the folder and answer requests for a refresh with what `refresh` changed."""
        with self.owned():
            # What was asked of a bot that is gone was not answered by it.
            await asyncio.to_thread(shutil.rmtree, self._requests, ignore_errors=True)
            attending = asyncio.create_task(self._attend(refresh))
            try:
                yield
            finally:
                attending.cancel()
                await asyncio.wait([attending])

    async def refreshed(self, refresh: Refresh) -> Change:
        """Let the owner bring the index up to date, or `refresh` where there is none.

        Raises IndexUnavailable.
        """
        if self.owner() is not None:
            change = await self.ask_refresh()
            if change is not None:
                return change
        return await refresh()

    async def _attend(self, refresh: Refresh) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for asked in await asyncio.to_thread(self._asked):
                try:
                    taken = asked.with_suffix(".taken")
                    await asyncio.to_thread(asked.replace, taken)
                    answer = await _answered(refresh)
                    await asyncio.to_thread(_write, asked.with_suffix(".done"), answer)
                    await asyncio.to_thread(taken.unlink)
                except OSError as error:
                    log.warning("A request for a refresh could not be answered: %s", error.strerror)

    def _asked(self) -> list[Path]:
        return sorted(self._requests.glob("*.asked"))

    async def ask_refresh(
        self, patience: float = TAKEN_WITHIN_SECONDS, look: float = 0.2
    ) -> Change | None:
        """Ask the owner to bring the index up to date, and return what it changed.

        None when the owner ended meanwhile. Raises IndexUnavailable with what the owner says,
        or when it does not take the request up within `patience` seconds.
        """
        name = uuid.uuid4().hex
        asked, done = (self._requests / f"{name}.{suffix}" for suffix in ("asked", "done"))
        await asyncio.to_thread(self._requests.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(_write, asked, {})
        deadline = time.monotonic() + patience
        try:
            while not await asyncio.to_thread(done.exists):
                if await asyncio.to_thread(self.owner) is None:
                    return None
                if time.monotonic() > deadline and await asyncio.to_thread(asked.exists):
                    raise IndexUnavailable(
                        "The running bot does not take the request up. Restart it; it reads the "
                        "lessons when it starts."
                    )
                await asyncio.sleep(look)
            answer = json.loads(await asyncio.to_thread(done.read_text, "utf-8"))
        finally:
            for path in (asked, done):
                await asyncio.to_thread(path.unlink, missing_ok=True)
        if "failed" in answer:
            raise IndexUnavailable(str(answer["failed"]))
        rebuilt = answer.pop("rebuilt")
        return Change(**{kind: tuple(slugs) for kind, slugs in answer.items()}, rebuilt=rebuilt)


async def _answered(refresh: Refresh) -> dict[str, object]:
    try:
        return asdict(await refresh())
    except BotError as error:
        return {"failed": error.sentence}


def _write(path: Path, content: dict[str, object]) -> None:
    """Write a file so that whoever sees it sees all of it."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content), "utf-8")
    part.replace(path)
