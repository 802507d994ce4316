"""The buttons beneath an answer: what each does stands in its custom_id."""

from __future__ import annotations

from enum import StrEnum

from bot.present.components import Button, Style
from bot.present.trying import try_it

FAMILY, MENTOR = "ask", "mentor"


class Verb(StrEnum):
    """What a button of an answer does; the second part of its custom_id."""

    STOP = "stop"
    RETRY = "retry"
    SOURCES = "sources"
    THINKING = "thinking"
    UP = "up"
    DOWN = "down"


def custom_id(verb: Verb, request_id: str) -> str:
    """Return the custom_id of a button of an answer."""
    return f"{FAMILY}:{verb}:{request_id}"


def stop_button(request_id: str) -> Button:
    """Return the button that ends an answer."""
    return Button("Stop", custom_id(Verb.STOP, request_id), Style.DANGER)


def ended_buttons(
    request_id: str, *, sources: bool, thinking: bool, demo: str | None, votes: bool
) -> tuple[Button, ...]:
    """Return the buttons of an answer that has ended; `demo` is one to try.

    What can be voted on can be handed on to a mentor as well.
    """
    buttons: list[Button] = []
    if sources:
        buttons.append(Button("Sources", custom_id(Verb.SOURCES, request_id)))
    if thinking:
        buttons.append(Button("Thinking", custom_id(Verb.THINKING, request_id)))
    buttons.append(Button("Retry", custom_id(Verb.RETRY, request_id)))
    if demo is not None:
        buttons.append(try_it(demo))
    if votes:
        buttons.append(Button("👍", custom_id(Verb.UP, request_id)))
        buttons.append(Button("👎", custom_id(Verb.DOWN, request_id)))
        buttons.append(Button("Ask a mentor", f"{MENTOR}:ask:{request_id}"))
    return tuple(buttons)
