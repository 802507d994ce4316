"""A batch of questions, in this process: order, how many run at once, a reader that leaves."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from bot.asking import Asking
from bot.queue import FairQueue
from bot.terminal.batch import answer_lines
from knowledge.passages import Found, SearchUnavailable


class Late:
    """A search that takes longer the earlier it was asked, finds nothing, and counts."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.asked = 0

    async def search(
        self,
        question: str,
        *,
        previous: str | None = None,  # noqa: ARG002  the port's signature
        lesson: str | None = None,  # noqa: ARG002  as above
        limit: int = 8,  # noqa: ARG002  as above
        server: int | None = None,  # noqa: ARG002  as above
    ) -> Found:
        """Wait, then find nothing."""
        self.asked += 1
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.05 / self.asked)
        self.running -= 1
        if "broken" in question:
            raise SearchUnavailable("The index is gone.")
        return Found((), 0.0)


def lines(count: int) -> io.StringIO:
    """Return `count` questions as JSON lines."""
    return io.StringIO("\n".join(json.dumps({"id": n, "question": f"q {n}"}) for n in range(count)))


async def test_objects_come_in_the_order_of_the_lines() -> None:
    """Though the last is answered first; and no more run at once than was said."""
    search, written = Late(), list[str]()
    await answer_lines(
        lines(20), Asking(search, FairQueue(1), None), 5, written.append, written.append
    )
    assert [json.loads(line)["id"] for line in written] == list(range(20))
    assert search.most == 5


async def test_a_line_that_fails_tells_so_and_the_rest_goes_on() -> None:
    written = list[str]()
    text = io.StringIO('{"id": 1, "question": "broken"}\n\n{"id": 2, "question": "whole"}')
    await answer_lines(text, Asking(Late(), FairQueue(1), None), 9, written.append, written.append)
    first, second = map(json.loads, written)
    assert (first["id"], first["error"]) == (1, "The index is gone.")
    assert (second["id"], second["refused"]) == (2, True)


async def test_a_reader_that_leaves_is_one_plain_error() -> None:
    """No group of errors, so that the front end can tell it from a defect; nothing runs on."""

    def write(_line: str) -> None:
        raise BrokenPipeError

    search = Late()
    with pytest.raises(BrokenPipeError):
        await answer_lines(lines(20), Asking(search, FairQueue(1), None), 5, write, print)
    assert search.asked <= 6
    assert len(asyncio.all_tasks()) == 1
