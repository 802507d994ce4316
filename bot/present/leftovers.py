"""Leftovers: what a kill left in the middle is closed with a notice at the next start."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bot.keeping import Keeper
from bot.memory import KeptAnswer, KeptDemo
from bot.present import demo_controls
from bot.present.answer_controls import Verb, custom_id
from bot.present.components import Box, Button, Page
from bot.present.delivery import ChannelSurface
from bot.present.surface import MessageGone, Undelivered
from bot.present.webhook import WEBHOOK_SECONDS, WebhookSurface

log = logging.getLogger(__name__)

INTERRUPTED = "⏹️ I was restarted while I wrote this, so it ends here. Ask again."
DEMO_INTERRUPTED = "⏹️ I was restarted during this demo, so it ends here. `/demo` begins a new one."
_TEXT, _CONTAINER = 10, 17
_GOING_ON = ("🔎", "⏳", "📦", "💭", "✍️", "🔮", "🙈")

Close = Callable[[list[Any]], Page | None]
"""Makes the last page of a message of its components; None where it is not interrupted."""


async def close_answers(
    client: discord.Client,
    keeper: Keeper,
    running: Callable[[str], bool],
    clock: Callable[[], float] = time.time,
) -> None:
    """Close the answers of an earlier process; those that are `running` here are none of it."""
    for kept in await keeper.left_open():
        if running(kept.request_id):
            continue
        try:
            if kept.token is None or clock() - kept.at > WEBHOOK_SECONDS:
                await _close_in_channel(client, kept)
            else:
                surface = WebhookSurface(client, kept.token, kept.messages)
                await _close(surface, partial(closed, kept=kept))
        except MessageGone:
            log.info("answer %s was left open and cannot be closed", kept.request_id)
        except Undelivered:
            continue  # the next start tries again
        await keeper.close(kept.request_id)


async def close_demos(
    client: discord.Client, keeper: Keeper, running: Callable[[str], bool]
) -> None:
    """Close the demos of an earlier process; those that are `running` here are none of it."""
    for kept in await keeper.demos_left_open():
        if running(kept.demo):
            continue
        messages = () if kept.message is None else (kept.message,)
        surface = ChannelSurface(client, kept.place.channel, None, messages)
        try:
            await _close(surface, partial(closed_demo, kept=kept))
        except MessageGone:
            log.info("demo %s was left open and cannot be closed", kept.demo)
        except Undelivered:
            continue  # the next start tries again
        await keeper.keep_demo(replace(kept, open=False))


async def _close_in_channel(client: discord.Client, kept: KeptAnswer) -> None:
    """Close an answer whose interaction is over, or which had none. Raises as `_close`."""
    if kept.private:
        raise MessageGone("only the member saw it")
    surface = ChannelSurface(client, kept.place.channel, kept.replies_to, kept.messages)
    if not kept.messages and (page := closed([], kept)) is not None and kept.replies_to:
        # Discord returns the reply that the earlier process made, if it made one.
        await surface.show(0, page)
    await _close(surface, partial(closed, kept=kept))


async def _close(surface: ChannelSurface | WebhookSurface, close: Close) -> None:
    """Close each message. Raises MessageGone, Undelivered."""
    for n in range(len(surface.ids)):
        if (page := close(await surface.look(n))) is not None:
            await surface.show(n, page)


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
