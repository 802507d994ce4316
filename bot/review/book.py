"""ReviewBook: which questions a member is asked again, which new ones, and when."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.attempts import Attempt
from bot.deck import Card
from bot.errors import MemoryUnavailable
from bot.memory import Memory, Place
from bot.review.schedule import Grade, choices, graded
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from knowledge.passages import Passage
from knowledge.question import Question

NEW_A_DAY = 10
"""New questions on a local day: each comes again several times within the next weeks."""
WITHIN = 20.0
"""Seconds after which the records, which may still open at the start, are waited for no more."""

Lessons = Callable[[int | None], Sequence[Lesson]]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to put now. `seen` is when it was answered last, 0 for a new one.

    `left` counts what is due, or where it is new what may still be new today; itself included.
    """

    question: Question
    passage: Passage
    seen: int
    left: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is due before `next`; None where the member has no cards.

    `days` count what is due on which local day; `new` questions may be new today, of the `unseen`
    ones here that the member has no card of.
    """

    next: int | None
    days: tuple[tuple[dt.date, int], ...]
    new: int
    unseen: int


class ReviewBook:
    """What members review. `lessons` tells what is to be seen on a server.

    Every call raises MemoryUnavailable, also where the records take longer than `WITHIN`.
    """

    def __init__(
        self,
        memory: Memory,
        servers: ServerBook,
        lessons: Lessons,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._servers = servers
        self._lessons = lessons
        self._clock = clock

    async def next(self, member: int, guild: int | None, *, new: bool) -> Ask | Rest:
        """Return what to ask a member now; with `new` also questions they have no card of."""
        async with _in_time():
            cards = await self._kept(member)
            now = self._now()
            here = known(self._lessons(guild))
            due = [card for card in cards if card.due <= now and card.question in here]
            if due:
                return _ask(here[due[0].question], due[0].at, len(due))
            mine = {card.question for card in cards}
            unseen = [one for one, _ in here.values() if one.id not in mine]
            zone = ZoneInfo((await self._servers.of(guild)).timezone)
            left = min(_new_left(cards, zone, now), len(unseen))
            if new and left:
                wanted = await self._first(member, unseen)
                return _ask(here[wanted.id], 0, left)
        later = [card.due for card in cards if card.due > now]
        days = sorted(Counter(_day(due, zone) for due in later).items())
        return Rest(min(later, default=None), tuple(days), left, len(unseen))

    async def count_due(self, member: int, guild: int | None) -> int:
        """Return how many cards a member could be asked on a server now."""
        here, now = known(self._lessons(guild)), self._now()
        async with _in_time():
            cards = await self._memory.deck.of_member(member)
        return sum(card.due <= now and card.question in here for card in cards)

    async def find(
        self, member: int, guild: int | None, question: str, seen: int
    ) -> tuple[Ask, dict[Grade, int]] | None:
        """Return a question that was put, and in how many seconds each grade lets it be due.

        None where it left the lessons, or was graded since it was put.
        """
        found = known(self._lessons(guild)).get(question)
        if found is None:
            return None
        async with _in_time():
            card = await self._memory.deck.find(member, question)
        if _seen(card) != seen:
            return None
        return _ask(found, seen, 1), choices(card.state if card else None, self._now())

    async def grade(
        self, member: int, place: Place, question: str, seen: int, grade: Grade
    ) -> Card | None:
        """Keep how well a member knew a question; return its card, None as `find` does."""
        found = known(self._lessons(place.guild)).get(question)
        if found is None:
            return None
        async with _in_time():
            before = await self._memory.deck.find(member, question)
            if _seen(before) != seen:
                return None
            now = max(self._now(), seen + 1)
            after = graded(before.state if before else None, grade, now)
            card = Card(
                member=member,
                question=question,
                lesson=found[0].lesson,
                channel=place.channel,
                guild=place.guild,
                began=before.began if before else now,
                at=now,
                due=after.due,
                state=after.state,
            )
            return card if await self._memory.deck.keep(card, seen) else None

    async def _kept(self, member: int) -> tuple[Card, ...]:
        """Return a member's cards; those are dropped whose question left the lessons."""
        cards = await self._memory.deck.of_member(member)
        there = {guild: known(self._lessons(guild)) for guild in {card.guild for card in cards}}
        # Without any lesson they are still being read, or lost: no reason to drop anything.
        gone = [c.question for c in cards if there[c.guild] and c.question not in there[c.guild]]
        if gone:
            await self._memory.deck.drop(member, gone)
        return tuple(card for card in cards if card.question not in gone)

    async def _first(self, member: int, unseen: Sequence[Question]) -> Question:
        """Return the question to begin with: what the member did not know elsewhere, or the next.

        That is the next in the lessons' order.
        """
        last: dict[str, Attempt] = {
            one.question: one for one in await self._memory.attempts.of_member(member)
        }
        missed = [one for one in unseen if one.id in last and not last[one.id].right]
        return (missed or unseen)[0]

    def _now(self) -> int:
        return int(self._clock())


def known(lessons: Iterable[Lesson]) -> dict[str, tuple[Question, Passage]]:
    """Return the questions of lessons with the passages that bear them out, by id, in order."""
    found: dict[str, tuple[Question, Passage]] = {}
    for lesson in lessons:
        passages = {passage.id: passage for passage in lesson.passages}
        for question in lesson.questions:
            if question.passage in passages:
                found[question.id] = question, passages[question.passage]
    return found


def _new_left(cards: Iterable[Card], zone: ZoneInfo, now: int) -> int:
    begun = Counter(_day(card.began, zone) for card in cards)
    return max(0, NEW_A_DAY - begun[_day(now, zone)])


def _day(moment: int, zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(moment, zone).date()


def _seen(card: Card | None) -> int:
    return 0 if card is None else card.at


def _ask(found: tuple[Question, Passage], seen: int, left: int) -> Ask:
    question, passage = found
    return Ask(question, passage, seen, left)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(WITHIN):
            yield
    except TimeoutError as error:
        raise MemoryUnavailable("My records do not answer. Try again soon.") from error
