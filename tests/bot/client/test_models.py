"""`/models` as members and organisers see it: the real bot between both doubles."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from tests.bot.client.script import Script, messages, running_bot
from tests.bot.client.test_front_door import checked
from tests.doubles.discord import FakeDiscord, Interaction, Message, payloads
from tests.doubles.discord.member import Member
from tests.doubles.ollama import FakeModel, FakeOllama, Fault

BASE, INSTRUCT = "llama3.2:1b-text-q4_K_M", "llama3.2:1b-instruct-q4_K_M"
GUILD = int(payloads.made("guild")["id"])
CURATORS = "500000000000000001"


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    library = [FakeModel(INSTRUCT, pull_seconds=1.5, size=1_000_000_000)]
    async with FakeOllama([FakeModel(BASE, base=True)], library=library) as fake:
        yield fake


@pytest.fixture
async def bot(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StudyBot]:
    # However full the disk is on which this runs.
    monkeypatch.setattr("bot.wiring.free_space", lambda *_args: 50 * 10**9)
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as running:
        yield running


pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
def ordinary(fake: FakeDiscord) -> Member:
    """Return a member without any permission to manage."""
    eve = fake.member("eve")
    eve.permissions = "3072"
    return eve


async def told(fake: FakeDiscord, asked: Interaction, words: str = "") -> Message:
    """Wait until the answer of an interaction has these words."""
    await fake.until(lambda: any(words in m.text and m.text for m in messages(fake, asked)), 20.0)
    (message,) = messages(fake, asked)
    return message


async def test_the_list_tells_what_is_there_loaded_and_lacking(
    fake: FakeDiscord, ordinary: Member
) -> None:
    message = await told(fake, ordinary.slash("models list"))
    assert message.ephemeral
    assert f"**{BASE}**" in message.text
    assert "base · 2.02 GB · 3.2B parameters · Q4_K_M · completion" in message.text
    assert "in memory: 2.02 GB, 100% of it on a GPU, for" in message.text
    assert "lacks 2 of 3" in message.text
    assert f"`ollama pull {INSTRUCT}`" in message.text
    assert "/models pull" not in message.text
    assert "/models pull" in (await told(fake, fake.member("ada").slash("models list"))).text
    checked(fake)


async def test_an_organiser_pulls_a_model_and_sees_how_far_it_is_in_one_message(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    pulling = fake.member("ada").slash("models pull", model=INSTRUCT)
    message = await told(fake, pulling, "is installed: 1.00 GB")
    states = [Message("", "", payload).text for _, payload in message.history]
    assert any("% of 1.00 GB" in text and "█" in text for text in states)
    assert len(states) < 12
    assert INSTRUCT in ollama.models
    with pytest.raises(LookupError):
        fake.member("ada").click(message, "Stop")
    checked(fake)


async def test_stop_ends_the_download_for_organisers_alone(
    fake: FakeDiscord, ollama: FakeOllama, ordinary: Member
) -> None:
    slow = replace(ollama.library[INSTRUCT], pull_seconds=60.0)
    ollama.library[INSTRUCT] = slow
    message = await told(fake, fake.member("ada").slash("models pull", model=INSTRUCT), "%")
    press = ordinary.click(message, "Stop")
    assert "may manage" in (await told(fake, press)).text
    fake.member("ada").click(message, "Stop")
    pull = next(r for r in ollama.requests if r.path == "/api/pull")
    await fake.until(lambda: pull.closed_early_at, 2.0)
    await fake.until(lambda: "It was stopped" in message.text)
    assert INSTRUCT not in ollama.models
    checked(fake)


async def test_a_pull_that_fails_or_is_not_offered_says_so(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    ada = fake.member("ada")
    ollama.fail_next(Fault("error_line", 3, text="no space left on device"))
    assert "is full" in (await told(fake, ada.slash("models pull", model=INSTRUCT), "⚠️")).text
    evil = await told(fake, ada.slash("models pull", model="[x](https://e.example) @here"), "⚠️")
    assert "line-ups name" in evil.text
    assert "](" not in evil.text
    assert "@here" not in evil.text
    checked(fake)


async def test_preload_and_unload_tell_what_became_of_it(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    ada = fake.member("ada")
    out = await told(fake, ada.slash("models unload", model=BASE), "✅")
    assert "is out of memory" in out.text
    assert BASE not in ollama.resident()
    held = await told(fake, ada.slash("models preload", model=BASE), "✅")
    assert "is in memory after" in held.text
    assert "it takes 2.02 GB, and stays for 30 min more" in held.text
    assert BASE in ollama.resident()
    checked(fake)


async def test_who_is_no_organiser_changes_nothing_and_a_curator_does(
    fake: FakeDiscord, bot: StudyBot, ollama: FakeOllama, ordinary: Member
) -> None:
    for verb in ("pull", "preload", "unload"):
        refused = await told(fake, ordinary.slash(f"models {verb}", model=BASE))
        assert "may manage this server, and its curators" in refused.text
        assert refused.ephemeral
    ada = fake.member("ada")
    ada.channel = fake.private_channel(ada.id)["id"]
    assert "may manage" in (await told(fake, ada.slash("models unload", model=BASE))).text
    assert not [
        r for r in ollama.requests if r.path == "/api/pull" or r.body.get("keep_alive") == 0
    ]
    assert BASE in ollama.resident()
    role = int(payloads.made("role")["id"])
    await bot.services.records.servers.change(ServerSettings(GUILD, curator_role=role))
    ordinary.roles = [str(role)]
    assert "✅" in (await told(fake, ordinary.slash("models unload", model=BASE), "✅")).text


async def test_the_roster_is_a_picture_told_in_words_and_one_system_can_be_asked_for(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    message = await told(fake, fake.member("ada").slash("models roster"))
    assert message.ephemeral
    assert message.file.data.startswith(b"\x89PNG")
    gallery = next(c for c in message.payload["components"] if c["type"] == 12)
    words = gallery["items"][0]["description"]
    for system in bot.services.systems:
        assert f"**{system.name}** · {system.maker}" in message.text
        assert system.name in words
    assert "GPT-4 (retired)" in words
    one = await told(fake, fake.member("ada").slash("models roster", system="mixtral"))
    assert "mixtral:8x7b-text-v0.1-q4_K_M at ollama" in one.text
    none = await told(fake, fake.member("ada").slash("models roster", system="nothing"))
    assert "no such system" in none.text
    checked(fake)


async def test_rows_that_are_too_old_are_told_to_organisers(
    fake: FakeDiscord, bot: StudyBot, ordinary: Member
) -> None:
    old = replace(bot.services.systems[0], fresh_days=-1)
    bot.model_desk._systems = (old, *bot.services.systems[1:])
    flag = f"1 of {len(bot.services.systems)} rows were checked too long ago: {old.name}"
    assert flag in (await told(fake, fake.member("ada").slash("models roster"))).text
    assert flag not in (await told(fake, ordinary.slash("models roster"))).text


async def test_an_engine_that_is_away_is_one_sentence(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    await ollama.go_down()
    message = await told(fake, fake.member("ada").slash("models list"))
    assert "cannot be reached" in message.text
    typed = fake.member("ada").autocomplete("models preload", "model", model="llama3.2:1b")
    await fake.until(lambda: typed.response)
    assert INSTRUCT in [choice["value"] for choice in typed.choices or ()]
    checked(fake)


async def test_a_bot_that_stops_ends_a_pull_with_a_notice(
    fake: FakeDiscord, bot: StudyBot, ollama: FakeOllama
) -> None:
    ollama.library[INSTRUCT] = replace(ollama.library[INSTRUCT], pull_seconds=60.0)
    message = await told(fake, fake.member("ada").slash("models pull", model=INSTRUCT), "%")
    await bot.close()
    assert "being restarted" in message.text
    pull = next(r for r in ollama.requests if r.path == "/api/pull")
    await fake.until(lambda: pull.closed_early_at, 2.0)
