"""What Discord refuses, the fake refuses, and remembers."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.doubles.discord import FakeDiscord, Interaction
from tests.doubles.discord.payloads import BOT, GENERAL

V2 = 1 << 15
ASK = {"name": "ask", "description": "Ask", "type": 1}


def button(n: int = 0, **changes: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "b", "custom_id": f"b{n}"} | changes


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def v2(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(components)} | fields


def select(count: int, **changes: Any) -> dict[str, Any]:
    options = [{"label": f"{i}", "value": f"{i}"} for i in range(count)]
    return {"type": 3, "custom_id": "s", "options": options} | changes


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("content", {"content": "x" * 2001}),
    ("embeds", {"embeds": [{"title": "x"}] * 11}),
    ("embeds", {"embeds": [{"description": "x" * 3001}] * 2}),
    ("components", {"components": [row(button(i)) for i in range(6)]}),
    ("components.0.components", {"components": [row(*(button(i) for i in range(6)))]}),
    ("components.0.components.0.label", {"components": [row(button(label="x" * 81))]}),
    ("components.0.components.0.custom_id", {"components": [row(button(custom_id="x" * 101))]}),
    ("components.0.components.1.custom_id", {"components": [row(button(), button())]}),
    ("components.0", {"components": [row(button(), select(2))]}),
    ("components.0.components.0.options", {"components": [row(select(26))]}),
    ("components.0.components.0.max_values", {"components": [row(select(2, max_values=3))]}),
    ("components.0.type", {"components": [text("without the flag")]}),
    ("content", v2(text("x"), content="both")),
    ("embeds", v2(text("x"), embeds=[{"title": "x"}])),
    ("components", v2(*(text("x") for _ in range(41)))),
    ("components", v2({"type": 17, "components": [text("x") for _ in range(40)]})),
    ("components", v2(text("x" * 2001), {"type": 17, "components": [text("x" * 2000)]})),
    ("components.0.accessory", v2({"type": 9, "components": [text("x")]})),
    ("components", v2({"type": 13, "file": {"url": "attachment://missing"}})),
    ("attachments", {"content": "x", "attachments": [{"id": "7"}]}),
    (
        "allowed_mentions",
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    ),
]


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """Yield a fake without the OpenAPI document: here its own rules are tested."""
    async with FakeDiscord() as discord_:
        yield discord_


def at(errors: dict[str, Any], path: str) -> Any:
    for part in path.split("."):
        errors = errors.get(part, {})
    return errors.get("_errors")


@pytest.mark.parametrize(("path", "body"), REFUSED)
async def test_a_body_over_a_limit_is_refused_where_it_is_wrong(
    fake: FakeDiscord, http: aiohttp.ClientSession, path: str, body: dict[str, Any]
) -> None:
    async with http.post(f"{fake.api_base}/channels/{GENERAL}/messages", json=body) as response:
        answer = await response.json()
    assert (response.status, answer["code"]) == (400, 50035)
    assert at(answer["errors"], path)
    assert [refused.body for refused in fake.refused] == [body]
    assert fake.messages == {}


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"embeds": [{"description": "x" * 3000}] * 2},
        {"components": [row(*(button(5 * r + i) for i in range(5))) for r in range(5)]},
        v2(*(text("x" * 100) for _ in range(40))),
        {"components": [row(select(25))]},
    ],
)
async def test_a_body_at_the_limit_is_accepted(
    fake: FakeDiscord, http: aiohttp.ClientSession, body: dict[str, Any]
) -> None:
    async with http.post(f"{fake.api_base}/channels/{GENERAL}/messages", json=body) as response:
        assert response.status == 200, await response.text()
    assert fake.refused == []


async def test_an_empty_message_and_a_file_too_large_are_refused(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    url = f"{fake.api_base}/channels/{GENERAL}/messages"
    async with http.post(url, json={"content": ""}) as response:
        assert (await response.json())["code"] == 50006
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("files[0]", io.BytesIO(b"x" * (10 * 2**20 + 1)), filename="large.bin")
    async with http.post(url, data=form) as response:
        assert response.status == 413
    assert [refused.code for refused in fake.refused] == [50006, 40005]


async def test_components_v2_stay_on_a_message(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    url = f"{fake.api_base}/channels/{GENERAL}/messages"
    async with http.post(url, json=v2(text("one"))) as response:
        message = fake.messages[(await response.json())["id"]]
    for body in ({"flags": 0}, {"content": "text"}):
        async with http.patch(f"{url}/{message.id}", json=body) as response:
            assert response.status == 400
    async with http.patch(f"{url}/{message.id}", json={"components": [text("two")]}) as response:
        assert response.status == 200
    assert (message.text, message.payload["flags"] & V2) == ("two", V2)


def ask(fake: FakeDiscord) -> Interaction:
    fake.commands[""] = [{"id": "1", "options": []} | ASK]
    return fake.member("ada").slash("ask")


async def respond(
    fake: FakeDiscord, http: aiohttp.ClientSession, asked: Interaction, body: dict[str, Any]
) -> int:
    url = f"{fake.api_base}/interactions/{asked.id}/{asked.token}/callback"
    async with http.post(url, json=body) as response:
        return 0 if response.status == 204 else int((await response.json())["code"])


async def test_an_interaction_is_answered_once_and_in_time(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    asked = ask(fake)
    assert await respond(fake, http, asked, {"type": 5}) == 0
    assert await respond(fake, http, asked, {"type": 5}) == 40060
    fake.member("ada").age = 3.5
    assert await respond(fake, http, ask(fake), {"type": 5}) == 10062


async def test_a_token_opens_after_the_answer_and_dies_after_15_minutes(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    asked = ask(fake)
    url = f"{fake.api_base}/webhooks/{BOT}/{asked.token}/messages"

    async def edit(which: str) -> int:
        async with http.patch(f"{url}/{which}", json={"content": "x"}) as response:
            return int((await response.json()).get("code", 0))

    assert await edit("@original") == 10015
    await respond(fake, http, asked, {"type": 5})
    assert await edit("@original") == 0
    assert await edit("12345") == 10008
    asked.born -= 901
    assert await edit("@original") == 50027


async def test_ephemeral_is_decided_by_the_defer(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    """The followup right after a defer fills the deferred message and cannot change it."""
    asked = ask(fake)
    await respond(fake, http, asked, {"type": 5, "data": {"flags": 64}})
    url = f"{fake.api_base}/webhooks/{BOT}/{asked.token}"
    async with http.post(url, json={"content": "secret"}) as response:
        message = fake.messages[(await response.json())["id"]]
    assert (message.id, message.ephemeral) == (asked.original, True)
    channel = f"{fake.api_base}/channels/{GENERAL}/messages/{message.id}"
    async with http.get(channel) as response:
        assert (await response.json())["code"] == 10008


@pytest.mark.parametrize(
    "body",
    [
        {"type": 7, "data": {"content": "a command has no message to update"}},
        {"type": 5, "data": {"flags": V2}},
        {"type": 4, "data": {"content": "x" * 2001}},
        {"type": 8, "data": {"choices": []}},
        {"type": 9, "data": {"custom_id": "m", "title": "x", "components": [row()]}},
    ],
)
async def test_a_callback_that_does_not_fit_is_refused(
    fake: FakeDiscord, http: aiohttp.ClientSession, body: dict[str, Any]
) -> None:
    asked = ask(fake)
    assert await respond(fake, http, asked, body) == 50035
    assert asked.response is None


@pytest.mark.usefixtures("bot")
async def test_too_many_choices_are_refused(fake: FakeDiscord) -> None:
    """discord.py sends as many as it is given; nothing reaches the member."""
    tokens = fake.member("ada").autocomplete("ask", "question", question="x")
    await fake.until(lambda: tokens.response)
    late = fake.member("ada").autocomplete("ask", "question", question="x" * 100)
    await fake.until(lambda: fake.refused)
    assert late.choices is None


@pytest.mark.parametrize(
    "commands",
    [
        [ASK, ASK],
        [ASK | {"name": "Ask"}],
        [ASK | {"description": "x" * 101}],
        [ASK | {"name": f"a{i}"} for i in range(101)],
    ],
)
async def test_commands_over_the_limits_are_refused(
    fake: FakeDiscord, http: aiohttp.ClientSession, commands: list[dict[str, Any]]
) -> None:
    url = f"{fake.api_base}/applications/{BOT}/commands"
    async with http.put(url, json=commands) as response:
        assert (await response.json())["code"] == 50035
    assert fake.commands == {}


async def test_mentions_ping_only_whom_they_may(
    fake: FakeDiscord, http: aiohttp.ClientSession
) -> None:
    """By default a message pings everybody it names; an empty parse pings nobody."""
    ada = fake.member("ada")
    url = f"{fake.api_base}/channels/{GENERAL}/messages"
    body: dict[str, Any] = {"content": f"@everyone <@{ada.id}>"}
    async with http.post(url, json=body) as response:
        loud = await response.json()
    async with http.post(url, json=body | {"allowed_mentions": {"parse": []}}) as response:
        quiet = await response.json()
    assert (loud["mention_everyone"], [u["id"] for u in loud["mentions"]]) == (True, [ada.id])
    assert (quiet["mention_everyone"], quiet["mentions"]) == (False, [])
