"""Fixtures: the fake Discord, and the real bot on it with a scripted answerer."""

import io
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.client.logs import OURS, begin_logging
from tests.bot.client.script import BOT_TOKEN, Script, answering, running_bot
from tests.doubles.discord import FakeDiscord


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    path = os.environ.get("DISCORD_OPENAPI")  # noqa: TID251 - this fixture is its only reader here
    async with FakeDiscord(Path(path) if path else None) as discord_:
        discord_.ack_within = 60.0  # this machine may be busy; `bench stream` keeps Discord's 3 s
        yield discord_


@pytest.fixture
def script() -> Script:
    return Script(answering("A token is a **piece** of text [1]."))


@pytest.fixture
async def bot(fake: FakeDiscord, script: Script, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path) as running:
        yield running


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log as the program does, onto a string, and put everything back."""
    names = ("", "discord", *OURS)
    before = [(logging.getLogger(n), logging.getLogger(n).level) for n in names]
    handlers = logging.getLogger().handlers[:]
    stream = io.StringIO()
    begin_logging("DEBUG", [BOT_TOKEN], stream)
    yield stream
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:] = handlers
    for logger, level in before:
        logger.setLevel(level)
