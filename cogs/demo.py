"""`/demo`: one prompt, several training stages, live in one message."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import StudyBot
from bot.present.choices import Choices, choices


class Demo(commands.Cog):
    """The command and its autocomplete."""

    def __init__(self, bot: StudyBot) -> None:
        self.bot = bot

    @app_commands.command(description="Watch models of different training stages answer at once.")
    @app_commands.describe(
        prompt="What all of them get",
        demo="A prepared demo that shows something",
        lineup="Which models; else the best that are there",
        stages="Only these stages",
        blind="Without names, until you reveal them; everybody may vote",
        predict="First members say what each will do; then you start it",
        replay="A run card (a file of Export): that recording is played again",
    )
    async def demo(
        self,
        interaction: discord.Interaction[StudyBot],
        prompt: app_commands.Range[str, 1, 4000] | None = None,
        demo: str | None = None,
        lineup: str | None = None,
        stages: str = "",
        blind: bool = False,  # noqa: FBT001, FBT002  discord.py passes options by name
        predict: bool = False,  # noqa: FBT001, FBT002  as above
        replay: discord.Attachment | None = None,
    ) -> None:
        """Hand the wish to the desk of demos."""
        await self.bot.demo_desk.show(
            interaction,
            prompt=prompt,
            demo=demo,
            lineup=lineup,
            stages=stages,
            blind=blind,
            predict=predict,
            card=replay,
        )

    @demo.autocomplete("demo")
    async def _demos(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(self.bot.demo_desk.suggest_demos(typed))

    @demo.autocomplete("lineup")
    async def _lineups(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(self.bot.demo_desk.suggest_lineups(typed))

    @demo.autocomplete("stages")
    async def _stages(self, _: discord.Interaction[StudyBot], typed: str) -> Choices:
        return choices(self.bot.demo_desk.suggest_stages(typed))


async def setup(bot: StudyBot) -> None:
    """Add the cog; called by discord.py."""
    await bot.add_cog(Demo(bot))
