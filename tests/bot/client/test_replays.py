"""`/demo replay:`: a run card that a member brings is played as a recording, or refused."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.client.bot import StudyBot
from bot.present import attachments
from bot.runcard import LARGEST
from tests.bot.client.script import Script, messages, running_bot
from tests.bot.stagehands import THINKS, demos_on
from tests.bot.test_runcard import ORDER, recorded
from tests.doubles.discord import FakeDiscord, Interaction, Message, Upload
from tests.doubles.ollama import FakeModel, FakeOllama

CDN = "/attachments/{id}/{name}"
LABEL = re.compile(r"A recording of \d{4}-\d\d-\d\d \d\d:\d\d UTC from a file, not a live run")


@pytest.fixture
async def card() -> dict[str, Any]:
    """Return the run card of a short demo."""
    models = [
        FakeModel("toy:1b-text-q4_K_M", ("And ", "on ", "it ", "goes."), tokens_per_second=40.0),
        FakeModel("toy:1b-instruct-q4_K_M", ("An ", "answer.")),
        FakeModel("toy:1b-r-q4_K_M", ("Five.",), ("Let me see.",), capabilities=THINKS),
    ]
    async with FakeOllama(models, num_parallel=4) as ollama, demos_on(ollama) as demos:
        made = (await recorded(demos.run(ORDER))).card()
    assert made is not None
    told: dict[str, Any] = json.loads(made.model_dump_json())
    return told


@pytest.fixture
async def bot(fake: FakeDiscord, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, Script([]), tmp_path) as running:
        yield running


pytestmark = pytest.mark.usefixtures("bot")


def upload(card: Any) -> Upload:
    data = card if isinstance(card, bytes) else json.dumps(card).encode()
    return Upload("card.json", "application/json", data)


def play(fake: FakeDiscord, card: Any, **more: Any) -> Interaction:
    return fake.member("ada").slash("demo", replay=upload(card), **more)


async def ended(fake: FakeDiscord, asked: Interaction) -> Message:
    await fake.until(lambda: any(m.files for m in messages(fake, asked)))
    (message,) = messages(fake, asked)
    return message


async def refusal(fake: FakeDiscord, asked: Interaction) -> str:
    await fake.until(lambda: (m := fake.original(asked)) is not None and m.text)
    (message,) = messages(fake, asked)
    return message.text


async def test_an_uploaded_card_plays_with_its_timing_and_every_state_says_what_it_is(
    fake: FakeDiscord, card: dict[str, Any]
) -> None:
    """And what Export gives of it can be played again, with the same date."""
    for step in card["steps"]:
        step["at"] *= 10
    message = await ended(fake, play(fake, card))
    began, *_, (over, _) = [state for state in message.history if state[1]["components"]]
    assert over - began[0] >= card["steps"][-1]["at"] - 0.3 > 0.3
    states = [Message("", "", payload).text for _, payload in message.history]
    playing = [text for text in states if "Five." in text or "And" in text]
    assert len(playing) > 1
    assert all(LABEL.search(text) for text in playing)
    assert "And on it goes." in message.text
    with pytest.raises(LookupError):
        fake.member("ada").click(message, "Again")
    pressed = fake.member("ada").click(message, "Export")
    await fake.until(lambda: fake.original(pressed))
    files = fake.messages[pressed.original or ""].files.values()
    (again,) = [file.data for file in files if file.name.endswith(".json")]
    assert json.loads(again)["recorded"] == card["recorded"]
    assert LABEL.search((await ended(fake, play(fake, again))).text)
    assert fake.refused == []


async def test_what_a_card_says_pings_nobody_and_hides_no_link(
    fake: FakeDiscord, card: dict[str, Any]
) -> None:
    """A hostile text stands wherever a card has one; none of it is live in any message."""
    evil = "@everyone <@1> [free](https://evil.example)"
    for name in ("prompt", "title", "plan", "engine_version", "lineup"):
        card[name] = evil
    card["fairness"] = card["notices"] = [evil]
    for pane in card["contenders"]:
        for name in ("text", "thinking", "rendered_prompt", "rendered_how", "label"):
            pane[name] = evil
        pane["notices"] = [evil]
        pane["contender"] |= {"label": evil, "tag": "a:b-q4_0[free](x)<@1>@everyone"}
    for step in card["steps"]:
        step["text"] = step["thinking"] = evil
    ada = fake.member("ada")
    message = await ended(fake, play(fake, card))
    shown = [message]
    for label in ("What it saw", "Whole texts", "Thinking"):
        pressed = ada.click(message, label)
        await fake.until(lambda p=pressed: fake.original(p))  # type: ignore[misc]  # mypy does not infer it
        shown.append(fake.messages[pressed.original or ""])
    for each in shown:
        for _, payload in each.history:
            text = Message("", "", payload).text
            # In code a link is text: what a model saw is shown as it was.
            assert "](" not in re.sub(r"```.*?```", "", text, flags=re.DOTALL)
            assert not re.search(r"@everyone|<@1>", text)
    assert fake.refused == []


async def test_a_card_that_cannot_be_one_is_refused_with_a_sentence(
    fake: FakeDiscord, card: dict[str, Any]
) -> None:
    for wrong in (b"", b"\x89PNG", b"[]", {**card, "seed": "7"}, {**card, "@here": 1}):
        told = await refusal(fake, play(fake, wrong))
        assert "This is no run card" in told
        assert "@here" not in told
    assert "alone" in await refusal(fake, play(fake, card, prompt="Why?"))


async def test_a_file_that_is_too_large_or_not_discords_is_not_fetched(
    fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "larger than the 4 MB" in await refusal(fake, play(fake, b" " * (LARGEST + 1)))
    monkeypatch.setattr("discord.http.Route.BASE", "https://discord.com/api/v10")
    assert not attachments._kept_by_discord(f"{fake.api_base}/x")
    for host in ("cdn.discordapp.com", "media.discordapp.net"):
        assert attachments._kept_by_discord(f"https://{host}/attachments/1/card.json")
    for url in (
        "http://cdn.discordapp.com/x",
        "https://cdn.discordapp.com.evil.example/x",
        "https://cdn.discordapp.com@evil.example/x",
        "https://evil.example/cdn.discordapp.com",
        "file:///etc/passwd",
    ):
        assert not attachments._kept_by_discord(url), url
    assert fake.calls("GET", CDN) == []


async def test_a_file_that_cannot_be_fetched_or_grew_is_said_to_be_so(
    fake: FakeDiscord, card: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.faults.status("GET", "/attachments", 404)
    assert "could not fetch" in await refusal(fake, play(fake, card))
    monkeypatch.setattr(attachments, "WITHIN", 0.2)
    fake.faults.hang("GET", "/attachments", 1.0)
    assert "could not fetch" in await refusal(fake, play(fake, card))
    # Discord tells a size of its own; what comes is measured again.
    fake.faults.status("GET", "/attachments", 200, body=b" " * (LARGEST + 1))
    assert "larger than the 4 MB" in await refusal(fake, play(fake, card))


async def test_one_recording_plays_for_a_member_at_a_time(
    fake: FakeDiscord, card: dict[str, Any]
) -> None:
    card["steps"][-1]["at"] = 90.0
    first = play(fake, card)
    await fake.until(lambda: any("A recording" in m.text for m in messages(fake, first)))
    assert "A recording still plays for you" in await refusal(fake, play(fake, card))
    (message,) = messages(fake, first)
    fake.member("ada").click(message, "Stop")
    assert "You stopped this demo" in (await ended(fake, first)).text
