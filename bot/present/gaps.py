"""The desk of gaps: what the lessons left open, and answers that are proposed for the lessons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.curating import Curating
from bot.gaps import GapBook, Group, as_csv
from bot.present.answer import one_line
from bot.present.cards import EXPIRED, say
from bot.present.components import Attached, Button, Choice, Form, Page, Select, Style
from bot.present.curation import given_roles
from bot.present.responses import ask_for, defer, defer_update, respond, written
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook
from knowledge.passages import Passage

FAMILY = "gaps"
_LISTED, _SHOWN = 10, 12
_LONGEST_ANSWER = 4000
_KINDS = {"declined": "declined", "unsupported": "answered without support"}


class GapDesk:
    """Shows a server's gaps to its mentors and curators, and takes their answers."""

    def __init__(self, gaps: GapBook, curating: Curating, servers: ServerBook) -> None:
        self._gaps = gaps
        self._curating = curating
        self._servers = servers

    async def tell(self, interaction: discord.Interaction[Any]) -> None:
        """Answer the command. Raises MessageGone, Undelivered, BotError."""
        server = await self._server(interaction)
        if server is not None:
            await defer(interaction, private=True)  # a first grouping takes seconds
            await respond(interaction, await self._page(server, "list", "0"))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `list:<page>`, `open`, `csv`, `answer:<gap>`. Raises as `tell`."""
        server = await self._server(interaction)
        if server is None:
            return
        verb, what = (*parts, "", "")[:2]
        form = interaction.type is discord.InteractionType.modal_submit
        if verb == "answer" and form:
            await self._take(interaction, server, what, written(interaction))
        elif verb == "answer":
            await self._ask(interaction, server, what)
        elif verb == "csv":
            await defer(interaction, private=True)
            groups = await self._gaps.groups(server)
            file = Attached("gaps.csv", as_csv(groups, await self._gaps.answered(server, groups)))
            await respond(interaction, Page((f"{len(groups)} groups of questions.",), file=file))
        elif verb in ("list", "open"):
            await defer_update(interaction)
            data: Any = interaction.data
            chosen = str((data.get("values") or [what])[0])
            page = await self._page(server, verb, chosen)
            await InteractionSurface(interaction, private=True).show(0, page)
        else:
            await say(interaction, EXPIRED)

    async def _page(self, server: int, verb: str, chosen: str) -> Page:
        group = await self._gaps.group_of(server, chosen) if verb == "open" else None
        if group is not None:
            return _one(group, await self._gaps.answered(server, [group]))
        number = int(chosen) if verb == "list" and chosen.isdecimal() else 0
        groups = await self._gaps.groups(server)
        pages = max(1, -(-len(groups) // _LISTED))
        number = min(number, pages - 1)
        some = groups[number * _LISTED : (number + 1) * _LISTED]
        return _list(some, number, pages, await self._gaps.answered(server, some))

    async def _ask(self, interaction: discord.Interaction[Any], server: int, what: str) -> None:
        """Open the form for an answer to a gap."""
        if await self._gaps.group_of(server, what) is None:
            await say(interaction, EXPIRED)
            return
        about = "A curator looks at it before anybody finds it."
        control = f"{FAMILY}:answer:{what}"
        await ask_for(interaction, Form("An answer", control, "Answer", about, _LONGEST_ANSWER))

    async def _take(
        self, interaction: discord.Interaction[Any], server: int, what: str, answer: str
    ) -> None:
        """Put an answer into the queue."""
        await defer(interaction, private=True)
        group = await self._gaps.group_of(server, what)
        if group is None:
            await say(interaction, EXPIRED)
            return
        question, by = group.head.question, interaction.user.id
        gaps = [gap.request_id for gap in group.gaps]
        document = await self._curating.propose(question, answer, server, by, gaps)
        line = f"Thank you. It waits in the queue as `{document.id}`: `/knowledge queue` shows it."
        await say(interaction, line)

    async def _server(self, interaction: discord.Interaction[Any]) -> int | None:
        """Return the server whose gaps a member may see; tell who may not that they may not."""
        roles = given_roles(interaction)
        refusal = await self._servers.keeps_out(interaction.guild_id, roles, mentors=True)
        if refusal is not None:
            await say(interaction, refusal)
            return None
        return interaction.guild_id


def _list(
    groups: Sequence[Group], number: int, pages: int, answered: Mapping[str, Passage]
) -> Page:
    title = "**Questions that the lessons left open**"
    if not groups:
        return Page((title, "There are none that are still kept."))
    text = "\n".join(
        f"**{len(g.gaps)}×** {one_line(g.head.question, 150)}{_state(g, answered)}" for g in groups
    )
    choices = tuple(
        Choice(one_line(g.head.question, 90), g.head.request_id, f"{len(g.gaps)} times")
        for g in groups
    )
    buttons = (
        Button("Back", f"{FAMILY}:list:{number - 1}", disabled=number == 0),
        Button("Next", f"{FAMILY}:list:{number + 1}", disabled=number == pages - 1),
        Button("CSV", f"{FAMILY}:csv"),
    )
    above = f"{title} · page {number + 1} of {pages}"
    select = Select("Look at one", f"{FAMILY}:open", choices)
    return Page((above,), text, ("-# Who asked is not shown.",), buttons, select)


def _one(group: Group, answered: Mapping[str, Passage]) -> Page:
    lines = [
        f"- {one_line(gap.question, 200)} ({_KINDS[gap.kind]}, {_day(gap.at)})"
        for gap in group.gaps[:_SHOWN]
    ]
    more = len(group.gaps) - len(lines)
    below = (f"-# and {more} more, all of them in the CSV",) if more else ()
    buttons = (
        Button("Write an answer", f"{FAMILY}:answer:{group.head.request_id}", Style.PRIMARY),
        Button("All", f"{FAMILY}:list:0"),
    )
    asked = f"asked {len(group.gaps)} times{_state(group, answered)}"
    above = f"**{one_line(group.head.question, 200)}** · {asked}"
    return Page((above,), "\n".join(lines), below, buttons)


def _state(group: Group, answered: Mapping[str, Passage]) -> str:
    """Say what became of a question since it was asked."""
    if group.waits:
        return " · an answer waits in the queue"
    now = answered.get(group.head.request_id)
    if now is None:
        return ""
    return f" · answered by now: {one_line(f'{now.lesson_title} – {now.heading}', 150)}"


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).date().isoformat()
