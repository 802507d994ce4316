"""Commands are told to Discord only when they changed: 200 creations a day are allowed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands

log = logging.getLogger(__name__)

_FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)


FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds before the commands are offered to Discord again; doubled each time."""


async def sync_patiently(
    tree: app_commands.CommandTree[Any], data_dir: Path, guild: int | None
) -> asyncio.Task[None] | None:
    """Register the commands; when that fails, return a task that goes on trying."""
    try:
        await sync_commands(tree, data_dir, guild)
    except _FAILURES as error:
        log.error("the commands could not be registered yet: %s", error)  # noqa: TRY400  the sentence says it
        return asyncio.create_task(_again(tree, data_dir, guild))
    return None


async def _again(tree: app_commands.CommandTree[Any], data_dir: Path, guild: int | None) -> None:
    pause = FIRST_PAUSE
    while True:
        await asyncio.sleep(pause)
        try:
            await sync_commands(tree, data_dir, guild)
        except _FAILURES as error:
            log.error("the commands could not be registered: %s", error)  # noqa: TRY400  as above
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return


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
    # Not `tree.sync`: it also reads Discord's answer into objects that nobody needs.
    http = tree.client.http
    if application is None:
        raise ValueError("the client is not logged in")
    if guild is None:
        await http.bulk_upsert_global_commands(application, payload=payload)
    else:
        await http.bulk_upsert_guild_commands(application, guild, payload=payload)
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
