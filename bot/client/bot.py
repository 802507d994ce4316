"""The Discord client: few intents, no caches, one error card, cogs found by their file names."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.calculators.tokens import Tokenizers
from bot.client.meeting import session_desks
from bot.client.presses import controls_of
from bot.client.remedies import guard_events, limit_requests, stop_heartbeats
from bot.client.sync import sync_patiently
from bot.client.trace import http_trace
from bot.errors import BotError
from bot.present.answers import Answers
from bot.present.calculators import CalculatorDesk
from bot.present.calls import Calls
from bot.present.cards import error_card, say
from bot.present.consent import ConsentDesk
from bot.present.conversation import ConversationDesk
from bot.present.curation import CurationDesk
from bot.present.dailies import DailyDesk
from bot.present.demo_desk import DemoDesk
from bot.present.demos import DemoRuns
from bot.present.desk import Desk
from bot.present.following import following
from bot.present.gaps import GapDesk
from bot.present.hearing import Hearing
from bot.present.intake import LEAVING, Intake
from bot.present.leftovers import close_answers, close_demos
from bot.present.lessons import Reader
from bot.present.levels import LevelDesk
from bot.present.live_desk import LiveDesk
from bot.present.mentors import MentorDesk
from bot.present.models import ModelDesk
from bot.present.panel import Panel
from bot.present.privacy import PrivacyDesk
from bot.present.quiz_desk import QuizDesk
from bot.present.reminders import ReminderDesk
from bot.present.review import ReviewDesk
from bot.present.rounds import make_rounds
from bot.present.scores import ScoreDesk
from bot.present.stats import StatsDesk
from bot.present.study import StudyDesk
from bot.present.votes import VoteDesk
from bot.reference import begin_request
from bot.wiring import Services
from knowledge.hardware import read_hardware

log = logging.getLogger(__name__)

COGS = Path(__file__).resolve().parents[2] / "cogs"
GUILDS_WITHIN = 0.3
"""Seconds of silence after which no more servers are awaited at the start."""
SETTLE_SECONDS = 3.0
"""How long the bot, when it leaves, waits for commands and presses that it has taken."""


class Tree(app_commands.CommandTree["StudyBot"]):
    """The commands; a failure of any of them becomes one error card."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Take each command once, while it is fresh and the bot is not leaving."""
        admitted = await self.client.admits(interaction)
        if not admitted:
            self.client.count(interaction, "refused")
        return admitted

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Show the error card; a command that changed since it was offered is said to be so."""
        if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            await say(interaction, "This command has changed. Try it again in a minute.")
            return
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        self.client.count(interaction, "notice" if isinstance(cause, BotError) else "error")
        await error_card(interaction, cause)


class StudyBot(commands.Bot):
    """The bot. A cog finds in it `services`, `desk`, `hearing`, `reader` and `controls`."""

    def __init__(self, services: Services) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            # Unless an organiser wants it, none of these is privileged: then content comes with
            # mentions and private messages only.
            intents=discord.Intents(
                guilds=True,
                guild_messages=True,
                dm_messages=True,
                message_content=services.settings.discord_message_content,
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILDS_WITHIN,
            max_ratelimit_timeout=60.0,
        )
        if services.meters is not None:
            self.http.http_trace = http_trace(services.meters)
        self.services = services
        self.calls = Calls()
        self.intake = Intake()
        self.unsound = asyncio.Event()
        """Set when an event could not be read: the session ought to be begun anew."""
        self.syncing: asyncio.Task[None] | None = None
        self.answers = Answers(
            services.asking,
            services.records.keeper,
            services.demos.fitting,
            following(services.lessons_for),
        )
        self._keeping_house: list[asyncio.Task[None]] = []
        self._open_talk(services)
        self._open_desks(services)
        self.controls = controls_of(self)

    def _open_talk(self, services: Services) -> None:
        """Make what members ask questions with."""
        records = services.records
        self.desk = Desk(self.answers, records.keeper, records.servers, services.lessons_for)
        self.hearing = Hearing(self, self.answers, self.intake, records.servers, records.studies)
        self.studies = StudyDesk(self, records.studies, records.servers, services.lessons_for)
        self.levels = LevelDesk(records.memory.levels)
        self.conversation = ConversationDesk(records.conversations, records.keeper)

    def _open_desks(self, services: Services) -> None:
        """Make what answers commands and presses."""
        records = services.records
        lineups = [(lineup.slug, lineup.title) for lineup in services.demos.lineups.all]
        self.demos = DemoRuns(records.keeper, lineups)
        self.live_desk = LiveDesk(
            self,
            services.lessons_for,
            records.servers,
            records.memory.quizzes,
            records.attempts,
            self.answers.channel_pace,
            clock=records.clock,
        )
        self.privacy = PrivacyDesk(
            records.privacy.forget, self.answers, self.demos, self.live_desk, records.servers
        )
        self.panel = Panel(records.servers, self._models)
        self.consent = ConsentDesk(records.consents)
        self.demo_desk = DemoDesk(
            self.demos, services.demos, records.servers, services.lessons, self.consent
        )
        self.daily_desk = DailyDesk(
            self,
            records.dailies,
            records.servers,
            services.lessons_for,
            services.demos.curated.all,
            records.attempts,
        )
        self.quiz_desk = QuizDesk(
            services.lessons_for, records.servers, records.attempts, clock=records.clock
        )
        self.review_desk = ReviewDesk(records.review, records.reminders, records.attempts)
        self.reminder_desk = ReminderDesk(self, records.reminders)
        self.vote_desk = VoteDesk(self.demos, records.voting)
        self.curation = CurationDesk(records.curating, records.servers)
        self.gap_desk = GapDesk(records.gaps, records.curating, records.servers)
        self.mentor_desk = MentorDesk(
            self, records.mentoring, records.servers, records.keeper, self.desk.find
        )
        self.score_desk = ScoreDesk(records.scores, records.servers, services.lessons_for)
        self.stats_desk = StatsDesk(records.stats, records.servers, services.lessons_for)
        self.model_desk = ModelDesk(services.stockroom, records.servers, services.systems)
        tokenizers = Tokenizers.at_hand(services.settings)
        self.calculators = CalculatorDesk(
            read_hardware(), services.systems, tokenizers, records.servers
        )
        self.reader = Reader(services.lessons_for, records.progress)
        self.session_desk, self.agenda_desk = session_desks(self)

    async def setup_hook(self) -> None:
        """Load the cogs and register what changed in their commands."""
        limit_requests(self)
        guard_events(self, self.unsound.set)
        for path in sorted(COGS.glob("[!_]*.py")):
            await self.load_extension(f"cogs.{path.stem}")
        settings, records = self.services.settings, self.services.records
        answers = close_answers(
            self, records.keeper, lambda request: self.answers.find(request) is not None
        )
        demos = close_demos(self, records.keeper, self.demos.known)
        looks = [self.live_desk.look, self.daily_desk.look]
        looks += [self.agenda_desk.look, self.reminder_desk.look]
        self._keeping_house = [
            asyncio.create_task(answers),
            asyncio.create_task(demos),
            asyncio.create_task(records.privacy.retain()),
            asyncio.create_task(records.settled()),
            asyncio.create_task(make_rounds(self, looks)),
        ]
        self.syncing = await sync_patiently(self.tree, settings.data_dir, settings.discord_guild)

    async def _models(self) -> set[str]:
        """Name the installed models. Raises EngineError."""
        return {model.name for model in await self.services.engine.models()}

    async def on_ready(self) -> None:
        """Tell the log."""
        log.info("ready as %s in %d servers", self.user, len(self.guilds))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Count what Discord allows a thousand times a day, and pause as the library does."""
        if self.services.meters is not None:
            self.services.meters.identified.inc()
        await super().before_identify_hook(shard_id, initial=initial)

    async def on_connect(self) -> None:
        """Count a session begun anew."""
        self._connected("new")

    async def on_resumed(self) -> None:
        """Count a session carried on."""
        self._connected("resumed")

    def _connected(self, kind: str) -> None:
        if self.services.meters is not None:
            self.services.meters.reconnects.labels(kind).inc()

    async def on_app_command_completion(
        self, interaction: discord.Interaction[Any], _command: object
    ) -> None:
        """Count a command that came to its end."""
        self.count(interaction, "ok")

    def count(self, interaction: discord.Interaction[Any], outcome: str) -> None:
        """Count a command by its outcome."""
        command = interaction.command
        if self.services.meters is not None and command is not None:
            self.services.meters.interactions.labels(command.qualified_name, outcome).inc()

    async def on_message(self, _message: discord.Message, /) -> None:
        """Run no text commands; cogs listen for themselves."""

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Hand presses and forms to the controls."""
        pressed = (discord.InteractionType.component, discord.InteractionType.modal_submit)
        if interaction.type in pressed and await self.admits(interaction):
            await self.controls.press(interaction)

    async def admits(self, interaction: discord.Interaction[Any]) -> bool:
        """Say whether an interaction is taken; one that comes while the bot leaves is told so."""
        begin_request()
        if not self.intake.takes(interaction.id, interaction.created_at.timestamp()):
            return False
        if self.intake.closed and interaction.type is not discord.InteractionType.autocomplete:
            await say(interaction, LEAVING)
        return not self.intake.closed

    def heartbeat(self) -> tuple[float, float]:
        """Return the age of Discord's newest acknowledgement and the interval, in seconds.

        (0.0, 0.0) while there is no connection. The library itself looks at neither.
        """
        beat = self.ws._keep_alive if getattr(self, "ws", None) else None
        if beat is None or beat.interval is None:
            return 0.0, 0.0
        return time.perf_counter() - beat._last_ack, beat.interval

    async def close(self) -> None:
        """Take no more, bring running answers to an end, then leave Discord."""
        if not self.is_closed():
            self.intake.closed = True
            if self.syncing is not None:
                self.syncing.cancel()
            for task in self._keeping_house:
                task.cancel()
            self.answers.leave()
            self.demos.leave()
            await self.intake.settled(SETTLE_SECONDS)
            ending = (self.answers, self.demos, self.model_desk, self.live_desk)
            await asyncio.gather(*(one.close() for one in ending))
            self.agenda_desk.close()
            self.calculators.close()
            self.score_desk.close()
        await super().close()
        stop_heartbeats(self)
