"""A live quiz on its way to a channel: a message for each question, and one writer for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

import discord

from bot.present.cards import notice
from bot.present.components import Page
from bot.present.delivery import ChannelSurface
from bot.present.live_quiz import over_page, question_page, result_page
from bot.present.pace import Pace
from bot.present.surface import MessageGone, Refused, Undelivered
from bot.present.writer import PATIENCE, Writer
from bot.quiz.live import Closed, LiveEvent, LiveQuiz, Opened, Over, Paused
from knowledge.passages import Passage

log = logging.getLogger(__name__)


class LiveShow:
    """Shows a quiz to its end; `pace` makes the pace of a message in a channel."""

    def __init__(
        self,
        client: discord.Client,
        live: LiveQuiz,
        passages: Mapping[str, Passage],
        pace: Callable[[int], Pace],
    ) -> None:
        self.live = live
        self._client = client
        self._passages = passages
        self._pace = pace
        self._writer: Writer | None = None
        self._page: Callable[[], Page] = lambda: question_page(live)

    def changed(self) -> None:
        """Show, when it is due, how many have answered."""
        if self._writer is not None:
            self._writer.changed()

    async def run(self) -> None:
        """Show the quiz; where the channel is gone, it is over."""
        try:
            async with aclosing(self.live.play()) as events:
                async for event in events:
                    await self._show(event)
        except (MessageGone, Undelivered) as error:
            log.info("a live quiz could not go on: %s", error)
            await self.live.drop()
        except Exception:  # the records still have it: the next process goes on
            log.exception("a live quiz failed")
        finally:
            await self._finish()

    async def _show(self, event: LiveEvent) -> None:
        live = self.live
        match event:
            case Opened(_, message):
                self._page = lambda: question_page(live)
                await self._open(message)
            case Closed(number, then):
                passage = self._passages.get(live.round.questions[number].passage)
                self._page = lambda: result_page(live, passage, then)
                if self._writer is None and live.kept.message is not None:
                    self._write(live.kept.message)  # a restart came before its result was shown
                await self._finish()
            case Paused():
                self._page = lambda: question_page(live, paused=True)
                await self._finish()
            case Over():
                await self._post(over_page(event))

    async def _open(self, message: int | None) -> None:
        """Show a question, in the message where it stands already or in a new one."""
        page = None if message is not None else self._page()
        if message is None:
            message = await self._post(self._page())
        await self.live.shown(message)
        writer = self._write(message)
        if self._page() != page:  # the countdown is another one
            writer.changed(now=True)

    def _write(self, message: int) -> Writer:
        channel = self.live.kept.channel
        surface = ChannelSurface(self._client, channel, None, [message])
        self._writer = Writer(
            surface, self._pace(channel), lambda: (self._page(),), _cut, lambda: None
        )
        return self._writer

    async def _finish(self) -> None:
        """Show the last state of the question's message, and let its writer end."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.finish()

    async def _post(self, page: Page) -> int:
        """Make a message; return its id. Raises MessageGone, Undelivered."""
        surface = ChannelSurface(self._client, self.live.kept.channel, None)
        for pause in (*PATIENCE, None):
            try:
                await surface.show(0, page)
                break
            except Undelivered as error:
                if pause is None or isinstance(error, Refused):
                    raise
                await asyncio.sleep(pause)
        return surface.ids[0]


def _cut(shown: tuple[Page, ...], why: str, whole: bool) -> tuple[Page, ...]:  # noqa: ARG001, FBT001  the writer's signature
    """Return what was shown last, and why it is not what should stand there."""
    return (replace(shown[-1], below=(why,), buttons=()),) if shown else (notice(why),)
