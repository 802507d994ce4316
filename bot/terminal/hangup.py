"""Notices that nobody reads any more, so that no model goes on writing for nobody."""

from __future__ import annotations

import asyncio
import select
import stat
import sys
from collections.abc import Coroutine
from os import fstat
from typing import TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.5


async def while_read(work: Coroutine[None, None, T]) -> T:
    """Run `work` while standard output has a reader.

    A pipe whose reader left tells so only on the next write, which may be far
    off; asked directly it tells at once. Raises BrokenPipeError then.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_reader_left())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise BrokenPipeError
    finally:
        watching.cancel()
        working.cancel()
        await asyncio.wait({working, watching})


async def _reader_left() -> None:
    """Return when the pipe behind standard output has lost its reader; else never."""
    pipe = _output_pipe()
    if pipe is None:
        await asyncio.Event().wait()
        return
    poll = select.poll()
    poll.register(pipe, 0)  # errors are told without being asked for
    while not poll.poll(0):  # noqa: ASYNC110  the loop has no event for a lost reader
        await asyncio.sleep(LOOK_SECONDS)


def _output_pipe() -> int | None:
    if not hasattr(select, "poll"):  # Windows
        return None
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return number if stat.S_ISFIFO(fstat(number).st_mode) else None
