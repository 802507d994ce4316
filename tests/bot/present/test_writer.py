"""The writer shows the latest state, one call at a time, and the last state always."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.present.components import Button, Page, components
from bot.present.pace import TokenPace
from bot.present.surface import MessageGone, Refused, Undelivered
from bot.present.writer import AFRESH, BROKEN, REFUSED, UNSURE, Writer


class Wall:
    """A surface in memory; calls take `seconds`, and `fails` are raised by the next calls.

    `lost` are raised by the calls after those, each after it did what it was told.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.fails: list[Exception] = []
        self.lost: list[Exception] = []
        self.shown: list[tuple[int, str]] = []
        self.pages: list[str] = []
        self.left: list[str] = []
        self.last = Page()
        self.busy = 0
        self.most = 0

    async def show(self, n: int, page: Page) -> None:
        """Take a page."""
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self.seconds)
        self.busy -= 1
        if self.fails:
            raise self.fails.pop(0)
        self.shown.append((n, page.body))
        self.last = page
        self.pages[n : n + 1] = [page.body]
        if self.lost:
            raise self.lost.pop(0)

    async def look(self, n: int) -> list[Any]:
        """Return the last page."""
        return components(self.last) if n < len(self.pages) else []

    async def remove(self) -> None:
        """Take the last page away."""
        self.pages.pop()

    def forget(self) -> None:
        """Begin below what stands there."""
        self.left += self.pages
        self.pages = []

    async def discard(self) -> None:
        """Take away what stands above."""
        self.left = []


def cut(pages: tuple[Page, ...], why: str, whole: bool) -> tuple[Page, ...]:
    """End the pages with a reason."""
    return (*pages[:-1], Page(body=pages[-1].body if pages else "", below=(why, str(whole))))


async def until(wanted: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10.0):
        while not wanted():  # noqa: ASYNC110  the writer tells nobody what it did
            await asyncio.sleep(0.001)


class Text:
    """What is to be shown; it may change at any time."""

    def __init__(self) -> None:
        self.pages = ["" for _ in range(1)]

    def render(self) -> tuple[Page, ...]:
        """Return the pages of this moment."""
        return tuple(Page(body=page) for page in self.pages)


async def test_the_first_text_is_shown_at_once_and_the_end_does_not_wait() -> None:
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["first"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    assert wall.pages == ["first"]
    text.pages = ["first and last"]
    assert await asyncio.wait_for(writer.finish(), 0.5)
    assert wall.pages == ["first and last"]


async def test_the_latest_state_wins_and_no_call_overlaps_another() -> None:
    wall, text = Wall(0.05), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    for i in range(100):
        text.pages = [f"state {i}"]
        writer.changed(now=True)
        await asyncio.sleep(0.001)
    await writer.finish()
    assert wall.most == 1
    assert wall.pages == ["state 99"]
    assert len(wall.shown) < 10


async def test_a_page_that_did_not_change_is_not_sent_again() -> None:
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["one", "two"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["one", "two and more"]
    await writer.finish()
    assert wall.shown == [(0, "one"), (1, "two"), (1, "two and more")]


async def test_a_page_that_is_no_longer_needed_is_taken_away() -> None:
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["one", "two"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["all"]
    await writer.finish()
    assert wall.pages == ["all"]


async def test_a_failed_edit_is_made_up_for_by_the_next() -> None:
    wall, text = Wall(), Text()
    wall.fails = [Undelivered("503")]
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["first"]
    writer.begin()
    await asyncio.sleep(0.02)
    text.pages = ["first and last"]
    assert await writer.finish()
    assert wall.pages == ["first and last"]


async def test_a_defect_in_rendering_ends_with_what_was_shown_and_a_reason() -> None:
    wall, text = Wall(), Text()
    defects = [False]

    def render() -> tuple[Page, ...]:
        if defects[0]:
            raise RuntimeError("a defect of ours")
        return text.render()

    writer = Writer(wall, TokenPace(), render, cut, lambda: None)
    text.pages = ["first"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    defects[0] = True
    assert await writer.finish()
    assert wall.last == Page(body="first", below=(BROKEN, "True"))


async def test_a_last_edit_refused_for_good_keeps_what_was_shown() -> None:
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["first"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["first and a rude word"]
    wall.fails = [Refused("400 200000")]
    assert await writer.finish()
    assert wall.last == Page(body="first", below=(REFUSED, "False"))


async def test_a_last_edit_that_always_fails_is_shown_in_a_message_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.present.writer.PATIENCE", (0.0, 0.0))
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["first"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["first and last"]
    wall.fails = [Undelivered("503")] * 3
    assert await writer.finish()
    assert (wall.left, wall.pages) == ([], ["first and last"])
    assert wall.last.above == (AFRESH,)


@pytest.mark.parametrize("then", [Undelivered("503"), Refused("400 50035")])
async def test_an_end_that_discord_took_without_saying_so_is_left_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, then: Exception
) -> None:
    """However often the next calls fail: neither is it shown twice, nor less of it."""
    monkeypatch.setattr("bot.present.writer.PATIENCE", (0.0, 0.0))
    wall, text = Wall(), Text()
    stop, retry = (Button("Stop", "stop"),), (Button("Retry", "retry"),)
    buttons = [stop]
    writer = Writer(
        wall,
        TokenPace(),
        lambda: tuple(replace(page, buttons=buttons[0]) for page in text.render()),
        cut,
        lambda: None,
    )
    text.pages = ["first"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages, buttons[0] = ["first and last"], retry
    wall.lost = [Undelivered("reset")]

    async def show(n: int, page: Page) -> None:
        monkeypatch.setattr(wall, "show", refuse)
        await Wall.show(wall, n, page)

    async def refuse(_n: int, _page: Page) -> None:
        raise then

    monkeypatch.setattr(wall, "show", show)
    assert await writer.finish()
    assert (wall.left, wall.pages) == ([], ["first and last"])
    assert wall.last.buttons == retry


async def test_what_is_shown_afresh_is_whole_although_a_message_was_perhaps_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.present.writer.PATIENCE", (0.0, 0.0))
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["one"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["one and more", "two"]
    wall.fails = [*[Undelivered("503")] * 3]
    wall.fails += [Undelivered("reset", sent=True)]
    assert await writer.finish()
    assert wall.pages == ["one and more", "two"]


async def test_a_further_message_that_perhaps_was_made_is_not_made_again() -> None:
    wall, text = Wall(), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["one"]
    writer.begin()
    await until(lambda: wall.pages == text.pages)
    text.pages = ["one", "two"]
    wall.fails = [Undelivered("reset", sent=True)]
    assert await writer.finish()
    assert [n for n, _ in wall.shown] == [0, 0]
    assert wall.last == Page(body="one", below=(UNSURE, "True"))


async def test_whoever_asked_to_know_hears_that_the_message_is_gone() -> None:
    wall, text, gone = Wall(), Text(), asyncio.Event()
    wall.fails = [MessageGone("10008")]
    writer = Writer(wall, TokenPace(), text.render, cut, gone.set)
    text.pages = ["first"]
    writer.begin()
    await asyncio.wait_for(gone.wait(), 5.0)
    assert not await writer.finish()


async def test_cancelling_who_waits_for_the_end_does_not_stop_the_last_edit() -> None:
    wall, text = Wall(0.05), Text()
    writer = Writer(wall, TokenPace(), text.render, cut, lambda: None)
    text.pages = ["last"]
    waiting = asyncio.create_task(writer.finish())
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    await asyncio.sleep(0.1)
    assert wall.pages == ["last"]
