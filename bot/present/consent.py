"""The question before a prompt leaves for a provider, and the press that answers it."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.consent import ConsentBook
from bot.memory import Place
from bot.order import Order
from bot.present.cards import EXPIRED, NOT_YOURS, notice, say
from bot.present.components import Button, Page, Style
from bot.present.responses import respond, update

FAMILY = "hosted"
_AGREE, _LEAVE = "agree", "leave"
_REMEMBERED = 100
"""Questions whose buttons still know what they were about."""

Start = Callable[[discord.Interaction[Any], Order], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A demo that waits for an answer: whose it is, and how it goes on."""

    owner: int
    place: Place
    order: Order
    start: Start


class ConsentDesk:
    """Asks once in each place, and begins the demo when somebody agreed."""

    def __init__(self, book: ConsentBook) -> None:
        self._book = book
        self._waiting: OrderedDict[str, _Asked] = OrderedDict()

    async def cleared(
        self,
        interaction: discord.Interaction[Any],
        place: Place,
        order: Order,
        hosts: tuple[str, ...],
        start: Start,
    ) -> Order | None:
        """Return the order with leave for `hosts`; None where the member is asked first.

        When they agree, `start` gets the order. Raises MessageGone, Undelivered.
        """
        if order.allowed.issuperset(hosts):
            return order
        allowed = replace(order, allowed=order.allowed.union(hosts))
        if await self._book.covers(place, hosts):
            return allowed
        asked = secrets.token_hex(4)
        self._waiting[asked] = _Asked(interaction.user.id, place, allowed, start)
        while len(self._waiting) > _REMEMBERED:
            self._waiting.popitem(last=False)
        await respond(interaction, _question(asked, hosts))
        return None

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Begin the demo, or leave it. Raises MessageGone, Undelivered."""
        verb, what = (*parts, "", "")[:2]
        asked = self._waiting.get(what)
        if asked is None or verb not in (_AGREE, _LEAVE):
            await say(interaction, EXPIRED)
        elif asked.owner != interaction.user.id:
            await say(interaction, NOT_YOURS)
        else:
            del self._waiting[what]
            if verb == _LEAVE:
                await update(interaction, notice("Nothing was sent."))
                return
            await self._book.give(asked.place, asked.order.allowed)
            await asked.start(interaction, asked.order)


def _question(asked: str, hosts: tuple[str, ...]) -> Page:
    where = " and ".join(f"**{host}**" for host in hosts)
    lines = (
        f"This line-up rents models: your prompt leaves this bot and goes to {where}, which may "
        "keep it by its own rules, and whoever runs the bot pays for it.",
        "-# When you agree, it holds for everybody in this channel from now on. I note the "
        "channel, the host and the time, not who agreed.",
    )
    buttons = (
        Button("Send it", f"{FAMILY}:{_AGREE}:{asked}", Style.PRIMARY),
        Button("Leave it", f"{FAMILY}:{_LEAVE}:{asked}"),
    )
    return Page(lines, buttons=buttons)
