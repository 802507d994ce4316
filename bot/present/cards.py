"""Cards: short pages of ours that answer a command or a press."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import discord

from bot.errors import BotError
from bot.keeping import LONGEST_REASON
from bot.present.answer import one_line
from bot.present.components import Attached, Form, Page
from bot.present.responses import respond
from bot.present.sanitise import sanitise
from bot.present.split import PAGE, shown
from bot.present.surface import MessageGone, Undelivered
from bot.reference import begin_request, current_request
from knowledge.passages import Passage

log = logging.getLogger(__name__)

NOT_YOURS = "These buttons belong to the member who asked. Ask with /ask and you get your own."
NOT_STORED = "The words of this question were not stored. Ask again with /ask."
LONGEST_QUESTION = 4000
"""Characters a form takes; as many as `/ask`."""
VOTED = "Thank you, noted. Press again to change your mind."
WHAT = "Ask me about the lessons, for example: what is a token? `/help` lists what I can do."
EXPIRED = "This control has expired. Ask again with /ask."


def notice(sentence: str) -> Page:
    """Return a page that says one thing."""
    return Page(above=(sentence,))


async def say(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Answer with one sentence that only the member sees; nothing is raised."""
    try:
        await respond(interaction, notice(sentence))
    except (MessageGone, Undelivered) as error:
        log.warning("a sentence could not be said: %s", error)


async def error_card(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the member that something failed, with a reference an organiser finds in the log."""
    if isinstance(error, MessageGone):
        log.info("an interaction went away: %s", error)
        return
    await say(interaction, failure(error))


def failure(error: BaseException) -> str:
    """Return what a person reads of a failure, and tell the log what it was."""
    if isinstance(error, BotError):
        return f"⚠️ {sanitise(error.sentence)}"  # it may quote what a member typed
    reference = (current_request() or begin_request()).reference
    known = isinstance(error, Undelivered)  # its trace tells nothing
    log.error("failure %s: %s", reference, type(error).__name__, exc_info=None if known else error)
    return f"⚠️ Something went wrong here. Tell an organiser: {reference}."


def sources_page(request_id: str, listed: Sequence[tuple[int, Passage]]) -> Page:
    """Return passages, word for word, under their numbers in the answer."""
    whole = "\n\n".join(_passage(n, passage) for n, passage in listed)
    return long_page("Sources", sanitise(whole), whole, f"sources-{request_id}.md")


def thinking_page(request_id: str, text: str) -> Page:
    """Return what the model thought before it answered."""
    return long_page("Thinking", sanitise(text), text, f"thinking-{request_id}.md")


def question_form(custom_id: str, description: str = "It goes on from the answer above.") -> Form:
    """Return the form for a further question."""
    return Form(
        title="Ask on",
        custom_id=custom_id,
        label="Your question",
        description=description,
        longest=LONGEST_QUESTION,
    )


def reason_form(custom_id: str) -> Form:
    """Return the form that asks why an answer was not good."""
    return Form(
        title="What was wrong?",
        custom_id=custom_id,
        label="Your reason, if you like",
        description="Those who look after the lessons may read it.",
        longest=LONGEST_REASON,
    )


def _passage(n: int, passage: Passage) -> str:
    where = " › ".join((passage.lesson_title, *passage.path, passage.heading))
    return f"**[{n}] {one_line(where, 200)}**\n{passage.text}"


def long_page(title: str, text: str, whole: str, name: str) -> Page:
    """Return a text on one page: its beginning, and all of it in a file when it does not fit."""
    parts = shown(text.strip(), PAGE, 2)
    if len(parts.pages) == 1:
        return Page((f"**{title}**",), parts.pages[0])
    line = f"The rest of {len(whole):,} characters is in the file."
    file = Attached(name, whole.encode("utf-8", "replace"))
    return Page((f"**{title}**",), parts.pages[0], (line,), file=file)
