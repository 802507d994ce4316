"""Discord's scheduled events: what stands for a session in a server's calendar.

An event is external: its place is the channel by name, as an event of Discord's own kinds needs a
voice channel. Source: Discord's documentation, resources/guild-scheduled-event.
"""

from __future__ import annotations

import datetime as dt

import discord

from bot.calendar import Session
from bot.present.calls import calls_of
from bot.present.delivery import id_of
from bot.present.surface import Undelivered

USUAL = dt.timedelta(hours=2)
"""How long an event is shown as running; Discord wants an end."""
_NAME, _DESCRIPTION, _PLACE = 100, 1000, 100
_EXTERNAL, _MEMBERS = 3, 2  # its kind, and who sees it: the server's members, the only choice


async def enter(client: discord.Client, session: Session, where: str, about: str) -> int:
    """Enter a session into the server's calendar; return the event's id.

    Raises MessageGone where I may not, Undelivered.
    """
    begins = dt.datetime.fromtimestamp(session.starts, dt.UTC)
    make = client.http.create_guild_scheduled_event
    found = await calls_of(client).patiently(
        lambda: make(
            session.guild,
            name=session.title[:_NAME],
            description=about[:_DESCRIPTION],
            privacy_level=_MEMBERS,
            entity_type=_EXTERNAL,
            entity_metadata={"location": where[:_PLACE]},
            scheduled_start_time=begins.isoformat(),
            scheduled_end_time=(begins + USUAL).isoformat(),
        ),
        tries=1,  # another try after an answer that was lost would make a second event
    )
    if (event := id_of(found)) is None:
        raise Undelivered("no id came with an event")
    return event


async def leave(client: discord.Client, session: Session) -> None:
    """Take a session out of the calendar. Raises MessageGone, Undelivered."""
    if session.event is None:
        return
    event, remove = session.event, client.http.delete_scheduled_event
    await calls_of(client).patiently(lambda: remove(session.guild, event))
