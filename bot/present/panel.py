"""The panel of a server's settings, for members who may manage the server.

Whether a member may is looked at for the command and for every press: what a command asks of
members by default, the server's administrators can change, and a control is anybody's to press.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any

import discord

from bot.errors import BotError
from bot.localtime import find_zone, zone_names
from bot.memory import ServerSettings
from bot.present.cards import EXPIRED, say
from bot.present.choices import holding
from bot.present.components import Button, Choice, Form, Page, Picker, Select, Style
from bot.present.responses import ask_for, respond, update, written
from bot.servers import LONGEST_RETENTION, ServerBook

FAMILY = "settings"
NOT_ALLOWED = "Only members who may manage this server can change my settings."
_SAVED = "✅ Saved."
_MOST = 25
_CHANNELS = {"channels": "Channels I answer in", "open_channels": "Channels where I answer all"}
_ROLES = {"roles": "Roles I answer", "curator_role": "Curators", "mentor_role": "Mentors"}
_SINGLE = frozenset({"curator_role", "mentor_role"})
_WRITTEN = {"model": "Model", "retention_days": "Days that text is kept", "timezone": "Time zone"}
_LABELS = {**_CHANNELS, **_ROLES, **_WRITTEN, "remembers": "Memory"}
_ABOUT = {
    "channels": "None chosen: all channels. A thread counts as its channel.",
    "roles": "None chosen: all members.",
    "open_channels": "Every post there is a question; needs the message content intent.",
    "curator_role": "Those who look after the lessons.",
    "mentor_role": "Those who answer what members hand on to them, and see `/gaps`.",
    "model": "An installed model, as `ollama list` names it. Left empty: the bot's own.",
    "retention_days": f"From 1 to {LONGEST_RETENTION}.",
    "timezone": "Such as Europe/Berlin; `/settings timezone:` lists them all. Left empty: UTC.",
    "remembers": "Off: no text of this server is stored, and what was stored is erased.",
}

Models = Callable[[], Awaitable[Collection[str]]]


class Panel:
    """Shows and changes the settings of servers. `models` names the installed models."""

    def __init__(self, servers: ServerBook, models: Models) -> None:
        self._servers = servers
        self._models = models

    async def open(
        self, interaction: discord.Interaction[Any], timezone: str | None = None
    ) -> None:
        """Answer the command, which may choose a time zone.

        Raises MessageGone, Undelivered, MemoryUnavailable, TimeUnclear.
        """
        if interaction.guild_id is None:
            await say(interaction, "Settings belong to a server: use this command there.")
        elif not _may(interaction):
            await say(interaction, NOT_ALLOWED)
        else:
            settings, done = await self._servers.read(interaction.guild_id), ""
            if timezone is not None:
                zone = await asyncio.to_thread(find_zone, timezone)
                settings, done = replace(settings, timezone=zone), _SAVED
                await self._servers.change(settings)
            await respond(interaction, _panel(settings, done))

    async def suggest_zones(self, typed: str) -> list[str]:
        """Return the time zones whose name holds what was typed."""
        known = await asyncio.to_thread(zone_names)
        return holding("_".join(typed.split()), known)

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press: `choose`, `back`, `set:<setting>`. Raises as `open`, and BotError."""
        verb, name = (*parts, "", "")[:2]
        if interaction.guild_id is None or not _may(interaction):
            await say(interaction, NOT_ALLOWED)
            return
        settings = await self._servers.read(interaction.guild_id)
        data: Any = interaction.data
        values = [str(value) for value in data.get("values") or []]
        if verb == "choose" and values and values[0] in _LABELS:
            await _offer(interaction, settings, values[0])
        elif verb == "back":
            await update(interaction, _panel(settings))
        elif verb == "set" and name in _LABELS:
            form = interaction.type is discord.InteractionType.modal_submit
            changed = await self._changed(interaction, settings, name, values, form=form)
            await self._servers.change(changed)
            await update(interaction, _panel(changed, _SAVED))
        else:
            await say(interaction, EXPIRED)

    async def _changed(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        name: str,
        values: list[str],
        *,
        form: bool,
    ) -> ServerSettings:
        """Return the settings with one changed. Raises SettingRefused, TimeUnclear."""
        if name == "remembers":
            return replace(settings, remembers=not settings.remembers)
        if name in _WRITTEN:
            text = written(interaction) if form else ""
            if name == "model":
                return replace(settings, model=await self._model(text))
            if name == "timezone":
                zone = await asyncio.to_thread(find_zone, text)
                return replace(settings, timezone=zone)
            return replace(settings, retention_days=_days(text))
        ids = _known_ids(interaction, name, values)
        chosen: Any = next(iter(ids), None) if name in _SINGLE else frozenset(ids)
        return replace(settings, **{name: chosen})

    async def _model(self, text: str) -> str | None:
        """Return the model meant. Raises SettingRefused, EngineError."""
        if not text:
            return None
        if not re.fullmatch(r"[\w./:-]{1,100}", text):
            raise SettingRefused("A model's name has letters, digits and . / : - only.")
        tag = text if ":" in text.rpartition("/")[2] else f"{text}:latest"
        if tag not in await self._models():
            raise SettingRefused(f"{tag} is not installed where the bot's models are.")
        return tag


