"""What is stored about a member, in words, and how it goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord

from bot.errors import MemoryUnavailable
from bot.present.answers import Answers
from bot.present.cards import EXPIRED, NOT_YOURS, notice, say
from bot.present.components import Button, Page, Style
from bot.present.demos import DemoRuns
from bot.present.live_desk import LiveDesk
from bot.present.responses import defer, defer_update, respond, update
from bot.present.webhook import InteractionSurface
from bot.servers import ServerBook

FAMILY = "privacy"
_FORGET, _LEAVE = "forget", "leave"
_NAMES = {
    "turns": "turns of conversations",
    "levels": "chosen level",
    "answers": "answers",
    "demos": "demos",
    "votes": "votes",
    "gaps": "gaps",
    "blind_votes": "votes in blind demos",
    "handed": "questions handed on to mentors",
    "readings": "lessons you have read in",
    "attempts": "answers in quizzes",
    "unlisted": "wishes not to be listed",
    "cards": "cards you review",
    "attendances": "sessions you were at",
    "reminders": "reminders",
}

Forget = Callable[[int], Awaitable[Mapping[str, int]]]


class PrivacyDesk:
    """Answers `/privacy` and `/forget`."""

    def __init__(
        self,
        forget: Forget,
        answers: Answers,
        demos: DemoRuns,
        quizzes: LiveDesk,
        servers: ServerBook,
    ) -> None:
        self._forget = forget
        self._answers = answers
        self._demos = demos
        self._quizzes = quizzes
        self._servers = servers

    async def explain(self, interaction: discord.Interaction[Any]) -> None:
        """Tell what is stored. Raises MessageGone, Undelivered."""
        await defer(interaction, private=True)
        stored = await self._servers.remembers(interaction.guild_id)
        settings = await self._servers.of(interaction.guild_id)
        if stored:
            what = (
                "With your Discord id I store what you ask me, what I answer (with the model's "
                "thinking and the passages), the demos you start with their texts, your 👍 and 👎 "
                "with their reasons, your votes in blind demos, which questions you handed on to "
                "mentors, which of your questions the lessons left open, which sections of lessons "
                "you have read, what you chose in quizzes and whether it was right, when each card "
                "that you review is due, when you want to be reminded of it, and at which sessions "
                "you said that you are. It serves follow-ups, the buttons under answers and demos, "
                "the ranking, the list of lessons, scores, reviews, summaries of sessions, and "
                "those who mend the lessons."
            )
        else:
            what = (
                "Memory is off here: I store no text. With your Discord id I store which passages "
                "an answer rests on, for its buttons, which messages show your demos, your 👍 and "
                "👎 without a reason, your votes in blind demos, what you chose in quizzes, when "
                "each card that you review is due, when you want to be reminded of it, and at "
                "which sessions you said that you are."
            )
        lines = (
            "**What I store about you**",
            what,
            "I also keep your `/level`, if you chose one.",
            f"All of it is erased after {settings.retention_days} days (a card so many days after "
            "it was due), and at once with `/forget`. Nothing of it goes to anybody else or trains "
            "a model, and no text of yours stands in my logs. What stands in Discord's messages "
            "you delete there. Only a demo with rented models sends anything out: its prompt, "
            "after somebody here agreed.",
            "-# The whole statement is PRIVACY.md, in the folder of this program.",
        )
        await respond(interaction, Page(lines))

    async def ask(self, interaction: discord.Interaction[Any]) -> None:
        """Ask whether a member is to be forgotten. Raises MessageGone, Undelivered."""
        owner = interaction.user.id
        buttons = (
            Button("Forget me", f"{FAMILY}:{_FORGET}:{owner}", Style.DANGER),
            Button("Leave it", f"{FAMILY}:{_LEAVE}:{owner}"),
        )
        line = (
            "Shall I erase everything that I stored about you, on every server and in private? "
            "Follow-ups and the buttons of your answers then know nothing any more. "
            "This cannot be undone."
        )
        await respond(interaction, Page((line,), buttons=buttons))

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Forget, or leave it. Raises MessageGone, Undelivered, MemoryUnavailable."""
        verb, owner = (*parts, "", "")[:2]
        if owner != str(interaction.user.id):
            await say(interaction, NOT_YOURS)
        elif verb == _LEAVE:
            await update(interaction, notice("Nothing was erased."))
        elif verb == _FORGET:
            await defer_update(interaction)  # a large file takes longer than 3 s
            self._answers.forget(interaction.user.id)
            self._demos.forget(interaction.user.id)
            self._quizzes.forget(interaction.user.id)
            try:
                told = _told(await self._forget(interaction.user.id))
            except MemoryUnavailable as error:
                told = f"⚠️ {error.sentence} Nothing was erased; try again in a minute."
            await InteractionSurface(interaction, private=True).show(0, notice(told))
        else:
            await say(interaction, EXPIRED)


def _told(counts: Mapping[str, int]) -> str:
    erased = [f"{count} {_NAMES.get(name, name)}" for name, count in counts.items() if count]
    if not erased:
        return "Done. There was nothing stored about you."
    return f"Done. Everything I had stored about you is erased: {', '.join(erased)}."
