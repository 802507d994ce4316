"""The gateway's ways to fail: the real client resumes, identifies anew or gives up."""

import asyncio

import discord
import pytest

from tests.doubles.conftest import SmallBot
from tests.doubles.discord import FakeDiscord


async def answered(fake: FakeDiscord) -> bool:
    asked = fake.member("ada").slash("ask", question="still there?")
    await fake.until(lambda: asked.followups)
    return True


@pytest.mark.usefixtures("bot")
async def test_op_7_resumes_and_replays_what_was_missed(fake: FakeDiscord) -> None:
    """What a member did while the bot was away reaches it after the resume."""
    fake.gateway.reconnect()
    # This event follows op 7 on the old connection, where the bot reads no more.
    asked = fake.member("ada").slash("ask", question="still there?")
    await fake.until(lambda: asked.followups)
    assert (fake.gateway.identified, fake.gateway.resumed) == (1, 1)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("how", ["4000", "cut", "op 9"])
async def test_a_lost_connection_is_resumed(fake: FakeDiscord, how: str) -> None:
    if how == "4000":
        await fake.gateway.close(4000)
    elif how == "cut":
        fake.gateway.abort()
    else:
        fake.gateway.invalidate(resumable=True)
    await fake.until(lambda: fake.gateway.resumed == 1)
    assert await answered(fake)


async def test_an_invalid_session_is_begun_anew(
    fake: FakeDiscord, bot: SmallBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Op 9 without resuming makes the bot identify."""

    async def at_once(_shard: int | None, *, initial: bool = False) -> None:
        """Skip discord.py's pause of 5 s before an IDENTIFY."""

    monkeypatch.setattr(bot, "before_identify_hook", at_once)
    fake.gateway.invalidate(resumable=False)
    await fake.until(lambda: fake.gateway.identified == 2)
    assert await answered(fake)


async def test_a_malformed_event_ends_the_client(fake: FakeDiscord) -> None:
    """discord.py's parsers are unguarded: the error comes out of connect()."""
    with fake.install():
        async with SmallBot() as client:
            await client.login(fake.token)
            connection = asyncio.ensure_future(client.connect())
            await fake.until(lambda: fake.gateway.session)
            fake.gateway.dispatch("MESSAGE_CREATE", {"guild_id": "1"})
            with pytest.raises(KeyError):
                await connection


async def test_a_privileged_intent_that_is_not_granted_closes_the_gateway(
    fake: FakeDiscord,
) -> None:
    with fake.install():
        async with discord.Client(intents=discord.Intents.all()) as client:
            await client.login(fake.token)
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await client.connect()


async def test_a_wrong_token_is_not_let_in(fake: FakeDiscord) -> None:
    with fake.install():
        async with SmallBot() as client:
            with pytest.raises(discord.LoginFailure):
                await client.login("wrong")
