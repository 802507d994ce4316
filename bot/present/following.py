"""Following: the list beneath an answer with what can be asked next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import discord

from bot.asking import Question
from bot.followups import follow_ups
from bot.present.components import Choice, Select
from bot.present.lessons import Lessons
from knowledge.passages import Passage

FAMILY = "next"

Follow = Callable[[Question, Sequence[Passage]], Select | None]
"""Lists what can be asked next, beside these passages."""


def nothing_next(_question: Question, _near: Sequence[Passage]) -> Select | None:
    """Offer nothing."""
    return None


def following(lessons: Lessons) -> Follow:
    """Return what lists follow-ups from the lessons that members of the question's server see."""

    def follow(question: Question, near: Sequence[Passage]) -> Select | None:
        earlier = [turn.content for turn in question.history if turn.role == "user"]
        found = follow_ups([*earlier, question.text], near, lessons(question.server))
        # The list holds keys only: nothing needs to be remembered for it.
        choices = tuple(Choice(each.text, each.key) for each in found)
        return Select("Ask next …", FAMILY, choices) if choices else None

    return follow


def chosen(interaction: discord.Interaction[Any]) -> str:
    """Return the key of what was chosen in a list."""
    data: Any = interaction.data
    values = data.get("values") or [""]
    return str(values[0])
