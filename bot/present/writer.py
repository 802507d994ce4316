"""One writer for each answer: the latest state wins, and one request is in flight at a time.

Whoever reads the model only says `changed`; the writer renders when an edit is due. So a slow
Discord never holds up the reader, and no edit is ever queued behind another.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.present.components import Page, components
from bot.present.pace import Pace
from bot.present.surface import MessageGone, Refused, Surface, Undelivered

log = logging.getLogger(__name__)

Render = Callable[[], tuple[Page, ...]]
Cut = Callable[[tuple[Page, ...], str, bool], tuple[Page, ...]]

PATIENCE = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between the tries of a last edit: longer than an outage of half a minute."""
TRIED_FOR = 30.0
"""Seconds after which there is no further try, however few there were: each may take as long."""
REFUSED = "Discord refused the rest of this text; a rule of this server may forbid it."
BROKEN = "Something went wrong here while this was shown."
UNSURE = "A message below this one may be missing. The whole answer is in the file."
AFRESH = "⚠️ An earlier message could not be brought to its end. This is the whole answer."


class Writer:
    """Keeps the messages of `surface` as `render` says, at the pace that Discord bears.

    `cut` makes the last pages when not all could be shown: of the pages Discord took, why, and
    whether the whole may go along as a file. `gone` is called once when there is nothing to write
    to any more.
    """

    def __init__(
        self,
        surface: Surface,
        pace: Pace,
        render: Render,
        cut: Cut,
        gone: Callable[[], None],
    ) -> None:
        self._surface = surface
        self._pace = pace
        self._render = render
        self._cut = cut
        self._gone = gone
        self._sent: list[Page] = []
        self._unsure = False
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
                if self._final:
                    return await self._end()
                self._wake.clear()
                self._hurry.clear()
                await self._show_now()
        except MessageGone:
            self._gone()
            return False
        finally:
            self._pace.close()

    async def _show_now(self) -> None:
        """Show this moment; what cannot be shown now is made up for by the next."""
        try:
            with suppress(Undelivered):
                await self._show(self._render())
        except MessageGone:
            raise
        except Exception:
            log.exception("a moment of an answer could not be shown")

    async def _end(self) -> bool:
        """Show the last state; what Discord does not take is told in its place."""
        try:
            await self._patiently(lambda: self._show(self._render()))
        except Refused:
            return await self._stands(self._render()) or await self._tried(
                self._show_cut(REFUSED, whole=False)
            )
        except Undelivered:
            if await self._stands(self._render()):
                return True
            log.warning("a last edit could not be delivered; the answer is sent afresh")
            return await self._tried(self._show_afresh())
        except MessageGone:
            raise
        except Exception:
            log.exception("an answer could not be shown")
            return await self._tried(self._show_cut(BROKEN, whole=True))
        return not self._unsure or await self._tried(self._show_cut(UNSURE, whole=True))

    async def _tried(self, showing: Awaitable[None]) -> bool:
        try:
            await showing
        except Undelivered:
            log.error("the end of an answer could not be delivered")  # noqa: TRY400  said before
            return False
        return True

    async def _patiently(self, show: Callable[[], Awaitable[None]]) -> None:
        """Show, again while Discord fails. Raises Refused at once, Undelivered at last."""
        until = time.monotonic() + TRIED_FOR
        for pause in PATIENCE:
            try:
                await show()
            except Refused:
                raise
            except Undelivered:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(pause)
            else:
                return
        await show()

    async def _stands(self, *ends: tuple[Page, ...]) -> bool:
        """Say whether one of these stands there: Discord took it, but its answer was lost.

        So what a member sees at the end is not made a second time, nor made less. It is told from
        what was shown before by its controls.
        """
        for pages in ends:
            wanted = _shape(components(pages[-1]))
            try:
                found = _shape(await self._surface.look(len(pages) - 1))
            except (MessageGone, Undelivered):
                return False
            if found == wanted and any(control for _, control in wanted):
                return True
        return False

    async def _show_cut(self, why: str, *, whole: bool) -> None:
        """Keep what is shown, and say why it is not all."""
        pages = self._cut(tuple(self._sent), why, whole)
        try:
            await self._patiently(lambda: self._show(pages))
        except Refused:
            plainer = _plainer(pages)
            try:
                await self._patiently(lambda: self._show(plainer))
            except Refused:
                if await self._stands(pages, plainer):
                    return
                # The message takes no edit any more: what happened is told in one of its own.
                self._forget()
                card = _plainer(self._cut((), why, whole)[:1])
                await self._patiently(lambda: self._show(card))

    async def _show_afresh(self) -> None:
        """Show everything in new messages, in the place of those that cannot be edited."""
        self._forget()
        first, *more = self._render()
        pages = (replace(first, above=(AFRESH, *first.above)), *more)
        try:
            await self._patiently(lambda: self._show(pages))
        except Refused:
            await self._show_cut(REFUSED, whole=False)
            return
        if self._unsure:
            await self._show_cut(UNSURE, whole=True)
        await self._surface.discard()

    def _forget(self) -> None:
        """Begin anew, below what stands there."""
        self._surface.forget()
        self._sent.clear()
        self._unsure = False

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
            if n >= len(self._sent) and self._unsure:
                return
            began = time.monotonic()
            try:
                await self._surface.show(n, page)
            except Undelivered as error:
                # Made once more, it might stand there twice.
                self._unsure = self._unsure or (error.sent and n >= len(self._sent) > 0)
                raise
            finally:
                # A call that failed counts as well: a refused page is not offered at every token.
                self._pace.called(began, time.monotonic())
            self._sent[n : n + 1] = [page]
        while len(self._sent) > len(pages):
            await self._surface.remove()
            self._sent.pop()


def _shape(shown: list[Any]) -> list[tuple[Any, Any]]:
    """Return of which parts and controls a message is built, in reading order."""
    shape: list[tuple[Any, Any]] = []
    for part in shown:
        shape += [(part.get("type"), part.get("custom_id")), *_shape(part.get("components") or [])]
    return shape


def _plainer(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Return the pages with nothing new in them but why they end, and the line that closes them.

    What else stands around the text (the question, the names of sources) may be what was refused.
    """
    *before, last = pages
    below = tuple(dict.fromkeys((*last.below[:1], *last.below[-1:])))
    return (*before, replace(last, above=(), below=below, file=None, files=()))
