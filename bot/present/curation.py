"""The desk of those who look after the lessons: documents come in, are looked at, and decided.

Whether a member may is looked at for each command, press and suggestion: a role is checked here,
never by what Discord shows.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.curating import Curating, check_size
from bot.documents import Document
from bot.errors import BotError
from bot.present.attachments import fetch
from bot.present.cards import EXPIRED, failure, notice, say
from bot.present.choices import MOST
from bot.present.components import Page
from bot.present.documents import FAMILY, document_page, list_page, sure_page
from bot.present.responses import defer, defer_update, respond, update
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook

__all__ = ["FAMILY", "CurationDesk"]

APPROVED = "✅ Approved: members of this server find it now."
_NOTHING = [("You see documents here once you look after the lessons", "none")]


def given_roles(interaction: discord.Interaction[Any]) -> set[int]:
    """Return the roles that Discord says with the interaction a member was given.

    `Member.roles` has @everyone too, and leaves out what the cache of roles does not know.
    """
    return set(getattr(interaction.user, "_roles", ()))


class CurationDesk:
    """Takes documents and decisions, and hands them to `curating`."""

    def __init__(self, curating: Curating, servers: ServerBook) -> None:
        self._curating = curating
        self._servers = servers

    async def add(
        self, interaction: discord.Interaction[Any], file: discord.Attachment, title: str
    ) -> None:
        """Read a file into the queue and show it. Raises MessageGone, Undelivered, BotError."""
        if await self._kept_out(interaction):
            return
        await defer(interaction, private=True)
        server, by = interaction.guild_id, interaction.user.id
        data = await fetch(file, check_size(file.filename, file.size))
        document = await self._curating.add(file.filename, data, server, by, title)
        done = "It waits in the queue: nobody finds it before it is approved."
        await respond(interaction, await self._document(document, 0, done))

    async def show(self, interaction: discord.Interaction[Any], *, waiting: bool) -> None:
        """Show the documents of this server. Raises as `add`."""
        if not await self._kept_out(interaction):
            await respond(interaction, await self._list(interaction, 0, waiting=waiting))

    async def decide(
        self, interaction: discord.Interaction[Any], document_id: str, *, approve: bool
    ) -> None:
        """Approve a document, or remove it. Raises as `add`."""
        if await self._kept_out(interaction):
            return
        await defer(interaction, private=True)
        page = await self._decided(interaction, document_id, approve=approve)
        await respond(interaction, page)

    async def reindex(self, interaction: discord.Interaction[Any]) -> None:
        """Bring folder and index up to date. Raises as `add`."""
        if await self._kept_out(interaction):
            return
        await defer(interaction, private=True)
        change = await self._curating.reindex()
        count = len(change.added) + len(change.changed) + len(change.removed)
        told = (
            "Nothing had changed." if change.nothing else f"{count} lessons were brought in line."
        )
        await respond(interaction, notice(f"✅ The index is as the lessons are. {told}"))

    async def suggest(
        self, interaction: discord.Interaction[Any], typed: str, *, waiting: bool = False
    ) -> list[tuple[str, str]]:
        """Return this server's documents, as (title, id), that hold what was typed."""
        try:
            if await self._refusal(interaction) is not None:
                return _NOTHING
            documents = await self._curating.listed(interaction.guild_id)
        except BotError:
            return []
        wanted = typed.strip().casefold()
        return [
            (f"{document.title[:80]} ({document.id})", document.id)
            for document in documents
            if (document.waits or not waiting)
            and (wanted in document.title.casefold() or document.id.startswith(wanted))
        ][:MOST]

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `<verb>:<document or page>:<page>`. Raises as `add`."""
        if await self._kept_out(interaction):
            return
        verb, what, page = (*parts, "", "", "")[:3]
        data: Any = interaction.data
        if verb == "open":
            what = str((data.get("values") or [""])[0])
        number = int(page or "0") if (page or "0").isdecimal() else 0
        if verb in ("queue", "list"):
            number = int(what) if what.isdecimal() else 0
            await update(
                interaction, await self._list(interaction, number, waiting=verb == "queue")
            )
        elif verb in ("open", "page"):
            document = await self._curating.find(what, interaction.guild_id)
            await update(interaction, await self._document(document, number))
        elif verb == "remove":
            document = await self._curating.find(what, interaction.guild_id)
            await update(interaction, sure_page(document))
        elif verb in ("approve", "sure"):
            await defer_update(interaction)  # the index takes longer than 3 s
            page_ = await self._decided(interaction, what, approve=verb == "approve")
            await InteractionSurface(interaction, private=True).show(0, page_)
        else:
            await say(interaction, EXPIRED)

    async def _decided(
        self, interaction: discord.Interaction[Any], document_id: str, *, approve: bool
    ) -> Page:
        """Approve or remove; what fails then is told in its place."""
        server, by = interaction.guild_id, interaction.user.id
        try:
            if approve:
                document = await self._curating.approve(document_id, server, by)
                return await self._document(document, 0, APPROVED)
            removed = await self._curating.remove(document_id, server)
        except BotError as error:
            return notice(failure(error))
        done = f"✅ Removed: {removed.id}. Nobody finds it any more."
        return await self._list(interaction, 0, waiting=False, done=done)

    async def _list(
        self, interaction: discord.Interaction[Any], number: int, *, waiting: bool, done: str = ""
    ) -> Page:
        documents = await self._curating.listed(interaction.guild_id)
        shown = [document for document in documents if document.waits or not waiting]
        return list_page(shown, number, waiting=waiting, done=done)

    async def _document(self, document: Document, number: int, done: str = "") -> Page:
        passages = await self._curating.passages(document)
        return document_page(document, passages, number, done)

    async def _refusal(self, interaction: discord.Interaction[Any]) -> str | None:
        return await self._servers.keeps_out(interaction.guild_id, given_roles(interaction))

    async def _kept_out(self, interaction: discord.Interaction[Any]) -> bool:
        """Tell who may not that they may not."""
        refusal = await self._refusal(interaction)
        if refusal is not None:
            await say(interaction, refusal)
        return refusal is not None
