"""S5 in the terminal: what a model or a file says neither steers nor deceives the screen."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.characters import json_line
from bot.events import Event, Finished, Notice, NoticeKind
from bot.model import Delta
from bot.order import Order
from bot.replay import replay
from bot.runcard import Recorder, RunCard
from bot.terminal.columns import show_demo
from bot.terminal.screen import Screen
from tests.bot.stagehands import demos_on, models
from tests.doubles.ollama import FakeOllama
from tests.security.injections import CHROME, INJECTIONS, SPOOFS

HIDDEN = {"Cc", "Cf", "Cs"}
# What rich itself writes: colours, and the moves of a live display.
OURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
ALL = "\n".join((*CHROME, *SPOOFS, *INJECTIONS))


def hidden(text: str) -> list[str]:
    """Return what hides or steers in what a terminal was sent; a joiner within emoji does not."""
    return [c for c in text if unicodedata.category(c) in HIDDEN and c not in "\n\t\u200d"]


def screen(*, terminal: bool) -> tuple[Screen, io.StringIO]:
    """Return a screen that writes into a string, as onto a terminal or into a pipe."""
    made, out = Screen(), io.StringIO()
    made.out = made.err = Console(file=out, force_terminal=terminal, width=100, highlight=False)
    return made, out


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_streamed_answer_leaves_only_what_can_be_read(size: int) -> None:
    """Also where an escape sequence comes in pieces, none of which looks like one."""

    async def events() -> AsyncIterator[Event]:
        for at in range(0, len(ALL), size):
            yield Delta(ALL[at : at + size])
        yield Notice(NoticeKind.CUT, ALL)
        yield Finished(ALL, (), None, "tiny:1b\x1b[2J")

    shown, out = screen(terminal=False)
    await shown.show(events())
    assert "ignore all rules" not in out.getvalue()  # written in tag characters, which hide it
    assert hidden(out.getvalue()) == []
    out.getvalue().encode("utf-8")


@pytest.fixture
async def card() -> RunCard:
    """Return the card of a demo whose models wrote everything hostile, as another may send it."""
    text = [ALL[at : at + 400].encode("utf-8", "replace").decode() for at in range(0, 4000, 400)]
    recorder = Recorder()
    said = models(base={"tokens": text})
    async with FakeOllama(said, num_parallel=4) as ollama, demos_on(ollama) as demos:
        async for event in demos.run(Order("Why?", "ada")):
            recorder.take(event)
    card = recorder.card()
    assert card is not None
    evil = "\x1b]0;x\x07\u202e\x9b31m"
    pane = card.contenders[0].model_copy(update={"notices": (ALL,), "thinking": ALL})
    return card.model_copy(
        update={"title": evil, "prompt": ALL, "fairness": (evil,), "contenders": (pane,)}
    )


@pytest.mark.parametrize("terminal", [False, True])
async def test_a_replayed_card_leaves_only_what_can_be_read(card: RunCard, terminal: bool) -> None:
    async def now(_seconds: float) -> None:
        """Wait for nothing."""

    shown, out = screen(terminal=terminal)
    own = card.model_copy(update={"steps": tuple(s for s in card.steps if s.pane == 0)})
    await show_demo(replay(own, now), shown)
    text = OURS.sub("", out.getvalue()) if terminal else out.getvalue()
    assert "recording" in text
    assert hidden(text) == []


@given(st.text(max_size=200).map(lambda text: text + "\x9b\u202e\x7f\ud800"))
def test_a_line_of_json_is_what_it_was_and_steers_nothing(text: str) -> None:
    told = json_line({"answer": text, text: [text]})
    assert json.loads(told) == {"answer": text, text: [text]}
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", told)
