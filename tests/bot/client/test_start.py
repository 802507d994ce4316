"""Starting and ending: few intents, commands registered when they changed, a token refused."""

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.client.invite import PERMISSIONS, invite_url
from bot.client.run import run_discord
from bot.errors import SettingsInvalid
from bot.present.intake import LEAVING
from bot.settings import Settings, read_settings
from tests.bot.client.script import Script, body, running_bot
from tests.doubles.discord import FakeDiscord
from tests.doubles.ollama import FakeModel, FakeOllama


async def test_the_bot_asks_for_no_privileged_intent_and_keeps_no_caches(bot: StudyBot) -> None:
    privileged = ("members", "presences", "message_content")
    assert not any(getattr(bot.intents, name) for name in privileged)
    assert bot._connection.max_messages is None
    assert len(bot.cached_messages) == 0
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict()["parse"] == []


async def test_commands_are_registered_only_when_they_changed(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    for expected in (1, 1):
        async with running_bot(fake, script, tmp_path):
            assert sum(call.method == "PUT" for call in fake.log) == expected
    (tmp_path / "commands.json").write_text("{broken", "utf-8")
    async with running_bot(fake, script, tmp_path):
        assert sum(call.method == "PUT" for call in fake.log) == 2


async def test_a_development_server_gets_the_commands_for_itself(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    guild = int(fake.guild()["id"])
    async with running_bot(fake, script, tmp_path, discord_guild=guild):
        (call,) = [call for call in fake.log if call.method == "PUT"]
        assert f"/guilds/{guild}/commands" in call.path


async def test_d17_a_token_that_discord_refuses_is_told_in_a_sentence(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    with fake.install(), pytest.raises(SettingsInvalid, match="does not take the DISCORD_TOKEN"):
        await run_discord(Settings(data_dir=tmp_path, discord_token="wrong"))  # type: ignore[arg-type]  # pydantic makes it a secret


@asynccontextmanager
async def child(fake: FakeDiscord, data_dir: Path, ollama: str) -> AsyncIterator[Process]:
    """Run the bot as a process of its own, which is gone at the end."""
    environment = {
        **os.environ,  # noqa: TID251  the child needs the search path
        "DISCORD_TOKEN": fake.token,
        "DISCORD_API_BASE": fake.api_base,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
        "DATA_DIR": str(data_dir),
        "OLLAMA_HOST": ollama,
        "ASK_MODEL": "tiny:1b",
    }
    command = (sys.executable, "-m", "bot", "run")
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a2_sigterm_ends_the_process_while_the_index_is_made(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    """Connected within seconds of the start, gone with 0, and a last question is told why."""
    async with child(fake, tmp_path, "127.0.0.1:1") as process:
        began = time.monotonic()
        await fake.until(lambda: fake.gateway.identified and fake.commands, within=30.0)
        assert time.monotonic() - began < 20  # the aim is 3 s on an idle machine
        asked = fake.member("ada").slash("ask", question="What is a base model?")
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert await asyncio.wait_for(process.wait(), 30.0) == 0
        assert time.monotonic() - began < 20  # as below
        message = fake.original(asked)
        assert message is not None
        assert LEAVING in message.text


async def test_a2_sigterm_closes_live_messages_with_a_notice_and_the_model(
    fake: FakeDiscord, shipped_data: Path, tmp_path: Path
) -> None:
    """What was written stays; the exit code is 0 within ten seconds (with slack for a busy CI)."""
    data = tmp_path / "data"
    shutil.copytree(shipped_data, data)
    words = [f"word{i} " for i in range(5000)]
    model = FakeModel("tiny:1b", tokens=words, tokens_per_second=20)
    async with FakeOllama([model]) as ollama, child(fake, data, ollama.url) as process:
        await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
        asked = fake.member("ada").slash("ask", question="What is a base model?")
        await fake.until(
            lambda: (m := fake.original(asked)) is not None and "word3" in m.text, within=90.0
        )
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert await asyncio.wait_for(process.wait(), 30.0) == 0
        assert time.monotonic() - began < 20  # ten on an idle machine
        message = fake.original(asked)
        assert message is not None
        assert LEAVING in message.text
        assert "word3" in body(message)
        assert "Writing" not in message.text
        assert ollama.generations[-1].closed_early_at is not None


async def test_a_further_address_of_discord_may_only_be_this_machine(tmp_path: Path) -> None:
    """Whoever gets the token is the bot: a setting may not send it elsewhere."""
    for name in ("discord_api_base", "discord_gateway_url"):
        with pytest.raises(SettingsInvalid, match=r"only an address of this machine"):
            read_settings(**{name: "https://discord.evil.example/api"})
        assert read_settings(**{name: "http://127.0.0.1:1/"}, data_dir=tmp_path)


def test_the_invitation_asks_for_the_least() -> None:
    url = invite_url(42)
    assert "client_id=42" in url
    assert f"permissions={PERMISSIONS.value}" in url
    assert not PERMISSIONS.administrator
    assert not PERMISSIONS.mention_everyone
    assert PERMISSIONS.value == 17901423807488
