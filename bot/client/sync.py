"""Commands are told to Discord only when they changed: 200 creations a day are allowed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

log = logging.getLogger(__name__)


async def sync_commands(
    tree: app_commands.CommandTree[Any], data_dir: Path, guild: int | None
) -> bool:
    """Register the tree's commands if they differ from the last time; return whether it did.

    With `guild`, they are registered in that server alone, where they appear at once.
    """
    where = discord.Object(guild) if guild is not None else None
    if where is not None:
        tree.copy_global_to(guild=where)
    payload = [command.to_dict(tree) for command in tree.get_commands(guild=where)]
    application = tree.client.application_id
    scope = f"{application}:{guild or 'global'}"
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    path = data_dir / "commands.json"
    known = await asyncio.to_thread(_read, path)
    if known.get(scope) == digest:
        return False
    await tree.sync(guild=where)
    log.info("%d commands were registered (%s)", len(payload), scope)
    await asyncio.to_thread(_write, path, known | {scope: digest})
    return True


def _read(path: Path) -> dict[str, str]:
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, known: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=1), "utf-8")
    fresh.replace(path)