class SettingRefused(BotError):
    """What was chosen or written cannot be a setting."""


def _may(interaction: discord.Interaction[Any]) -> bool:
    # Where only a member installed me, the server is none of mine, whatever they may do there.
    return interaction.permissions.manage_guild and interaction.is_guild_integration()


def _days(text: str) -> int:
    """Read a term. Raises SettingRefused."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LONGEST_RETENTION):
        raise SettingRefused(f"Please write a whole number from 1 to {LONGEST_RETENTION}.")
    return int(text)


def _known_ids(interaction: discord.Interaction[Any], name: str, values: list[str]) -> list[int]:
    """Read the ids of channels or roles of this server. Raises SettingRefused."""
    guild = interaction.guild
    find = None if guild is None else guild.get_role if name in _ROLES else guild.get_channel
    ids = [int(value) for value in values[:_MOST] if value.isascii() and value.isdigit()]
    if find is None or len(ids) != len(values) or not all(find(each) for each in ids):
        raise SettingRefused("I do not know one of these on this server.")
    return ids


def _panel(settings: ServerSettings, done: str = "") -> Page:
    """Return all settings, and the list to choose one from."""
    lines = [f"**{label}**: {_told(settings, name)}" for name, label in _LABELS.items()]
    choices = tuple(
        Choice(label, name, _ABOUT[name].replace("`", "")) for name, label in _LABELS.items()
    )
    select = Select("Change a setting", f"{FAMILY}:choose", choices)
    above = ("**Settings of this server**", "\n".join(lines))
    return Page(above, below=(done,) if done else (), select=select)


def _told(settings: ServerSettings, name: str) -> str:
    value = getattr(settings, name)
    if name == "remembers":
        return "on" if value else "off"
    if name in _CHANNELS:
        nothing = "all" if name == "channels" else "none"
        return ", ".join(f"<#{each}>" for each in sorted(value)) or nothing
    if name == "roles":
        return ", ".join(f"<@&{each}>" for each in sorted(value)) or "all"
    if name in _SINGLE:
        return f"<@&{value}>" if value else "none"
    return str(value) if value else "the bot's own"


async def _offer(
    interaction: discord.Interaction[Any], settings: ServerSettings, name: str
) -> None:
    """Offer to change one setting. Raises MessageGone, Undelivered."""
    label, control = _LABELS[name], f"{FAMILY}:set:{name}"
    if name in _WRITTEN:
        about = _ABOUT[name].replace("`", "")
        await ask_for(interaction, Form("Settings", control, label, about, 100))
        return
    above = (f"**{label}**", _ABOUT[name])
    back = Button("Back", f"{FAMILY}:back")
    if name == "remembers":
        turn = "Turn off and erase" if settings.remembers else "Turn on"
        style = Style.DANGER if settings.remembers else Style.PRIMARY
        await update(interaction, Page(above, buttons=(Button(turn, control, style), back)))
        return
    value = getattr(settings, name)
    chosen = tuple(sorted(value)) if isinstance(value, frozenset) else (value,) if value else ()
    most = 1 if name in _SINGLE else _MOST
    picker = Picker(label, control, roles=name in _ROLES, chosen=chosen, most=most)
    await update(interaction, Page(above, buttons=(back,), select=picker))
