"""What the bot can do and how it is, in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.health import PartHealth
from bot.present.answer import one_line
from bot.present.components import Page
from bot.present.responses import defer, respond
from bot.present.webhook import InteractionSurface

_LINE = 400  # characters of one part's state


async def show_status(
    interaction: discord.Interaction[Any],
    health: Callable[[], Awaitable[Sequence[PartHealth]]],
    running: int,
    shut_out: int,
) -> None:
    """Answer with one line for each part. Raises MessageGone, Undelivered."""
    await defer(interaction, private=True)
    lines = [_part(part) for part in await health()]
    answers = (
        "no answer is" if not running else f"{running} answers are" if running > 1 else "one is"
    )
    lines.append(f"✅ **answers** – {answers} being written")
    if shut_out:
        times = "once" if shut_out == 1 else f"{shut_out} times"
        lines.append(f"⚠️ **Discord** – its edge shut out this machine {times}; I paused each time")
    page = Page(("**Status**", "\n".join(lines)))
    await InteractionSurface(interaction, private=True).show(0, page)


def _part(part: PartHealth) -> str:
    sign = "✅" if part.ok else "❌" if part.needed else "⚠️"
    return f"{sign} **{part.name}** – {one_line(part.sentence, _LINE)}"


async def show_help(
    interaction: discord.Interaction[Any], tree: app_commands.CommandTree[Any]
) -> None:
    """Answer with the list of commands. Raises MessageGone, Undelivered."""
    found = sorted(tree.walk_commands(), key=lambda command: command.qualified_name)
    lines = [
        f"**/{command.qualified_name}** – {command.description}"
        for command in found
        if isinstance(command, app_commands.Command)
    ]
    lines += [
        "",
        "You can also mention me with a question, reply to an answer of mine, or write to me in "
        "private. A message's menu (Apps) holds **Explain from the lessons**.",
        "My answers rest on the lessons; **[1]** names the passage, **Sources** shows it.",
        "-# An AI writes these answers, and it can be wrong: look at the sources.",
    ]
    await respond(interaction, Page(("**What I can do**", "\n".join(lines))))
