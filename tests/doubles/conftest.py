"""Fixtures of the doubles' own tests: the fake Discord, and a small real bot connected to it."""

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import discord
import pytest
from discord import app_commands, ui

from tests.doubles.discord import FakeDiscord


class Buttons(ui.View):
    """A button."""

    @ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _button: ui.Button["Buttons"]) -> None:
        """Edit the message that carries the button."""
        await interaction.response.edit_message(content="pressed")


class SmallBot(discord.Client):
    """The real client with a few commands."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []
        ask: app_commands.Command[app_commands.Group, ..., None] = app_commands.Command(
            name="ask", description="Ask", callback=self.ask
        )
        ask.autocomplete("question")(self.suggest)
        self.tree.add_command(ask)
        files = app_commands.Group(name="files", description="Files")
        measure: app_commands.Command[app_commands.Group, ..., None] = app_commands.Command(
            name="measure", description="Measure", callback=self.measure
        )
        files.add_command(measure)
        self.tree.add_command(files)

    async def setup_hook(self) -> None:
        """Register the commands."""
        await self.tree.sync()

    async def ask(self, interaction: discord.Interaction, question: str) -> None:
        """Defer, edit, follow up with a file."""
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"You asked: {question}", view=Buttons())
        note = discord.File(io.BytesIO(question.encode()), "question.txt")
        await interaction.followup.send("the question", file=note)

    async def measure(
        self, interaction: discord.Interaction, file: discord.Attachment, times: int = 1
    ) -> None:
        """Read an attached file from the CDN and say what it is."""
        data = await file.read()
        told = f"{file.filename}: {file.size} bytes, {data.decode() * times}"
        await interaction.response.send_message(told)

    async def suggest(
        self, _interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer two endings."""
        return [app_commands.Choice(name=current + end, value=current + end) for end in "ab"]

    async def on_message(self, message: discord.Message) -> None:
        """Remember what others wrote; answer when mentioned."""
        if message.author != self.user:
            self.heard.append(message.content)
            if self.user in message.mentions:
                await message.reply("heard")


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """Yield a fake Discord, which checks against the OpenAPI document DISCORD_OPENAPI names."""
    path = os.environ.get("DISCORD_OPENAPI")  # noqa: TID251 - this fixture is its only reader
    async with FakeDiscord(Path(path) if path else None) as discord_:
        yield discord_


@pytest.fixture
async def bot(fake: FakeDiscord) -> AsyncIterator[SmallBot]:
    """Yield the small bot, ready."""
    with fake.install():
        client = SmallBot()
        # Discord sends its guilds one by one; the fake's one guild is there at once.
        client._connection.guild_ready_timeout = 0.05
        async with client:
            await client.login(fake.token)
            connection = client.loop.create_task(client.connect())
            await client.wait_until_ready()
            yield client
            await client.close()
            await connection


@pytest.fixture
async def http(fake: FakeDiscord) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a bare HTTP client with the bot's token, to send what discord.py would refuse."""
    headers = {"Authorization": f"Bot {fake.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield session
