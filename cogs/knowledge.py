"""`/knowledge`: what the curators of a server add to its lessons."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices


class Knowledge(
    commands.GroupCog,
    group_name="knowledge",
    group_description="Look after the lessons of this server.",
):
    """The group; who may use it is looked at again at the desk."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Add a document; it waits until a curator approves it.")
    @app_commands.describe(
        file="md, txt, html, ipynb (2 MiB), pdf, docx (10 MiB)",
        title="What it is called; else its own title",
    )
    async def add(
        self,
        interaction: discord.Interaction[StudyBot],
        file: discord.Attachment,
        title: app_commands.Range[str, 1, 150] = "",
    ) -> None:
        """Hand the file to the desk."""
        await self.bot.curation.add(interaction, file, title)

    @app_commands.command(description="See what waits for approval, passage by passage.")
    async def queue(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Show the queue."""
        await self.bot.curation.show(interaction, waiting=True)

    @app_commands.command(name="list", description="See the documents of this server.")
    async def list_(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Show all documents."""
        await self.bot.curation.show(interaction, waiting=False)

    @app_commands.command(description="Let a document become a lesson of this server.")
    @app_commands.describe(document="A document that waits")
    async def approve(self, interaction: discord.Interaction[StudyBot], document: str) -> None:
        """Hand the decision to the desk."""
        await self.bot.curation.decide(interaction, document, approve=True)

    @app_commands.command(description="Remove a document, and what was answered from it.")
    @app_commands.describe(document="The document")
    async def remove(self, interaction: discord.Interaction[StudyBot], document: str) -> None:
        """Hand the decision to the desk."""
        await self.bot.curation.decide(interaction, document, approve=False)

    @app_commands.command(description="Bring the index in line with the lessons.")
    async def reindex(self, interaction: discord.Interaction[StudyBot]) -> None:
        """Hand the wish to the desk."""
        await self.bot.curation.reindex(interaction)

    @approve.autocomplete("document")
    async def _waiting(self, interaction: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(await self.bot.curation.suggest(interaction, typed, waiting=True))

    @remove.autocomplete("document")
    async def _all(self, interaction: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(await self.bot.curation.suggest(interaction, typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Knowledge(bot))
