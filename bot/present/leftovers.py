"""Leftovers: what a kill left in the middle is closed with a notice at the next start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bot.keeping import Keeper
from bot.memory import KeptAnswer, KeptDemo
from bot.present import demo_controls
from bot.present.answer import Verb, custom_id
from bot.present.calls import calls_of
from bot.present.components import Box, Button, Page
from bot.present.delivery import ChannelSurface
from bot.present.writer import MessageGone, Undelivered

log = logging.getLogger(__name__)

INTERRUPTED = "⏹️ I was restarted while I wrote this, so it ends here. Ask again."
DEMO_INTERRUPTED = "⏹️ I was restarted during this demo, so it ends here. `/demo` begins a new one."
_TEXT, _CONTAINER = 10, 17
_GOING_ON = ("🔎", "⏳", "📦", "💭", "✍️", "🔮", "🙈")

Close = Callable[[list[Any]], Page | None]
"""Makes the last page of a message of its components; None where it is not interrupted."""


async def close_answers(
    client: discord.Client, keeper: Keeper, running: Callable[[str], bool]
) -> None:
    """Close the answers of an earlier process; those that are `running` here are none of it."""
    for kept in await keeper.left_open():
        if not running(kept.request_id) and await _closed_all(
            client, kept.place.channel, kept.messages, partial(closed, kept=kept)
        ):
            await keeper.keep(replace(kept, open=False))


async def close_demos(
    client: discord.Client, keeper: Keeper, running: Callable[[str], bool]
) -> None:
    """Close the demos of an earlier process; those that are `running` here are none of it."""
    for kept in await keeper.demos_left_open():
        messages = () if kept.message is None else (kept.message,)
        if not running(kept.demo) and await _closed_all(
            client, kept.place.channel, messages, partial(closed_demo, kept=kept)
        ):
            await keeper.keep_demo(replace(kept, open=False))


async def _closed_all(
    client: discord.Client, channel: int, messages: Iterable[int], close: Close
) -> bool:
    """Close messages; return whether nothing of them is left to do."""
    try:
        for message in messages:
            await _close(client, channel, message, close)
    except MessageGone:
        log.info("message %s was left open and cannot be closed", message)
    except Undelivered:
        return False  # the next start tries again
    return True


async def _close(client: discord.Client, channel: int, message: int, close: Close) -> None:
    found: Any = await calls_of(client).patiently(lambda: client.http.get_message(channel, message))
    if (page := close(found.get("components") or [])) is not None:
        await ChannelSurface(client, channel, None, [message]).show(0, page)


def closed(shown: list[Any], kept: KeptAnswer) -> Page | None:
    """Return an interrupted message with its text and a notice; None if it is not interrupted.

    Interrupted is one that still offers to stop it, or holds nothing yet.
    """
    if shown and custom_id(Verb.STOP, kept.request_id) not in str(shown):
        return None
    above: list[str] = []
    body = ""
    for component in shown:
        if component.get("type") == _CONTAINER:
            inside = component.get("components") or []
            body = "".join(str(part.get("content") or "") for part in inside)
        elif component.get("type") == _TEXT:
            above.append(str(component.get("content") or ""))
    lines = [line for line in above if not line.startswith(_GOING_ON)]
    retry = Button("Retry", custom_id(Verb.RETRY, kept.request_id))
    return Page(tuple(lines), body, (INTERRUPTED,), (retry,) if kept.question else ())


def closed_demo(shown: list[Any], kept: KeptDemo) -> Page | None:
    """Return an interrupted demo with the text of its panes and a notice, as `closed` does."""
    if shown and demo_controls.custom_id(demo_controls.Verb.STOP, kept.demo) not in str(shown):
        return None
    boxes: list[Box] = []
    for component in shown:
        if component.get("type") == _CONTAINER and boxes:
            inside = component.get("components") or []
            body = "".join(str(part.get("content") or "") for part in inside)
            boxes[-1] = replace(boxes[-1], body=body, colour=component.get("accent_color") or 0)
        elif component.get("type") == _TEXT:
            head = str(component.get("content") or "")
            if not head.startswith(_GOING_ON):
                boxes.append(Box(_halted(head), "", 0))
    return Page(boxes=tuple(boxes), below=(DEMO_INTERRUPTED,))


def _halted(head: str) -> str:
    """Return the lines above a pane, without the one that says that it goes on."""
    lines = ["✂️ stopped" if line.startswith(_GOING_ON) else line for line in head.split("\n")]
    return "\n".join(lines)
