"""The desk: questions come in by command or menu, and presses of their answers' buttons."""

from __future__ import annotations

from typing import Any

import discord

from bot.asking import Question
from bot.memory import Place
from bot.present import cards
from bot.present.answer import Verb
from bot.present.answers import Answers, Asked
from bot.present.cards import say
from bot.present.delivery import (
    InteractionSurface,
    defer,
    defer_update,
    respond,
)
from bot.present.lessons import find_lesson
from knowledge.lesson import Lesson

FAMILY = "ask"
_VERBS = frozenset(Verb)
# What members write themselves; all else tells of joins, pins, boosts, threads.
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)
_WHAT = "Ask me about the lessons, for example: what is a token? `/help` lists what I can do."


class Desk:
    """Takes questions and presses, and hands them to `answers`."""

    def __init__(self, answers: Answers, lessons: tuple[Lesson, ...]) -> None:
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

    async def explain(
        self, interaction: discord.Interaction[Any], message: discord.Message
    ) -> None:
        """Explain a message to who chose so, in private. Raises MessageGone, Undelivered."""
        words = words_of(message)
        if not words:
            await say(interaction, "There are no words in this message that I could explain.")
            return
        question = Question(f"Explain this: {words}", str(interaction.user.id))
        await self._answer(interaction, question, private=True)

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


def words_of(message: discord.Message) -> str:
    """Return the words of a message, also those of one that was built of components."""
    texts = [message.content]
    for component in message.components:
        inside = getattr(component, "children", None) or [component]
        texts += [part.content for part in inside if isinstance(part, discord.TextDisplay)]
    return "\n".join(text for text in texts if text.strip())
