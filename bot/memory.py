"""The port to what is remembered: everything that outlives the process, and what each noun can do.

Implemented by `bot.records`. Times are seconds since 1970 (UTC). Every call may raise
`MemoryUnavailable`: the bot answers all the same, only without its memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from bot.attempts import Attempts
from bot.calendar import Calendar
from bot.deck import Deck
from bot.documents import Documents
from bot.erasing import Erasing
from bot.figures import End, Figures
from bot.handing import HandedOn
from bot.levels import Levels
from bot.localtime import UTC
from bot.quizzes import Quizzes
from bot.readings import Readings
from bot.studies import Studies
from bot.unlisted import Unlisted

T = TypeVar("T")
RETENTION_DAYS = 30  # how long what expires is kept where no server chose otherwise

TurnRole = Literal["user", "assistant"]
GapKind = Literal["declined", "unsupported"]
Origin = Literal["live", "recording", "file"]  # of a demo; the last is a member's own file


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said: a channel, thread or private chat, and its server if it has one."""

    channel: int
    guild: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation."""

    role: TurnRole
    content: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as its buttons need it after a restart.

    `open` while it is being written: found open at the next start, it was left by a kill.
    `passages` are the ids of what was found, best first; `cited` the numbers, from 1, of those that
    bear the answer out. `question`, `text` and `thinking` are empty where no text is stored.
    Only while it is open: `token` opens the answer's messages for 15 minutes where it answers an
    interaction, `replies_to` is the message it answers where it does not.
    """

    request_id: str
    member: int
    place: Place
    at: float
    question: str = ""
    lesson: str | None = None
    private: bool = False
    open: bool = True
    text: str = ""
    thinking: str = ""
    passages: tuple[str, ...] = ()
    cited: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()
    token: str | None = None
    replies_to: int | None = None
    end: End | None = None


@dataclass(frozen=True, slots=True)
class KeptDemo:
    """A demo as its buttons need it after a restart; `message` shows it, None before there is one.

    `open` while it runs: found open at the next start, it was left by a kill. `card` is its run
    card as JSON, empty while it runs and where no text is stored; `origin` whether that was live.
    `letters` are the contenders in the order of their letters, where a blind demo takes votes.
    """

    demo: str
    member: int
    place: Place
    at: float
    message: int | None = None
    open: bool = True
    card: str = ""
    origin: Origin = "live"
    letters: tuple[int, ...] = ()
    revealed: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """What a member thinks of an answer, one for each member and answer."""

    request_id: str
    member: int
    place: Place
    up: bool
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What stood behind a letter of a blind demo: its stage, and `key`, its name and model."""

    stage: str
    key: str


@dataclass(frozen=True, slots=True)
class BlindVote:
    """A member's vote in a blind demo, one for each member and demo.

    `choice` is a letter, or "equal"; those `ahead` are preferred to those `behind`, and equal to
    each other. `kind` is the kind of task.
    """

    demo: str
    member: int
    place: Place
    at: float
    kind: str
    choice: str
    ahead: tuple[Candidate, ...]
    behind: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A question the lessons did not answer, or not with support; `nearest` is a passage's id.

    `answer` is the id of a document that was written as the answer, while it waits for approval.
    """

    request_id: str
    member: int
    place: Place
    kind: GapKind
    question: str
    at: float
    nearest: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What the managers of a server chose. Empty sets of channels and roles allow all.

    In `open_channels` every post is answered. `model` None is the bot's own. Without `remembers`
    no text of the server is stored. `timezone` is a name of the IANA database.
    """

    guild: int
    channels: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    open_channels: frozenset[int] = frozenset()
    curator_role: int | None = None
    mentor_role: int | None = None
    model: str | None = None
    retention_days: int = RETENTION_DAYS
    remembers: bool = True
    timezone: str = UTC


class Turns(Protocol):
    """The turns of conversations, kept apart by place and member."""

    async def newest(
        self, place: Place, member: int, count: int, *, private: bool = False
    ) -> tuple[Turn, ...]:
        """Return a member's newest turns in a place, oldest first; private ones only if asked."""

    async def before(self, place: Place, member: int, count: int, at: float) -> tuple[Turn, ...]:
        """Return the newest turns that were kept until `at`, as `newest`; none that was private."""

    async def erase(self, place: Place, member: int) -> int:
        """Erase a member's turns in a place; return how many it was."""

    async def add(
        self, place: Place, member: int, turns: Sequence[Turn], at: float, *, private: bool = False
    ) -> None:
        """Keep turns, in their order; `private` if nobody else saw them."""


class Kept(Protocol[T]):
    """What was shown, and whose buttons still work."""

    async def keep(self, shown: T, /) -> None:
        """Write it, or write it anew. The messages of an answer are added to those known."""

    async def find(self, request_id: str, /) -> T | None:
        """Return it, if it is still kept."""

    async def left_open(self) -> tuple[T, ...]:
        """Return what nobody brought to an end, oldest first."""


class KeptAnswers(Kept[KeptAnswer], Protocol):
    """The answers whose buttons still work."""

    async def close(self, request_id: str) -> None:
        """Let nothing of an answer be open any more."""

    async def shown_in(self, message: int) -> KeptAnswer | None:
        """Return the answer that is shown in this message, if it is still kept."""


class Votes(Protocol):
    """What members think of answers."""

    async def cast(self, vote: Vote) -> None:
        """Keep a vote in the place of the member's earlier one on the same answer."""

    async def count(self, request_id: str) -> tuple[int, int]:
        """Return how many are for an answer and how many against it."""


class BlindVotes(Protocol):
    """What members think of the contenders of blind demos."""

    async def cast(self, vote: BlindVote) -> None:
        """Keep a vote in the place of the member's earlier one on the same demo."""

    async def count(self, demo: str) -> Mapping[str, int]:
        """Return how many voted for each choice of a demo."""

    async def of_server(self, guild: int, kind: str | None = None) -> tuple[BlindVote, ...]:
        """Return the votes of a server, of one kind of task or of all, oldest first."""


class Gaps(Protocol):
    """The questions that the lessons leave open."""

    async def add(self, gap: Gap) -> None:
        """Keep a gap."""

    async def newest(self, guild: int | None, count: int) -> tuple[Gap, ...]:
        """Return a server's newest gaps, newest first; none whose answer was approved."""

    async def servers(self) -> tuple[int, ...]:
        """Return the servers that have any."""


class Consents(Protocol):
    """Where members agreed that prompts go to a provider, and when; not who."""

    async def of(self, place: Place) -> frozenset[str]:
        """Return the hosts to which prompts of a place may go."""

    async def give(self, place: Place, hosts: Sequence[str], at: float) -> None:
        """Keep that somebody in a place agreed."""


class Servers(Protocol):
    """The settings of servers."""

    async def find(self, guild: int) -> ServerSettings:
        """Return a server's settings; those nobody changed are the defaults."""

    async def change(self, settings: ServerSettings) -> None:
        """Keep a server's settings."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is remembered, noun by noun."""

    turns: Turns
    levels: Levels
    studies: Studies
    answers: KeptAnswers
    demos: Kept[KeptDemo]
    votes: Votes
    blind_votes: BlindVotes
    consents: Consents
    gaps: Gaps
    handed: HandedOn
    documents: Documents
    readings: Readings
    figures: Figures
    attempts: Attempts
    deck: Deck
    quizzes: Quizzes
    unlisted: Unlisted
    calendar: Calendar
    servers: Servers
    erasing: Erasing
    check: Callable[[], Awaitable[str]]  # says in words how the records are
    close: Callable[[], Awaitable[None]]  # finishes what is being written
