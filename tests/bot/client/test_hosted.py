"""Rented models in Discord: the question before a prompt leaves, and what it cost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.client.bot import StudyBot
from bot.memory import Place
from tests.bot.client.script import Script, messages, running_bot
from tests.bot.client.test_demos import boxes, ended, shown
from tests.bot.client.test_front_door import checked
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.hosted import FakeProvider, Rented
from tests.doubles.hosted.server import KEY
from tests.doubles.ollama import FakeModel, FakeOllama

OPENAI = "gpt-6-luna"
DEMO = {"prompt": "Why is the sky blue?", "lineup": "rent-beside-own"}


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider(Rented(OPENAI, ("Rayleigh ", "scattering."))) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeDiscord, provider: FakeProvider, tmp_path: Path) -> AsyncIterator[StudyBot]:
    """Yield a bot that may rent at one provider and has no key for the other."""
    own = FakeModel("llama3.2:3b-instruct-q4_K_M", ("It scatters. ",))
    rents: dict[str, Any] = {"hosted": True, "openai_api_key": KEY, "openai_base_url": provider.v1}
    async with (
        FakeOllama([own], num_parallel=4) as ollama,
        running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url, **rents) as running,
    ):
        yield running


async def question(fake: FakeDiscord, asked: Interaction) -> Message:
    """Wait for the question; only who asked sees it."""
    await fake.until(lambda: asked.response)
    card = fake.messages[asked.original or ""]
    assert card.ephemeral
    assert "rents models" in card.text
    return card


async def test_a_member_agrees_once_in_a_place_and_reads_what_it_cost(
    fake: FakeDiscord, bot: StudyBot, provider: FakeProvider
) -> None:
    ada = fake.member("ada")
    card = await question(fake, ada.slash("demo", **DEMO))
    host = provider.v1.removeprefix("http://").removesuffix("/v1")
    assert host in card.text
    assert not provider.requests
    message = await ended(fake, ada.click(card, "Send it"))
    assert boxes(message)[:2] == ["It scatters.", "Rayleigh scattering."]
    assert "12 tokens in and 30 out, about $0.000016 at the price of 2026-09-22" in message.text
    assert "ANTHROPIC_API_KEY is not set." in message.text
    (sent,) = provider.requests
    assert sent.body["messages"] == [{"role": "user", "content": DEMO["prompt"]}]
    # Here nobody is asked again; in a private chat, which is another place, they are.
    await ended(fake, fake.member("eve").slash("demo", **DEMO))
    consents = bot.services.records.memory.consents
    here = Place(int(message.channel_id))
    assert await consents.of(here) == {host}
    assert await consents.of(Place(1)) == frozenset()
    asked = len(provider.requests)
    eve = fake.member("eve")
    eve.channel = fake.private_channel(eve.id)["id"]
    await question(fake, eve.slash("demo", **DEMO))
    assert len(provider.requests) == asked
    checked(fake)


async def test_who_leaves_it_sends_nothing_and_nobody_answers_for_another(
    fake: FakeDiscord, bot: StudyBot, provider: FakeProvider
) -> None:
    card = await question(fake, fake.member("ada").slash("demo", **DEMO))
    other = fake.member("eve").click(card, "Send it")
    await fake.until(lambda: other.response)
    assert "belong to the member who asked" in fake.messages[other.original or ""].text
    left = fake.member("ada").click(card, "Leave it")
    await fake.until(lambda: left.response)
    assert "Nothing was sent." in fake.messages[card.id].text
    assert not provider.requests
    assert not bot.demos.running
    checked(fake)


async def test_stop_closes_the_providers_connection_within_two_seconds(
    fake: FakeDiscord, provider: FakeProvider
) -> None:
    long = [f"word{n} " for n in range(2000)]
    provider.models[OPENAI] = Rented(OPENAI, long, tokens_per_second=50.0)
    ada = fake.member("ada")
    card = await question(fake, ada.slash("demo", **DEMO))
    running = ada.click(card, "Send it")
    await fake.until(lambda: "word3" in shown(fake, running))
    ada.click(messages(fake, running)[0], "Stop")
    async with asyncio.timeout(2.0):
        await provider.requests[0].over.wait()
    assert provider.requests[0].closed_early
    message = await ended(fake, running)
    assert boxes(message)[1].startswith("word0 word1")
    checked(fake)


pytestmark = pytest.mark.usefixtures("bot")
