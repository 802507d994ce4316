"""Rate limits: counted per bucket, told in headers, answered as discord.py expects."""

import asyncio
import time

import aiohttp
import pytest

from tests.doubles.discord import FakeDiscord, Rate
from tests.doubles.discord.payloads import BOT, GENERAL


async def test_the_sixth_message_in_5_seconds_is_refused_with_the_right_headers(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    url = f"{fake.api_base}/channels/{GENERAL}/messages"
    for left in (4, 3, 2, 1, 0):
        async with http.post(url, json={"content": "x"}) as response:
            assert response.headers["X-RateLimit-Remaining"] == str(left)
            assert response.headers["X-RateLimit-Limit"] == "5"
            assert 0 < float(response.headers["X-RateLimit-Reset-After"]) <= 5
            assert float(response.headers["X-RateLimit-Reset"]) > time.time()
    async with http.post(url, json={"content": "x"}) as response:
        body = await response.json()
    assert response.status == 429
    assert response.headers["Content-Type"] == "application/json"
    assert (response.headers["Via"] != "", response.headers["X-RateLimit-Scope"]) == (True, "user")
    assert 0 < body["retry_after"] <= 5
    assert (fake.too_many, len(fake.messages)) == (1, 5)
    other = fake.add_channel("other")["id"]
    async with http.post(f"{fake.api_base}/channels/{other}/messages", json={"content": "x"}) as r:
        assert r.status == 200


@pytest.mark.usefixtures("bot")
async def test_tokens_have_their_own_buckets(fake: FakeDiscord) -> None:
    """Ten answers with a defer, an edit and a followup each meet no limit of another."""
    ada = fake.member("ada")
    asked = [ada.slash("ask", question=str(i)) for i in range(10)]
    await fake.until(lambda: all(interaction.followups for interaction in asked))
    assert fake.too_many == 0


@pytest.mark.usefixtures("bot")
async def test_discord_py_waits_out_a_token_bucket(fake: FakeDiscord) -> None:
    """Its requests spent, discord.py waits as the headers say and meets no 429."""
    fake.buckets.token = Rate(1, 0.3)
    asked = fake.member("ada").slash("ask", question="x")
    await fake.until(lambda: asked.followups)
    edit, followup = (call.at for call in fake.log if call.route.startswith("/webhooks"))
    assert followup - edit >= 0.25
    assert fake.too_many == 0


@pytest.mark.usefixtures("bot")
async def test_webhook_posts_have_a_hidden_limit_per_channel(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    """30 posts in 60 s from all interactions of a channel; no header tells of it."""
    fake.buckets.posts = Rate(1, 60.0)
    asked = fake.member("ada").slash("ask", question="x")
    await fake.until(lambda: asked.followups)
    async with http.post(
        f"{fake.api_base}/webhooks/{BOT}/{asked.token}", json={"content": "x"}
    ) as r:
        assert r.status == 429
        assert int(r.headers["X-RateLimit-Remaining"]) > 0


@pytest.mark.usefixtures("bot")
async def test_the_global_limit_spares_interactions(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    """Over 50 requests a second the bot's routes are refused; a callback is not."""
    fake.buckets.overall = Rate(3, 60.0)
    for _ in range(4):
        async with http.get(f"{fake.api_base}/users/@me") as response:
            body = await response.json()
    assert (response.status, body["global"]) == (429, True)
    assert response.headers["X-RateLimit-Scope"] == "global"
    asked = fake.member("ada").slash("ask", question="x")
    await fake.until(lambda: asked.followups)


@pytest.mark.usefixtures("bot")
async def test_a_hundred_answers_at_once_are_all_given(fake: FakeDiscord) -> None:
    """The fake keeps up with a hundred members who ask at the same moment."""
    fake.latency = 0.02
    fake.buckets.posts = None
    asked = [fake.member(f"m{i}").slash("ask", question="x") for i in range(100)]
    await asyncio.wait_for(fake.until(lambda: all(a.followups for a in asked)), 20)
    assert (fake.too_many, fake.refused) == (0, [])
