"""Meeting: the desks that plan and run sessions, made of what the bot has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.preloading import load_ahead
from bot.present.agenda import AgendaDesk
from bot.present.sessions import SessionDesk

if TYPE_CHECKING:  # it imports this
    from bot.client.bot import StudyBot


def session_desks(bot: StudyBot) -> tuple[SessionDesk, AgendaDesk]:
    """Return what plans sessions and what runs them."""
    services, demos = bot.services, bot.services.demos
    book, servers = services.records.sessions, services.records.servers
    plans = SessionDesk(bot, book, servers, services.lessons_for, demos)
    load = partial(load_ahead, demos=demos, stockroom=services.stockroom)
    return plans, AgendaDesk(
        bot, book, servers, plans, bot.reader, bot.demo_desk, bot.live_desk, load
    )
