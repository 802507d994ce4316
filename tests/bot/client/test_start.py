"""Starting and ending: few intents, commands registered when they changed, a token refused."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bot.client.bot import PERMISSIONS, StudyBot, invite_url
from bot.client.run import run_discord
from bot.errors import SettingsInvalid
from bot.settings import Settings
from tests.bot.client.script import Script, running_bot
from tests.doubles.discord import FakeDiscord

SERVE = """
import asyncio
from bot.client.run import run_discord
from bot.settings import read_settings
asyncio.run(run_discord(read_settings()))
"""


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


async def test_a_token_that_discord_refuses_is_told_in_a_sentence(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    with fake.install(), pytest.raises(SettingsInvalid, match="does not take the DISCORD_TOKEN"):
        await run_discord(Settings(data_dir=tmp_path, discord_token="wrong"))  # type: ignore[arg-type]  # pydantic makes it a secret


async def test_sigterm_ends_the_process_with_a_farewell(fake: FakeDiscord, tmp_path: Path) -> None:
    """Connected within seconds of the start, and gone with exit code 0 after SIGTERM."""
    environment = {
        **os.environ,  # noqa: TID251  the child needs the search path
        "DISCORD_TOKEN": fake.token,
        "DISCORD_API_BASE": fake.api_base,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
        "DATA_DIR": str(tmp_path),
        "OLLAMA_HOST": "127.0.0.1:1",
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, env=environment)
    began = time.monotonic()
    await fake.until(lambda: fake.gateway.identified and fake.commands, within=30.0)
    assert time.monotonic() - began < 20  # the aim is 3 s on an idle machine
    asked = fake.member("ada").slash("ask", question="What is a base model?")
    await fake.until(lambda: asked.response, within=5.0)
    child.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(child.wait(), 30.0) == 0
    message = fake.original(asked)
    assert message is not None
    assert message.text


def test_the_invitation_asks_for_the_least() -> None:
    url = invite_url(42)
    assert "client_id=42" in url
    assert f"permissions={PERMISSIONS.value}" in url
    assert not PERMISSIONS.administrator
    assert not PERMISSIONS.mention_everyone
    assert PERMISSIONS.value == 309237763072
