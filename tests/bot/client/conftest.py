"""Fixtures: the fake Discord, and the real bot on it with a scripted answerer."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from tests.bot.client.script import Script, answering, running_bot
from tests.doubles.discord import FakeDiscord


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    path = os.environ.get("DISCORD_OPENAPI")  # noqa: TID251 - this fixture is its only reader here
    async with FakeDiscord(Path(path) if path else None) as discord_:
        yield discord_


@pytest.fixture
def script() -> Script:
    return Script(answering("A token is a **piece** of text [1]."))


@pytest.fixture
async def bot(fake: FakeDiscord, script: Script, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path) as running:
        yield running
