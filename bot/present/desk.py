"""The desk: questions come in by command, mention or private message; presses of their buttons."""

from __future__ import annotations

import logging
import re
from typing import Any

import discord

from bot.asking import Question
from bot.present import cards
from bot.present.answer import Verb
from bot.present.answers import Answers, Asked, Place
from bot.present.cards import say
from bot.present.delivery import (
    ChannelSurface,
    InteractionSurface,
    defer,
    defer_update,
    respond,
)
from bot.present.intake import LEAVING, Intake
from bot.present.lessons import find_lesson
from bot.present.writer import MessageGone, Undelivered
from knowledge.lesson import Lesson

log = logging.getLogger(__name__)

FAMILY = "ask"
_VERBS = frozenset(Verb)
# What members write themselves; all else tells of joins, pins, boosts, threads.
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)
_WHAT = "Ask me about the lessons, for example: what is a token? `/help` lists what I can do."


class Desk:
    """Takes questions and presses, and hands them to `answers`."""

    def __init__(self, answers: Answers, lessons: tuple[Lesson, ...], intake: Intake) -> None:
        self._intake = intake
        self._answers = answers
        self._lessons = lessons

    async def ask(
        self,
        interaction: discord.Interaction[Any],
        text: str,
        *,
        lesson: str | None = None,
        private: bool = False,
    ) -> None:
        """Answer a command. Raises MessageGone, Undelivered."""
        slug = None
        if lesson is not None:
            found = find_lesson(self._lessons, lesson)
            if found is None:
                await say(interaction, "I know no such lesson. `/lesson` lists them all.")
                return
            slug = found.slug
        question = Question(text, str(interaction.user.id), lesson=slug)
        await self._answer(interaction, question, private=private)

    async def hear(self, client: discord.Client, message: discord.Message) -> None:
        """Answer a message that mentions the bot or was written to it in private."""
        if message.author.bot or message.type not in _WRITTEN or client.user is None:
            return
        if message.guild is not None and client.user not in message.mentions:
            return
        if not self._intake.takes_once(message.id):
            return
        text = re.sub(rf"<@!?{client.user.id}>", " ", message.content).strip()
        surface = ChannelSurface(client, message.channel.id, message.id)
        if self._intake.closed or not text:
            await _tell(surface, LEAVING if self._intake.closed else _WHAT)
            return
        self._answers.start(
            surface,
            Question(text, str(message.author.id)),
            message.author.id,
            Place(message.channel.id, message.guild.id if message.guild else None),
            pace=self._answers.channel_pace(message.channel.id),
            show_question=False,
        )

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press of an answer's button. Raises MessageGone, Undelivered."""
        verb, request_id = (*parts, "", "")[:2]
        asked = self._answers.find(request_id)
        if asked is None or verb not in _VERBS:
            await say(interaction, cards.EXPIRED)
        elif asked.owner != interaction.user.id:
            await say(interaction, cards.NOT_YOURS)
        else:
            await self._pressed(interaction, Verb(verb), asked)

    async def _pressed(
        self, interaction: discord.Interaction[Any], verb: Verb, asked: Asked
    ) -> None:
        answer = asked.answer
        match verb:
            case Verb.STOP:
                self._answers.stop(asked, "You stopped this answer.")
                await defer_update(interaction)
            case Verb.RETRY if not answer.ended:
                await say(interaction, "This answer is still being written.")
            case Verb.RETRY:
                await self._answer(interaction, asked.question, private=asked.private)
            case Verb.SOURCES if answer.hits:
                await respond(interaction, cards.sources_page(answer))
            case Verb.SOURCES:
                await say(interaction, "This answer rests on no passage.")
            case Verb.THINKING if answer.thinking:
                await respond(interaction, cards.thinking_page(answer))
            case Verb.THINKING:
                await say(interaction, "The model did not think before this answer.")

    async def _answer(
        self, interaction: discord.Interaction[Any], question: Question, *, private: bool
    ) -> None:
        await defer(interaction, private=private)
        surface = InteractionSurface(interaction, private=private)
        place = Place(interaction.channel_id or 0, interaction.guild_id)
        self._answers.start(surface, question, interaction.user.id, place, private=private)


async def _tell(surface: ChannelSurface, sentence: str) -> None:
    """Say one sentence in a channel, if it can be said."""
    try:
        await surface.show(0, cards.notice(sentence))
    except (MessageGone, Undelivered) as error:
        log.warning("a sentence could not be said: %s", error)
