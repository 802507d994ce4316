"""Voting in blind demos: one vote for each member and demo, and each server's ranking."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from bot.curated import Kind
from bot.memory import BlindVote, Candidate, Memory, Place
from bot.ranking import Ballot, Ranking, rank
from knowledge.door import Door

VoteKind = Literal[Kind, "own prompt"]
"""The kind of task of what was voted on."""
OWN_PROMPT: VoteKind = "own prompt"
SEED = 20_110
"""The bootstrap's, so that the same votes always give the same ranking."""


class Voting:
    """Keeps votes and ranks what they were cast on."""

    def __init__(self, memory: Memory, *, clock: Callable[[], float] = time.time) -> None:
        self._memory = memory
        self._clock = clock
        self._door = Door()

    async def cast(
        self,
        demo: str,
        member: int,
        place: Place,
        kind: VoteKind,
        choice: str,
        *,
        ahead: Sequence[Candidate],
        behind: Sequence[Candidate],
    ) -> None:
        """Keep a vote in the place of the member's earlier one. Raises MemoryUnavailable."""
        vote = BlindVote(
            demo, member, place, self._clock(), kind, choice, tuple(ahead), tuple(behind)
        )
        await self._memory.blind_votes.cast(vote)

    async def count(self, demo: str) -> Mapping[str, int]:
        """Return how many voted for each choice of a demo. Raises MemoryUnavailable."""
        return await self._memory.blind_votes.count(demo)

    async def ranking(self, guild: int, kind: VoteKind | None = None) -> Ranking:
        """Rank the stages by a server's votes, of one kind of task or of all.

        Raises MemoryUnavailable.
        """
        votes = await self._memory.blind_votes.of_server(guild, kind)
        ballots = [Ballot(_stages(vote.ahead), _stages(vote.behind)) for vote in votes]
        return await self._door.through(rank, ballots, seed=SEED)

    def close(self) -> None:
        """Take no more."""
        self._door.close()


def _stages(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(candidate.stage for candidate in candidates)
