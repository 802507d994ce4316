"""Preloading: the models of a session are in memory when it begins."""

from __future__ import annotations

from contextlib import aclosing

from bot.calendar import Session
from bot.demos import Demos
from bot.errors import BotError
from bot.events import Failed
from bot.stock import Stockroom


async def load_ahead(session: Session, demos: Demos, stockroom: Stockroom) -> tuple[str, ...]:
    """Load what a session's demo runs on, one after the other; return a sentence a failure.

    Without a demo, nothing is loaded: the model that writes answers is so from the start.
    """
    if session.demo is None and session.lineup is None:
        return ()
    try:
        tags = await demos.ahead(session.demo, session.lineup)
    except BotError as error:
        return (error.sentence,)
    failures: list[str] = []
    for tag in tags:
        async with aclosing(stockroom.load(tag)) as events:
            failures += [e.error.sentence async for e in events if isinstance(e, Failed)]
    return tuple(dict.fromkeys(failures))
