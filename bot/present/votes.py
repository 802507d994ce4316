"""The desk of votes: presses beneath a blind demo, and the ranking that comes of them."""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from bot.errors import MemoryUnavailable
from bot.memory import Candidate, Place
from bot.order import readable
from bot.panes import Opened, Seat
from bot.present.blind import EQUAL, REVEAL, Blind, result_line
from bot.present.cards import notice, say
from bot.present.components import Page
from bot.present.demos import DemoRuns, Run
from bot.present.responses import defer, defer_update
from bot.present.webhook import InteractionSurface
from bot.ranking import LEAST_VOTES, Ranking, Standing
from bot.voting import OWN_PROMPT, VoteKind, Voting

CLOSED = "This vote is closed: the demo is no longer kept."
REVEALED = "The names are out, so this vote is closed."
NOT_YET = "Only who started this demo reveals it. Your vote counts until then."
UNREAD = "🗳️ The votes cannot be read just now."


class VoteDesk:
    """Takes votes, reveals, and tells the ranking."""

    def __init__(self, runs: DemoRuns, voting: Voting) -> None:
        self._runs = runs
        self._voting = voting

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press. Raises MessageGone, Undelivered, MemoryUnavailable."""
        choice, demo = (*parts, "", "")[:2]
        run = await self._runs.find(demo, interaction.channel_id)
        blind = run.show.blind if run is not None else None
        if run is None or blind is None or not run.show.votable:
            await say(interaction, CLOSED)
        elif choice != REVEAL:
            await self._vote(interaction, run, blind, choice)
        elif run.owner != interaction.user.id:
            await say(interaction, NOT_YET)
        else:
            await self._reveal(interaction, run, blind)

    async def _vote(
        self, interaction: discord.Interaction[Any], run: Run, blind: Blind, choice: str
    ) -> None:
        opened, choices = run.show.board.opened, blind.choices(run.show.board)
        if blind.revealed or opened is None or (choice not in choices and choice != EQUAL):
            await say(interaction, REVEALED if blind.revealed else CLOSED)
            return
        ahead = [pane for letter, pane in choices.items() if choice in (letter, EQUAL)]
        behind = [pane for letter, pane in choices.items() if choice not in (letter, EQUAL)]
        # Nothing is awaited since the look at `revealed`: a vote that was taken is counted.
        await self._voting.cast(
            run.show.request_id,
            interaction.user.id,
            Place(interaction.channel_id or run.place.channel, interaction.guild_id),
            kind_of(opened),
            choice,
            ahead=[_candidate(pane.seat) for pane in ahead],
            behind=[_candidate(pane.seat) for pane in behind],
        )
        chosen = "that all are equal" if choice == EQUAL else choice
        await say(interaction, f"Noted: {chosen}. You can change it until the reveal.")

    async def _reveal(self, interaction: discord.Interaction[Any], run: Run, blind: Blind) -> None:
        show = run.show
        blind.revealed = True
        await defer_update(interaction)
        if run.done is not None:
            await asyncio.wait([run.done])  # its last page, with the chart, is on its way
        self._runs.keep(run)
        await self._runs.draw(show)
        try:
            counts = await self._voting.count(show.request_id)
            blind.result = result_line(counts, blind.choices(show.board))
        except MemoryUnavailable:
            blind.result = UNREAD
        await InteractionSurface(interaction).show(0, show.pages()[0])

    async def tell(self, interaction: discord.Interaction[Any], kind: VoteKind | None) -> None:
        """Tell a server's ranking to who asks. Raises MessageGone, Undelivered, BotError."""
        if interaction.guild_id is None:
            await say(interaction, "A ranking belongs to a server. Ask for it there.")
            return
        await defer(interaction, private=True)
        try:
            page = ranking_page(await self._voting.ranking(interaction.guild_id, kind), kind)
        except MemoryUnavailable as error:
            page = notice(f"⚠️ {error.sentence}")
        await InteractionSurface(interaction, private=True).show(0, page)


def kind_of(opened: Opened) -> VoteKind:
    """Return the kind of task of a demo."""
    curated = opened.curated
    if curated is None or readable(curated.prompt) != opened.prompt:
        return OWN_PROMPT
    return curated.kind


def ranking_page(ranking: Ranking, kind: VoteKind | None) -> Page:
    """Return a ranking in words."""
    title = f"**Ranking of training stages{f', {kind}' if kind else ''}**"
    votes = f"{ranking.votes or 'no'} vote{'' if ranking.votes == 1 else 's'}"
    if not ranking.standings:
        line = f"There {'is' if ranking.votes == 1 else 'are'} {votes} here so far, too few to say"
        return Page((title, f"{line}; it takes {LEAST_VOTES}. Vote with `/demo blind:True`."))
    lines = [_standing(n, one) for n, one in enumerate(ranking.standings, 1)]
    below = (
        f"-# From {votes} in blind demos on this server, while they are kept. How often it is "
        "preferred to an average stage; in brackets, where that lies in 95 of 100 samples of the "
        "votes. Where brackets overlap, the votes do not tell the stages apart.",
    )
    return Page((title, "\n".join(lines)), below=below)


def _standing(place: int, one: Standing) -> str:
    chance, low, high = (round(100 * part) for part in (one.chance, one.low, one.high))
    return f"{place}. **{one.name}** – {chance} in 100 ({low} to {high})"


def _candidate(seat: Seat) -> Candidate:
    contender = seat.contender
    return Candidate(contender.stage.value, f"{contender.name} {contender.tag}")
