"""Hostile questions: each is answered or refused in words, in the terminal and in Discord."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from bot.asking import Question
from bot.events import Declined, Failed, Finished
from bot.settings import Settings
from bot.wiring import open_services
from tests.bot.client.script import Script, answering, running_bot, whole
from tests.bot.client.test_every_control import outcome
from tests.doubles.discord import FakeDiscord
from tests.doubles.ollama import FakeModel, FakeOllama
from tests.security.injections import CHROME, INJECTIONS, SPOOFS
from tests.security.test_model_text import HIDDEN, LIVE

HOSTILE = (
    *("x" * 10_000, "\ud800\udfff?", "\x00\x00", "", " ", "\u200b", "🦊" * 2000, "?" * 5000),
    *("`" * 3000, "[" * 3000, "a\u0301" * 3000, "\u202e" * 500, "{" * 2000 + "}" * 2000),
    *INJECTIONS,
    *CHROME,
    *SPOOFS[:10],
)
LEAKS = ("Traceback", "/opt/", "/work", "site-packages", ".py", "Error(", "object at 0x")


async def test_every_hostile_question_ends_in_one_outcome_in_the_terminal(
    shipped_data: Path,
) -> None:
    """With the real client and a model that repeats what it is told to."""
    model = FakeModel("tiny:1b", tokens=["@everyone ", "[x](https://evil.example)", " [1]."])
    async with FakeOllama([model]) as ollama:
        settings = Settings(data_dir=shipped_data, ask_model="tiny:1b", ollama_host=ollama.url)
        async with open_services(settings) as services:
            for text in HOSTILE:
                asked = services.asking.ask(Question(text, "1"))
                events = [event async for event in asked]
                last = [e for e in events if isinstance(e, Finished | Declined | Failed)]
                assert last == events[-1:], text[:60]
                if isinstance(last[0], Failed):
                    told = last[0].error.sentence
                    assert not [leak for leak in LEAKS if leak in told]


@pytest.mark.parametrize("text", ["x" * 6000, *(t for t in HOSTILE if t.strip())][:40:2])
async def test_every_hostile_question_is_answered_in_discord(
    text: str, fake: FakeDiscord, tmp_path: Path
) -> None:
    """No refused body, no ping, no trace; a lone surrogate cannot cross Discord's JSON."""
    text = text.encode("utf-8", "replace").decode()[:6000]
    async with running_bot(fake, Script(answering(text or "x")), tmp_path):
        message = await whole(fake, fake.member("ada").slash("ask", question=text))
    assert fake.refused == []
    assert "@everyone" not in message.text
    assert not [leak for leak in LEAKS if leak in message.text and leak not in text]


@pytest.mark.usefixtures("bot")
async def test_s2_a_name_that_is_not_known_is_told_back_as_text_alone(fake: FakeDiscord) -> None:
    """Demos, line-ups, stages and lessons are typed freely, whatever autocomplete offers."""
    text = " ".join((*CHROME[6:], *SPOOFS[:2], "@everyone <@1> <@&2>"))
    text = text.encode("utf-8", "replace").decode()[-400:]
    given = (
        ("demo", {"demo": text}),
        ("demo", {"prompt": "Why?", "lineup": text}),
        ("demo", {"prompt": "Why?", "stages": text}),
        ("lesson", {"name": text}),
        ("ask", {"question": "Why?", "lesson": text}),
        ("models roster", {"system": text}),
    )
    for command, options in given:
        told = await outcome(fake, fake.member("ada").slash(command, **options))
        assert not LIVE.search(told), command
        assert "](" not in told
        assert not [c for c in told if unicodedata.category(c) in HIDDEN and c not in "\n\t"]
    assert fake.refused == []
