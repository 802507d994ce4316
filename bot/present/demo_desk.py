"""The desk of demos: commands and presses that begin one, stop one or look behind one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bot.characters import unnamed
from bot.demos import Demos
from bot.errors import BotError
from bot.memory import Place
from bot.order import Order
from bot.panes import DemoEvent
from bot.present.attachments import fetch
from bot.present.cards import failure, say
from bot.present.choices import MOST
from bot.present.consent import ConsentDesk
from bot.present.demo_cards import (
    export_page,
    passage_page,
    saw_page,
    texts_page,
    thinking_page,
)
from bot.present.demo_controls import FAMILY, Verb
from bot.present.demos import DemoRuns, Run
from bot.present.desk import admitted
from bot.present.responses import defer, defer_update, respond
from bot.present.webhook import InteractionSurface
from bot.replay import replay
from bot.runcard import LARGEST, read_card
from bot.servers import ServerBook
from knowledge.lesson import Lesson, passages_of
from knowledge.stage import Stage

__all__ = ["FAMILY", "DemoDesk"]

OVERVIEW = (
    "training-variants#the-four-training-variants-compared-base-instruct-reasoning-fine-tuned"
)
"""The passage behind **Read why** where a demo has none of its own."""
EXPIRED = "This demo is no longer kept, so its buttons do nothing. `/demo` begins a new one."
NOT_YOURS = "These buttons belong to the member who asked. Ask with /demo and you get your own."
_VERBS = frozenset(Verb)


class DemoDesk:
    """Takes commands and presses, and hands them to `runs`."""

    def __init__(
        self,
        runs: DemoRuns,
        demos: Demos,
        servers: ServerBook,
        lessons: tuple[Lesson, ...],
        consent: ConsentDesk,
    ) -> None:
        self._runs = runs
        self._consent = consent
        self._servers = servers
        self._demos = demos
        self._reading = asyncio.Lock()
        self._passages = passages_of(lessons)

    async def show(
        self,
        interaction: discord.Interaction[Any],
        *,
        prompt: str | None = None,
        demo: str | None = None,
        lineup: str | None = None,
        stages: str = "",
        blind: bool = False,
        predict: bool = False,
        card: discord.Attachment | None = None,
    ) -> bool:
        """Run a demo for a command or a button, or play a recorded one; return whether it began.

        Raises MessageGone, Undelivered, AttachmentRefused, CardUnreadable.
        """
        if card is not None:
            alone = not (prompt or demo or lineup or stages or blind or predict)
            await self._play(interaction, card, alone=alone)
            return True
        if blind and predict:
            await say(interaction, "Choose one: a blind demo, or one that is predicted first.")
            return False
        try:
            order = self._demos.order(
                str(interaction.user.id),
                prompt=unnamed(prompt) if prompt else prompt,
                demo=demo,
                lineup=lineup,
                stages=parse_stages(stages),
            )
        except ValueError:
            await say(interaction, f"Stages are some of these: {', '.join(Stage)}.")
        except BotError as error:
            await say(interaction, failure(error))
        else:
            return await self._start(interaction, order, blind=blind, predict=predict)
        return False

    def suggest_demos(self, typed: str) -> list[tuple[str, str]]:
        """Return the demos, as (title, name), that hold what was typed."""
        known = [(demo.title, demo.slug) for demo in self._demos.curated.all]
        return _holding(typed, known)

    def suggest_lineups(self, typed: str) -> list[tuple[str, str]]:
        """Return the line-ups, as (title, name), that hold what was typed."""
        return _holding(typed, [(known.title, known.slug) for known in self._demos.lineups.all])

    def suggest_stages(self, typed: str) -> list[tuple[str, str]]:
        """Return what was typed with one stage more for each stage it lacks."""
        chosen = [part.strip() for part in typed.split(",")[:-1] if part.strip() in set(Stage)]
        more = [", ".join([*chosen, stage]) for stage in Stage if stage not in chosen]
        last = typed.rpartition(",")[2].strip()
        return [(text, text) for text in more if text.rpartition(", ")[2].startswith(last)] or [
            (text, text) for text in more
        ]

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press of a demo's control.

        Raises MessageGone, Undelivered, MemoryUnavailable.
        """
        verb, what = (*parts, "", "")[:2]
        if verb == Verb.TRY:
            await self.show(interaction, demo=what)
            return
        run = await self._runs.find(what, interaction.channel_id)
        if run is None or verb not in _VERBS:
            await say(interaction, EXPIRED)
        elif verb == Verb.STOP and run.owner != interaction.user.id:
            await say(interaction, NOT_YOURS)
        elif run.show.hidden and verb not in (Verb.STOP, Verb.TEXTS):
            await say(interaction, "That comes with the reveal.")
        elif verb == Verb.REPLAY:
            await self._replay(interaction, run)
        elif verb in (Verb.AGAIN, Verb.REFRAME, Verb.LINEUP):
            await self._repeat(interaction, Verb(verb), run)
        else:
            await self._look(interaction, Verb(verb), run)

    async def _look(self, interaction: discord.Interaction[Any], verb: Verb, run: Run) -> None:
        show = run.show
        match verb:
            case Verb.STOP:
                self._runs.stop(run, "You stopped this demo.")
                await defer_update(interaction)
            case Verb.SAW:
                await respond(interaction, saw_page(show))
            case Verb.THINKING:
                await respond(interaction, thinking_page(show))
            case Verb.TEXTS:
                await respond(interaction, texts_page(show))
            case Verb.EXPORT:
                await respond(interaction, export_page(show))
            case _:
                opened = show.board.opened
                curated = opened.curated if opened else None
                passage = self._passages.get(curated.lesson if curated else OVERVIEW)
                if passage is None:
                    await say(interaction, "The lessons here do not explain this demo.")
                else:
                    await respond(interaction, passage_page(passage))

    async def _repeat(self, interaction: discord.Interaction[Any], verb: Verb, run: Run) -> None:
        """Run it again for who pressed: another seed, another line-up, or a fair base prompt."""
        opened = run.show.board.opened
        if run.order is None or opened is None:
            await say(interaction, "This cannot be run again from here. Use /demo.")
            return
        order = replace(run.order, member=str(interaction.user.id))
        if verb is Verb.AGAIN:
            order = replace(order, seed=order.seed + 1, lineup=opened.lineup)
        elif verb is Verb.REFRAME:
            order = replace(order, form="framed", lineup=opened.lineup, stages=(Stage.BASE,))
        else:
            data: Any = interaction.data
            order = replace(order, lineup=str(data["values"][0]))
        blind = run.show.blind is not None and verb is not Verb.REFRAME
        await self._start(interaction, order, blind=blind)

    async def _replay(self, interaction: discord.Interaction[Any], run: Run) -> None:
        """Play what was recorded of a demo again, in a new message that says so."""
        card = run.show.recorder.card()
        if card is None or not run.show.board.ended:
            await say(interaction, "There is no recording of this demo yet.")
            return
        if (place := await admitted(interaction, self._servers)) is not None:
            await self._begin(interaction, place, replay(card), None)

    async def _play(
        self, interaction: discord.Interaction[Any], card: discord.Attachment, *, alone: bool
    ) -> None:
        """Play a run card that a member brought, as a recording."""
        if not alone:
            await say(interaction, "A run card brings its own prompt and models: give it alone.")
            return
        place = await admitted(interaction, self._servers)
        if place is None:
            return
        await defer(interaction)
        async with self._reading:  # one at a time: a hostile file may take much memory
            recorded = await asyncio.to_thread(read_card, await fetch(card, LARGEST))
        member = interaction.user.id
        if self._runs.plays_for(member):
            await say(interaction, "A recording still plays for you. Stop it, or wait for its end.")
            return
        events = replay(recorded, uploaded=True)
        self._runs.start(InteractionSurface(interaction), events, member, place)

    async def _start(
        self,
        interaction: discord.Interaction[Any],
        order: Order,
        *,
        blind: bool,
        predict: bool = False,
    ) -> bool:
        """Begin a demo where the bot is wanted; a prompt leaves it only after somebody agreed.

        Return whether it began.
        """
        place = await admitted(interaction, self._servers)
        if place is None:
            return False
        again = partial(self._start, blind=blind, predict=predict)
        hosts = self._demos.leaves_for(order)
        cleared = await self._consent.cleared(interaction, place, order, hosts, again)
        if cleared is not None:
            events = self._demos.run(cleared)
            await self._begin(interaction, place, events, cleared, blind=blind, predict=predict)
        return cleared is not None

    async def _begin(
        self,
        interaction: discord.Interaction[Any],
        place: Place,
        events: AsyncGenerator[DemoEvent],
        order: Order | None,
        *,
        blind: bool = False,
        predict: bool = False,
    ) -> None:
        """Show `events`."""
        await defer(interaction)
        surface, owner = InteractionSurface(interaction), interaction.user.id
        self._runs.start(surface, events, owner, place, order=order, blind=blind, predict=predict)


def parse_stages(text: str) -> tuple[Stage, ...]:
    """Read stages between commas. Raises ValueError."""
    return tuple(Stage(part.strip().lower()) for part in text.split(",") if part.strip())


def _holding(typed: str, known: list[tuple[str, str]]) -> list[tuple[str, str]]:
    wanted = typed.strip().casefold()
    found = [pair for pair in known if any(wanted in text.casefold() for text in pair)]
    return [(title[:100], name) for title, name in found][:MOST]
