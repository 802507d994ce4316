"""One writer for each answer: the latest state wins, and one request is in flight at a time.

Whoever reads the model only says `changed`; the writer renders when an edit is due. So a slow
Discord never holds up the reader, and no edit is ever queued behind another.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from bot.present.components import Page
from bot.present.pace import Pace

log = logging.getLogger(__name__)

Render = Callable[[], tuple[Page, ...]]


class MessageGone(Exception):
    """The message or the place it stood in is no longer there, or no longer ours to write to."""


class Undelivered(Exception):
    """Discord did not take the page although it was offered more than once."""


class Surface(Protocol):
    """Where an answer is shown: a row of messages, of which more may be added at the end."""

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it when it is the next. Raises MessageGone, Undelivered."""
        ...

    async def remove(self) -> None:
        """Take the last message away again. Raises as `show`."""
        ...


class Writer:
    """Keeps the messages of `surface` as `render` says, at the pace that Discord bears.

    `gone` is called once when there is nothing to write to any more.
    """

    def __init__(
        self, surface: Surface, pace: Pace, render: Render, gone: Callable[[], None]
    ) -> None:
        self._surface = surface
        self._pace = pace
        self._render = render
        self._gone = gone
        self._sent: list[Page] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._final = False
        self._task = asyncio.create_task(self._write())

    def begin(self) -> None:
        """Show the first text at once, and the next quickly."""
        self._pace.restart()
        self.changed(now=True)

    def changed(self, *, now: bool = False) -> None:
        """There is something new to show; `now` does not wait for the pace."""
        if now:
            self._hurry.set()
        self._wake.set()

    async def finish(self) -> bool:
        """Show the last state, whatever the pace, and end. Return whether it could be shown."""
        self._final = True
        self.changed(now=True)
        # Never cancelled from outside: a cancelled webhook call would block its token for good.
        return await asyncio.shield(self._task)

    async def _write(self) -> bool:
        try:
            while True:
                await self._wake.wait()
                await self._until_due()
                final = self._final
                self._wake.clear()
                self._hurry.clear()
                try:
                    await self._show(self._render())
                except Undelivered:
                    log.warning("a page could not be delivered (final: %s)", final)
                    if final:
                        return False
                if final:
                    return True
        except MessageGone:
            self._gone()
            return False
        finally:
            self._pace.close()

    async def _until_due(self) -> None:
        """Wait for the pace; a hurry waits only until a call is allowed, the end for nothing."""
        while not self._final:
            now = time.monotonic()
            hurry = self._hurry.is_set()
            wait = (self._pace.earliest(now) if hurry else self._pace.due(now)) - now
            if wait <= 0:
                return
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._hurry.wait()
                    continue
            if hurry:
                return

    async def _show(self, pages: tuple[Page, ...]) -> None:
        for n, page in enumerate(pages):
            if n < len(self._sent) and self._sent[n] == page:
                continue
            began = time.monotonic()
            try:
                await self._surface.show(n, page)
            finally:
                # A call that failed counts as well: a refused page is not offered at every token.
                self._pace.called(began, time.monotonic())
            self._sent[n : n + 1] = [page]
        while len(self._sent) > len(pages):
            await self._surface.remove()
            self._sent.pop()
