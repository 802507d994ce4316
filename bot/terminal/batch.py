"""`ask --json --batch`: JSON lines in, one JSON object a line out, in the same order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal, TextIO

from pydantic import BaseModel, ValidationError

from bot.asking import Asking, Question, Turn
from bot.characters import json_line
from bot.events import Event, Waiting
from bot.levels import Level
from bot.terminal.records import record

AHEAD = 64
"""Questions under way at once at most; the queue lets as many run as the engine serves."""


class _Turn(BaseModel):
    role: Literal["user", "assistant"]
    content: str


class _Line(BaseModel):
    id: str | int
    question: str
    history: list[_Turn] = []
    level: Level | None = None


async def answer_lines(
    lines: TextIO,
    asking: Asking,
    ahead: int,
    write: Callable[[str], None],
    tell: Callable[[str], None],
) -> None:
    """Answer each line of `lines`; a bad line gives an object with `error` and the rest goes on.

    `ahead` questions are under way at once; `write` gets each object as a line,
    in order; `tell` what waits in the queue. Raises what `write` raises.
    """
    under_way: asyncio.Queue[asyncio.Task[dict[str, Any]] | None] = asyncio.Queue()
    room = asyncio.Semaphore(ahead)

    async def begin() -> None:
        number = 0
        while line := await asyncio.to_thread(lines.readline):
            if line.strip():
                number += 1
                await room.acquire()
                await under_way.put(group.create_task(_answer(line, number, asking, tell)))
        await under_way.put(None)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(begin())
            while (task := await under_way.get()) is not None:
                write(json_line(await task))
                room.release()
    except BaseExceptionGroup as failures:  # one of them, as if there were no group
        raise failures.exceptions[0] from failures


async def _answer(
    line: str, number: int, asking: Asking, tell: Callable[[str], None]
) -> dict[str, Any]:
    try:
        asked = _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{where}: {first['msg']}" if where else first["msg"]
        return {"id": _id(line), "error": f"line {number}: {message}"}
    history = tuple(Turn(turn.role, turn.content) for turn in asked.history)
    # Each line is a member of its own, so that lines run beside each other.
    question = Question(asked.question, f"line {number}", history, level=asked.level)
    events = _telling(asking.ask(question), str(asked.id), tell)
    return {"id": asked.id, **await record(asked.question, events)}


async def _telling(
    events: AsyncIterator[Event], name: str, tell: Callable[[str], None]
) -> AsyncIterator[Event]:
    async for event in events:
        if isinstance(event, Waiting):
            where = (
                f"waiting, number {event.position} in the queue" if event.position else "its turn"
            )
            tell(f"{name}: {where}")
        yield event


def _id(line: str) -> Any:
    """Return the id of a line that is wrong in another way, so that its answer can be matched."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content.get("id") if isinstance(content, dict) else None
