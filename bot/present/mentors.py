"""The desk of mentors: a member hands a question on, a mentor answers, the answer comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.characters import unnamed
from bot.errors import BotError
from bot.handing import Handed
from bot.keeping import Keeper
from bot.mentoring import Mentoring
from bot.present import handed as pages
from bot.present.answer_controls import MENTOR
from bot.present.asked import Past
from bot.present.cards import EXPIRED, NOT_STORED, NOT_YOURS, failure, notice, say
from bot.present.components import Form, Page
from bot.present.curation import given_roles
from bot.present.delivery import ChannelSurface, tell_privately
from bot.present.desk import admitted
from bot.present.responses import ask_for, defer, defer_update, respond, update, written
from bot.present.surface import MessageGone, Undelivered
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook

Find = Callable[[str], Awaitable[Past | None]]

NOT_HERE = "Mentors belong to a server. Ask there, and hand the question on beneath its answer."
RUNNING = "This answer is still being written. Hand it on when it has ended."
TAKEN_BACK = "This question is no longer kept, or the member took it back."
ROLE_GONE = (
    "The mentors' role is no longer there. Whoever may manage the server chooses one with "
    "`/settings`: Mentors."
)
AT_WORK = "That is just being done."


class MentorDesk:
    """Takes what is handed on and the answers to it. `find` returns an answer by its id.

    Nothing is held between two presses: what will be posted stands in the message that asks.
    """

    def __init__(
        self,
        client: discord.Client,
        mentoring: Mentoring,
        servers: ServerBook,
        keeper: Keeper,
        find: Find,
    ) -> None:
        self._client = client
        self._mentoring = mentoring
        self._servers = servers
        self._keeper = keeper
        self._find = find
        self._busy: set[str] = set()

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `ask:<request>`, `send:<request>:<message>`, `leave`, `answer:<request>`.

        Raises MessageGone, Undelivered, MemoryUnavailable.
        """
        verb, request_id, message = (*parts, "", "", "")[:3]
        if verb == "ask":
            await self._offer(interaction, request_id)
        elif verb == "send" and message.isdecimal():
            await self._send(interaction, request_id, int(message))
        elif verb == "leave":
            await update(interaction, notice("Nothing was handed on."))
        elif verb == "answer":
            await self._answer(interaction, request_id)
        else:
            await say(interaction, EXPIRED)

    async def _offer(self, interaction: discord.Interaction[Any], request_id: str) -> None:
        """Show a member what would be posted."""
        past = await self._theirs(interaction, request_id)
        if past is None or past.question is None:
            return
        await defer(interaction, private=True)
        role = await self._role(interaction)
        if role is None:
            await say(interaction, ROLE_GONE)
            return
        question = await self._keeper.prepared(
            past.question, past.place, past.owner, private=past.private, again=True
        )
        below = interaction.message
        page = pages.confirm_page(
            request_id,
            0 if below is None or past.private else below.id,
            role.id,
            pages.context(question, past.text, past.sources),
            private=past.private,
            silent=not (role.mentionable or interaction.app_permissions.mention_everyone),
        )
        await respond(interaction, page)

    async def _send(
        self, interaction: discord.Interaction[Any], request_id: str, message: int
    ) -> None:
        """Post what the member has just read, and call the mentors."""
        past = await self._theirs(interaction, request_id)
        shown = pages.shown_in(interaction.message)
        if past is None or interaction.guild_id is None:
            return
        if request_id in self._busy or not shown:
            await say(interaction, AT_WORK if shown else EXPIRED)
            return
        self._busy.add(request_id)
        try:
            await defer_update(interaction)
            page = await self._post(interaction, interaction.guild_id, past, message, shown)
            await InteractionSurface(interaction, private=True).show(0, page)
        finally:
            self._busy.discard(request_id)

    async def _post(
        self,
        interaction: discord.Interaction[Any],
        guild: int,
        past: Past,
        message: int,
        shown: str,
    ) -> Page:
        role = await self._role(interaction)
        if role is None:
            return notice(ROLE_GONE)
        channel = past.place.channel
        # Kept first: the button of what is posted is then known, however soon a kill comes.
        handed = await self._mentoring.begin(past.request_id, past.owner, channel, guild)
        surface = ChannelSurface(self._client, channel, message or None)
        try:
            await surface.show(0, pages.card(past.request_id, past.owner, role.id, shown))
        except MessageGone:
            return notice("I may not write in this channel, so nothing was handed on.")
        handed = await self._mentoring.posted(handed, surface.ids[0])
        return notice(f"✅ Handed on: {_link(handed, handed.message)}")

    async def _answer(self, interaction: discord.Interaction[Any], request_id: str) -> None:
        """Open the form for a mentor's answer, or take it."""
        handed = await self._mentoring.find(request_id)
        if handed is None or handed.guild != interaction.guild_id:
            await say(interaction, TAKEN_BACK)
            return
        roles = given_roles(interaction)
        if refusal := await self._servers.keeps_out(handed.guild, roles, mentors=True):
            await say(interaction, refusal)
        elif interaction.type is not discord.InteractionType.modal_submit:
            if handed.reply is not None:
                await say(interaction, _who(handed))
                return
            control = f"{MENTOR}:answer:{request_id}"
            about = "Posted here, told to the member, and proposed for the lessons."
            form = Form("An answer", control, "Answer", about, pages.LONGEST_ANSWER)
            await ask_for(interaction, form)
        else:
            await self._take(interaction, handed, unnamed(written(interaction)))

    async def _take(
        self, interaction: discord.Interaction[Any], handed: Handed, answer: str
    ) -> None:
        """Post a mentor's answer and bring it to the member."""
        if not answer:
            await say(interaction, "There are no words in it, so nothing was posted.")
            return
        if handed.reply is not None or handed.request_id in self._busy:
            sentence = _who(handed) if handed.reply is not None else AT_WORK
            kept = pages.answer_page("Your answer was not posted", answer)
            await respond(interaction, Page((sentence, *kept.above), kept.body, file=kept.file))
            return
        self._busy.add(handed.request_id)
        try:
            await defer(interaction, private=True)
            lines = await self._bring(interaction, handed, answer)
            await respond(interaction, Page(tuple(lines)))
        finally:
            self._busy.discard(handed.request_id)

    async def _bring(
        self, interaction: discord.Interaction[Any], handed: Handed, answer: str
    ) -> list[str]:
        """Post an answer, tell the member, propose it; return what the mentor reads."""
        by, asked = interaction.user.id, interaction.message
        message = handed.message or (asked.id if asked is not None else None)
        surface = ChannelSurface(self._client, handed.channel, message)
        head = f"<@{by}> answers <@{handed.member}>"
        await surface.show(0, pages.answer_page(head, answer))
        await self._mentoring.answered(handed, by, surface.ids[0])
        lines = [f"✅ Posted: {_link(handed, surface.ids[0])}"]
        try:
            if asked is not None and (shown := pages.shown_in(asked)):
                card = ChannelSurface(self._client, handed.channel, None, [asked.id])
                await card.show(0, pages.answered_card(handed.member, by, shown))
            told = f"<@{by}> answered what you asked: {_link(handed, surface.ids[0])}"
            await tell_privately(self._client, handed.member, pages.answer_page(told, answer))
        except MessageGone:
            lines.append("The member takes no private messages from me; it stands in the channel.")
        except Undelivered:
            lines.append("I could not tell the member in private; it stands in the channel.")
        lines.append(await self._propose(handed, answer, by))
        return lines

    async def _propose(self, handed: Handed, answer: str, by: int) -> str:
        """Put an answer into the queue; return what became of it."""
        past = await self._find(handed.request_id)
        question = past.question.text if past is not None and past.question is not None else ""
        try:
            document = await self._mentoring.propose(handed, question, answer, by)
        except BotError as error:
            return failure(error)
        if document is None:
            return "It was not proposed for the lessons."
        return f"It waits in the queue as `{document.id}`: a curator decides about it."

    async def _theirs(self, interaction: discord.Interaction[Any], request_id: str) -> Past | None:
        """Return the answer that a member may hand on now, or tell them why they may not."""
        if interaction.guild_id is None:
            await say(interaction, NOT_HERE)
            return None
        past = await self._find(request_id)
        if past is None or past.place.channel != interaction.channel_id:
            await say(interaction, EXPIRED)
        elif past.owner != interaction.user.id:
            await say(interaction, NOT_YOURS)
        elif past.running is not None or past.question is None:
            await say(interaction, NOT_STORED if past.running is None else RUNNING)
        elif await admitted(interaction, self._servers, private=True) is not None:
            handed = await self._mentoring.find(request_id)
            if handed is not None and handed.message is not None:
                await say(interaction, _who(handed))
            elif why := await self._mentoring.refusal(past.owner, interaction.guild_id):
                await say(interaction, why)
            else:
                return past
        return None

    async def _role(self, interaction: discord.Interaction[Any]) -> discord.Role | None:
        """Return the mentors' role, if it is still there."""
        role, guild = await self._mentoring.role(interaction.guild_id or 0), interaction.guild
        return guild.get_role(role) if guild is not None and role is not None else None


def _who(handed: Handed) -> str:
    """Say how it stands with a question that was handed on."""
    if handed.reply is None:
        return f"This is before the mentors already: {_link(handed, handed.message)}"
    who = f"<@{handed.answered_by}>" if handed.answered_by is not None else "A mentor"
    return f"{who} answered this: {_link(handed, handed.reply)}"


def _link(handed: Handed, message: int | None) -> str:
    return f"https://discord.com/channels/{handed.guild}/{handed.channel}/{message}"
