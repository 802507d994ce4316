"""Leftovers: answers that a kill left in the middle are closed with a notice at the next start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord

from bot.keeping import Keeper
from bot.memory import KeptAnswer
from bot.present.answer import Verb, custom_id
from bot.present.calls import calls_of
from bot.present.components import Button, Page
from bot.present.delivery import ChannelSurface
from bot.present.writer import MessageGone, Undelivered

log = logging.getLogger(__name__)

INTERRUPTED = "⏹️ I was restarted while I wrote this, so it ends here. Ask again."
_TEXT, _CONTAINER = 10, 17
_GOING_ON = ("🔎", "⏳", "💭", "✍️")


async def close_left_open(
    client: discord.Client, keeper: Keeper, running: Callable[[str], bool]
) -> None:
    """Close what an earlier process left; answers that are `running` here are none of it."""
    for kept in await keeper.left_open():
        if running(kept.request_id):
            continue
        try:
            for message in kept.messages:
                await _close(client, kept, message)
        except MessageGone:
            log.info("answer %s was left open and cannot be closed", kept.request_id)
        except Undelivered:
            continue  # the next start tries again
        await keeper.keep(replace(kept, open=False))


async def _close(client: discord.Client, kept: KeptAnswer, message: int) -> None:
    channel = kept.place.channel
    found: Any = await calls_of(client).patiently(lambda: client.http.get_message(channel, message))
    if (page := closed(found.get("components") or [], kept)) is not None:
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
