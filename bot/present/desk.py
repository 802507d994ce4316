"""The desk: questions come in by command or menu, and presses of their answers' buttons."""

from __future__ import annotations

import re
from typing import Any

import discord

from bot.asking import Question
from bot.characters import unnamed
from bot.errors import MemoryUnavailable
from bot.followups import find_follow_up
from bot.keeping import Keeper
from bot.memory import Place
from bot.present import cards
from bot.present.answer_controls import Verb, custom_id
from bot.present.answers import Answers
from bot.present.asked import Past, past_of, still_there
from bot.present.cards import say
from bot.present.following import chosen
from bot.present.lessons import ABOUT, Lessons
from bot.present.responses import ask_for, defer, defer_update, respond, written
from bot.present.surface import MessageGone, Undelivered
from bot.present.webhook import InteractionSurface
from bot.reference import is_reference
from bot.servers import ServerBook
from knowledge.lesson import find_lesson, passages_of
from knowledge.passages import Passage

GOING_ON = "on"
_VERBS = frozenset(Verb)
_VOTES = frozenset({Verb.UP, Verb.DOWN})
_MESSAGE_ID = re.compile(r"[1-9][0-9]{0,17}|[1-8][0-9]{18}")  # below 2**63


class Desk:
    """Takes questions and presses, and hands them to `answers`."""

    def __init__(
        self,
        answers: Answers,
        keeper: Keeper,
        servers: ServerBook,
        lessons: Lessons,
    ) -> None:
        self._answers = answers
        self._keeper = keeper
        self._servers = servers
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
            found = find_lesson(self._lessons(interaction.guild_id), lesson)
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
        # A question speaks for itself; each further word would blur what is looked for.
        text = words if words.rstrip().endswith("?") else f"Explain: {words}"
        await self._answer(interaction, Question(text, str(interaction.user.id)), private=True)

    async def go_on(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Open the form for a further question after the answer in message `parts[0]`, or take it.

        Raises MessageGone, Undelivered.
        """
        message = parts[0] if parts else ""
        if not _MESSAGE_ID.fullmatch(message):
            await say(interaction, cards.EXPIRED)
        elif interaction.type is not discord.InteractionType.modal_submit:
            await ask_for(interaction, cards.question_form(f"{GOING_ON}:{message}"))
        elif not (text := written(interaction)):
            await say(interaction, cards.WHAT)
        else:
            member = interaction.user.id
            place = Place(interaction.channel_id or 0, interaction.guild_id)
            history = await self._answers.before(int(message), member, place)
            question = Question(text, str(member), history=history)
            await self._answer(interaction, question, private=False)

    async def about(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Open the form for a question about the lesson `parts[0]`, or take it.

        Raises MessageGone, Undelivered.
        """
        lesson = find_lesson(self._lessons(interaction.guild_id), parts[0] if parts else "")
        if lesson is None:
            await say(interaction, cards.EXPIRED)
        elif interaction.type is not discord.InteractionType.modal_submit:
            about = f"The answer rests on this lesson: {lesson.title}"
            await ask_for(interaction, cards.question_form(f"{ABOUT}:{lesson.slug}", about))
        elif not (text := written(interaction)):
            await say(interaction, cards.WHAT)
        else:
            question = Question(text, str(interaction.user.id), lesson=lesson.slug)
            await self._answer(interaction, question, private=True)

    async def follow(self, interaction: discord.Interaction[Any], _parts: tuple[str, ...]) -> None:
        """Ask what somebody chose beneath an answer, for who chose it and where it stands.

        Raises MessageGone, Undelivered.
        """
        text = find_follow_up(chosen(interaction), self._lessons(interaction.guild_id))
        if text is None:
            await say(interaction, cards.EXPIRED)
            return
        shown = interaction.message
        private = shown is not None and shown.flags.ephemeral
        await self._answer(interaction, Question(text, str(interaction.user.id)), private=private)

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press of an answer's button, or the form that one opened.

        Raises MessageGone, Undelivered, MemoryUnavailable.
        """
        verb, request_id = (*parts, "", "")[:2]
        past = await self.find(request_id)
        if past is None or verb not in _VERBS or not _stands_here(past, interaction):
            await say(interaction, cards.EXPIRED)
        elif verb in _VOTES:
            await self._voted(interaction, Verb(verb), past)
        elif past.owner != interaction.user.id:
            await say(interaction, cards.NOT_YOURS)
        else:
            await self._pressed(interaction, Verb(verb), past)

    async def find(self, request_id: str) -> Past | None:
        """Return an answer of this process, or of an earlier one. Raises MemoryUnavailable."""
        asked = self._answers.find(request_id)
        if asked is not None:
            past = asked.past()
            return still_there(past, self._passages(past.place.guild))
        if not is_reference(request_id):
            return None
        kept = await self._keeper.find(request_id)
        return None if kept is None else past_of(kept, self._passages(kept.place.guild))

    def _passages(self, server: int | None) -> dict[str, Passage]:
        """Return the passages that members of a server may see, by id."""
        return passages_of(self._lessons(server))

    async def _pressed(self, interaction: discord.Interaction[Any], verb: Verb, past: Past) -> None:
        match verb:
            case Verb.STOP if past.running is not None:
                self._answers.stop(past.running, "You stopped this answer.")
                await defer_update(interaction)
            case Verb.STOP:
                await say(interaction, "This answer is no longer being written.")
            case Verb.RETRY if past.running is not None:
                await say(interaction, "This answer is still being written.")
            case Verb.RETRY if past.question is not None:
                await self._answer(interaction, past.question, private=past.private, again=True)
            case Verb.RETRY:
                await say(interaction, cards.NOT_STORED)
            case Verb.SOURCES if past.sources:
                await respond(interaction, cards.sources_page(past.request_id, past.sources))
            case Verb.SOURCES:
                gone = "Its passages are no longer in the lessons."
                nothing = "This answer rests on no passage."
                await say(interaction, gone if past.lost else nothing)
            case Verb.THINKING if past.thinking:
                await respond(interaction, cards.thinking_page(past.request_id, past.thinking))
            case _:
                await say(interaction, "No thinking of the model is kept for this answer.")

    async def _voted(self, interaction: discord.Interaction[Any], verb: Verb, past: Past) -> None:
        """Take the vote of any member who sees the answer; a vote against it may carry a reason."""
        form = interaction.type is discord.InteractionType.modal_submit
        reason = unnamed(written(interaction)) if form else ""
        await self._keeper.vote(
            past.request_id,
            interaction.user.id,
            past.place,
            up=verb is Verb.UP,
            reason=reason,
        )
        if verb is Verb.DOWN and not form and await self._keeper.takes_reasons(past.place):
            await ask_for(interaction, cards.reason_form(custom_id(verb, past.request_id)))
        else:
            await say(interaction, cards.VOTED)

    async def _answer(
        self,
        interaction: discord.Interaction[Any],
        question: Question,
        *,
        private: bool,
        again: bool = False,
    ) -> None:
        place = await admitted(interaction, self._servers, private=private)
        if place is None:
            return
        surface = InteractionSurface(interaction, private=private)
        asked = await self._answers.announce(surface, question, place, private=private, again=again)
        try:
            await defer(interaction, private=private)
        except (MessageGone, Undelivered):
            await self._answers.withdraw(asked)
            raise
        self._answers.begin(asked)


def _stands_here(past: Past, interaction: discord.Interaction[Any]) -> bool:
    """Say whether an answer was given where its button was pressed."""
    return past.place.channel == interaction.channel_id


def whereabouts(channel: object, user: discord.abc.User) -> tuple[set[int], set[int]]:
    """Return the ids of a channel and of a thread's parent, and those of a member's roles."""
    ids = (getattr(channel, "id", None), getattr(channel, "parent_id", None))
    roles = getattr(user, "roles", ())
    return {each for each in ids if each}, {role.id for role in roles}


async def admitted(
    interaction: discord.Interaction[Any], servers: ServerBook, *, private: bool = False
) -> Place | None:
    """Return where an interaction is, or None where the server refuses it; then it is told so.

    Where the settings cannot be read soon it is deferred, `private` or not.
    """
    place = Place(interaction.channel_id or 0, interaction.guild_id)
    if place.guild is not None:
        try:
            await servers.read(place.guild)
        except MemoryUnavailable:
            await defer(interaction, private=private)
    where, roles = whereabouts(interaction.channel, interaction.user)
    refusal = await servers.refusal(place.guild, {place.channel, *where}, roles)
    if refusal is None:
        return place
    await say(interaction, refusal)
    return None


def words_of(message: discord.Message) -> str:
    """Return the words of a message, also those of one that was built of components."""
    texts = [message.content]
    for component in message.components:
        inside = getattr(component, "children", None) or [component]
        texts += [part.content for part in inside if isinstance(part, discord.TextDisplay)]
    return "\n".join(text for text in texts if text.strip())
