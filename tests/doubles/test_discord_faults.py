"""Planned faults on HTTP routes come as planned, and end."""

import asyncio
import time

import aiohttp
import discord
import pytest

from tests.doubles.conftest import SmallBot
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.faults import Fault
from tests.doubles.discord.payloads import GENERAL

MESSAGES = f"/channels/{GENERAL}/messages$"


async def test_a_status_comes_as_often_as_planned(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    """503 twice without acting, then the request is served."""
    fake.faults.status("POST", MESSAGES, 503, times=2)
    url = f"{fake.api_base}/channels/{GENERAL}/messages"
    statuses = []
    for _ in range(3):
        async with http.post(url, json={"content": "x"}) as response:
            statuses.append(response.status)
    assert statuses == [503, 503, 200]
    assert len(fake.messages) == 1
    assert [call.status for call in fake.log] == statuses


async def test_a_reset_may_come_after_acting(fake: FakeDiscord, bot: SmallBot) -> None:
    """Discord has the message, the bot has a ConnectionResetError."""
    fake.faults.reset("POST", MESSAGES, act_first=True)
    with pytest.raises((ConnectionResetError, aiohttp.ClientError)):
        await bot.get_partial_messageable(int(GENERAL)).send("x")
    assert len(fake.messages) == 1


async def test_a_request_can_hang(fake: FakeDiscord, bot: SmallBot) -> None:
    fake.faults.hang("POST", MESSAGES, 0.2)
    began = time.monotonic()
    await bot.get_partial_messageable(int(GENERAL)).send("x")
    assert time.monotonic() - began >= 0.2


async def test_an_answer_can_be_malformed(fake: FakeDiscord, bot: SmallBot) -> None:
    fake.faults.rules.append(Fault("POST", MESSAGES, 1, status=200, body=b'{"id": "1'))
    with pytest.raises(ValueError, match="unexpected end"):
        await bot.get_partial_messageable(int(GENERAL)).send("x")


async def test_a_ban_by_cloudflare_is_raised_at_once(fake: FakeDiscord, bot: SmallBot) -> None:
    """A 429 without Via is not waited out by discord.py."""
    html = {"Content-Type": "text/html"}
    fake.faults.rules.append(Fault("POST", MESSAGES, 1, status=429, headers=html))
    with pytest.raises(discord.HTTPException) as caught:
        await bot.get_partial_messageable(int(GENERAL)).send("x")
    assert caught.value.status == 429
    assert fake.too_many == 1


async def test_a_global_limit_holds_everything_back(fake: FakeDiscord, bot: SmallBot) -> None:
    """While discord.py waits out a global 429, its other calls wait too."""
    body = b'{"message": "", "retry_after": 0.3, "global": true}'
    fake.faults.rules.append(Fault("POST", MESSAGES, 1, status=429, body=body))
    sending = asyncio.ensure_future(bot.get_partial_messageable(int(GENERAL)).send("x"))
    await fake.until(lambda: fake.too_many)
    began = time.monotonic()
    await asyncio.sleep(0.05)
    await bot.fetch_channel(int(GENERAL))
    assert time.monotonic() - began >= 0.2
    await sending


async def test_error_codes_reach_the_bot(fake: FakeDiscord, bot: SmallBot) -> None:
    """A deleted message, a blocked private channel, an unknown channel."""
    channel = bot.get_partial_messageable(int(GENERAL))
    message = await channel.send("x")
    ada = fake.member("ada")
    ada.delete(fake.messages[str(message.id)])
    with pytest.raises(discord.NotFound) as gone:
        await message.edit(content="y")
    fake.blocked.add(ada.id)
    user = await bot.fetch_user(int(ada.id))
    with pytest.raises(discord.Forbidden) as blocked:
        await user.send("x")
    with pytest.raises(discord.NotFound) as unknown:
        await bot.fetch_channel(1)
    assert [e.value.code for e in (gone, blocked, unknown)] == [10008, 50007, 10003]
