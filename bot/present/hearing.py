"""Hearing: which messages are meant for the bot, and what they ask.

Without the message content intent Discord shows a bot in a server only the words of messages that
mention it. A reply mentions whom it answers, except, for reading, when that was the answer to a
command (Discord's documentation, gateway/you-might-not-need-a-privileged-intent).
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field

import discord

from bot.asking import Question
from bot.events import Notice, NoticeKind
from bot.memory import Place
from bot.present.answers import Answers
from bot.present.cards import WHAT, failure, notice
from bot.present.components import Button, Page
from bot.present.delivery import ChannelSurface, tell_privately
from bot.present.desk import GOING_ON, whereabouts
from bot.present.intake import LEAVING, Intake
from bot.present.surface import MessageGone, Undelivered
from bot.servers import ServerBook
from bot.studies import StudyBook

log = logging.getLogger(__name__)

UNREADABLE = (
    "Discord does not show me a reply to the answer of a command. "
    "Mention me in it, or write here what you want to know:"
)
FIRST_PART_ONLY = (
    "Discord showed me only the part of your text that mentions me. "
    "Mention me in each part, or write to me in private."
)
PASTE_SECONDS = 1.5
"""How long the next part of a paste is awaited."""
# A text at Discord's limit (twice that with Nitro) was perhaps cut there.
_CUT = (range(1900, 2001), range(3900, 4001))
# What members write themselves; all else tells of joins, pins, boosts, threads.
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


@dataclass(slots=True)
class Paste:
    """A long text of which more parts may come."""

    parts: list[str]
    unread: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        """The parts, joined where Discord's limit cut them."""
        return "\n".join(part for part in self.parts if part)


class Hearing:
    """Hears messages and hands the questions in them to `answers`.

    `servers` say where and whom the bot answers, and where every post is a question; it is one
    in `studies`, too.
    """

    def __init__(
        self,
        client: discord.Client,
        answers: Answers,
        intake: Intake,
        servers: ServerBook,
        studies: StudyBook,
    ) -> None:
        self._client = client
        self._answers = answers
        self._intake = intake
        self._servers = servers
        self._studies = studies
        self._pastes: dict[tuple[int, int], Paste] = {}

    async def hear(self, message: discord.Message) -> None:
        """Answer a message if it is meant for the bot."""
        if message.author.bot or message.webhook_id or message.type not in _WRITTEN:
            return
        key = (message.author.id, message.channel.id)
        paste = self._pastes.get(key)
        if paste is None:
            if not await self._meant(message):
                return
            paste = self._pastes.get(key)  # of the part before, begun meanwhile
        if not self._intake.takes_once(message.id):
            return
        try:
            await self._take(message, key, paste)
        except Exception as error:  # noqa: BLE001  every question gets an answer; the card logs it
            surface = ChannelSurface(self._client, message.channel.id, message.id)
            await _tell(surface, notice(failure(error)))

    async def _take(
        self, message: discord.Message, key: tuple[int, int], paste: Paste | None
    ) -> None:
        """Take a message as a question, or as a further part of one."""
        text = self._words(message)
        if paste is not None:
            paste.parts.append(text)
            paste.unread += not text
            paste.came.set()
            return
        if _perhaps_cut(message.content):
            paste = self._pastes[key] = Paste([text])
            try:
                await _whole(paste)
            finally:
                del self._pastes[key]
            text = paste.text
        await self._ask(message, text, partly=paste is not None and paste.unread > 0)

    async def _meant(self, message: discord.Message) -> bool:
        """Say whether a message speaks to the bot."""
        if message.guild is None or self._client.user in message.mentions:
            return True
        # Members who answer each other in such a place talk among themselves.
        if not message.content or self._to_another(message):
            return False
        if await self._studies.holds(message.channel.id):
            return True
        settings = await self._servers.of(message.guild.id, patient=True)
        return message.channel.id in settings.open_channels

    def _to_another(self, message: discord.Message) -> bool:
        """Say whether a message replies to somebody else than the bot."""
        answered = message.reference.resolved if message.reference else None
        mine = isinstance(answered, discord.Message) and answered.author == self._client.user
        return message.reference is not None and not mine

    async def _refused(self, message: discord.Message) -> bool:
        """Say whether a member may not ask here, and tell them so in private if they asked me."""
        where, roles = whereabouts(message.channel, message.author)
        guild = message.guild.id if message.guild else None
        refusal = await self._servers.refusal(guild, where, roles)
        if refusal is not None and self._client.user in message.mentions:
            await tell_in_private(self._client, message, refusal)
        return refusal is not None

    def _words(self, message: discord.Message) -> str:
        """Return a message's text without the mentions of the bot."""
        me = self._client.user.id if self._client.user else 0
        return re.sub(rf"<@!?{me}>", " ", message.content).strip()

    async def _ask(self, message: discord.Message, text: str, *, partly: bool) -> None:
        surface = ChannelSurface(self._client, message.channel.id, message.id)
        before = message.reference.message_id if message.reference else None
        if self._intake.closed:
            await _tell(surface, notice(LEAVING))
            return
        if not text:
            await _tell(surface, notice(WHAT) if message.content or not before else _ask_on(before))
            return
        if await self._refused(message):
            return
        member = message.author.id
        place = Place(message.channel.id, message.guild.id if message.guild else None)
        history = await self._answers.before(before, member, place) if before else ()
        self._answers.start(
            surface,
            Question(text, str(member), history=history),
            place,
            pace=self._answers.channel_pace(message.channel.id),
            show_question=False,
            notices=(Notice(NoticeKind.TRIMMED, FIRST_PART_ONLY),) if partly else (),
        )


def _perhaps_cut(text: str) -> bool:
    return any(len(text) in lengths for lengths in _CUT)


async def _whole(paste: Paste) -> None:
    """Wait for parts until one is not cut, or none comes any more."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(PASTE_SECONDS):
                await paste.came.wait()
            paste.came.clear()
            if not _perhaps_cut(paste.parts[-1]):
                return


def _ask_on(message: int) -> Page:
    """Return what helps who replied to the answer in `message` and was not understood."""
    return Page(above=(UNREADABLE,), buttons=(Button("Ask on", f"{GOING_ON}:{message}"),))


async def tell_in_private(client: discord.Client, asked: discord.Message, sentence: str) -> None:
    """Say one sentence to a member alone; as a reply where they take no private messages."""
    try:
        await tell_privately(client, asked.author.id, notice(sentence))
    except (MessageGone, Undelivered):
        await _tell(ChannelSurface(client, asked.channel.id, asked.id), notice(sentence))


async def _tell(surface: ChannelSurface, page: Page) -> None:
    """Show one page in a channel, if it can be shown."""
    try:
        await surface.show(0, page)
    except (MessageGone, Undelivered) as error:
        log.warning("a sentence could not be said: %s", error)
