"""Scores: points, days in a row, mastery of lessons and a leaderboard, from what members answered.

All of it follows from what is still kept: what expired or was erased counts no more.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.attempts import Attempt, Attempts
from bot.readings import Readings
from bot.servers import ServerBook
from bot.unlisted import Unlisted
from knowledge.lesson import Lesson

MASTERED = 0.8
"""The part of a lesson's questions whose newest answer is right, from which it is mastered."""
SHOWN_DAYS = 28
RULE = (
    "A lesson's mastery is the part of its questions that you answered rightly the last time; "
    f"from {MASTERED:.0%} on it is mastered. Read sections count beside it."
)
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row with an answer: those that end today or yesterday, and the most there were."""

    now: int
    best: int


@dataclass(frozen=True, slots=True)
class Mastery:
    """One lesson: questions answered rightly the last time, of how many; sections read, of all."""

    slug: str
    title: str
    right: int
    questions: int
    read: int
    sections: int

    @property
    def part(self) -> float:
        """The part of its questions that are known, from 0 to 1."""
        return self.right / self.questions if self.questions else 0.0

    @property
    def mastered(self) -> bool:
        """Whether the lesson is mastered."""
        return self.questions > 0 and self.part >= MASTERED


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a member is. `days` are the last `SHOWN_DAYS`, each with right and wrong answers.

    `begun` are the lessons they answered or read something of, the best known first; `lessons` is
    how many there are. `zone` is the time zone whose days count.
    """

    points: int
    right: int
    answers: int
    streak: Streak
    days: tuple[tuple[dt.date, int, int], ...]
    begun: tuple[Mastery, ...]
    lessons: int
    zone: str
    kept: int


@dataclass(frozen=True, slots=True)
class Rank:
    """A member's place on a leaderboard, from 1; equal points share a place."""

    place: int
    member: int
    points: int


class Scores:
    """Counts what members answered and read."""

    def __init__(
        self,
        attempts: Attempts,
        readings: Readings,
        unlisted: Unlisted,
        servers: ServerBook,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._attempts = attempts
        self._readings = readings
        self._unlisted = unlisted
        self._servers = servers
        self._clock = clock

    async def of(self, member: int, guild: int | None, lessons: Sequence[Lesson]) -> Progress:
        """Return how far a member is in a server, or in private with all of theirs.

        Days are the server's own, in private those of UTC. Raises MemoryUnavailable.
        """
        settings = await self._servers.of(guild, patient=True)
        every = await self._attempts.of_member(member)
        answers = [one for one in every if guild is None or one.guild == guild]
        read = await self._readings.of_member(member)
        zone = ZoneInfo(settings.timezone)
        today = dt.datetime.fromtimestamp(self._clock(), zone).date()
        known = [mastery(lesson, answers, read.get(lesson.slug, ())) for lesson in lessons]
        begun = [one for one in known if one.read or _answered(one.slug, answers)]
        return Progress(
            points=sum(one.points for one in answers),
            right=sum(one.right for one in answers),
            answers=len(answers),
            streak=streak((_day(one, zone) for one in answers), today),
            days=_days(answers, zone, today),
            begun=tuple(sorted(begun, key=lambda one: (-one.part, -one.read, one.title))),
            lessons=len(lessons),
            zone=settings.timezone,
            kept=settings.retention_days,
        )

    async def leaderboard(self, guild: int) -> tuple[Rank, ...]:
        """Return the members with points who are listed, best first. Raises MemoryUnavailable."""
        answers = await self._attempts.of_server(guild)
        hidden = await self._unlisted.of_server(guild)  # last: a wish made until now counts
        points: Counter[int] = Counter()
        for one in answers:
            points[one.member] += one.points
        return ranked({m: n for m, n in points.items() if n > 0 and m not in hidden})

    async def listed(self, member: int, guild: int) -> bool:
        """Say whether a member may stand on the leaderboard. Raises MemoryUnavailable."""
        return member not in await self._unlisted.of_server(guild)

    async def list(self, member: int, guild: int, channel: int, *, wished: bool) -> None:
        """Keep whether a member wishes to be listed. Raises MemoryUnavailable."""
        if wished:
            await self._unlisted.show(member, guild)
        else:
            await self._unlisted.hide(member, guild, channel, self._clock())


def streak(days: Iterable[dt.date], today: dt.date) -> Streak:
    """Return how many days in a row there are.

    One that ends yesterday still stands: today is not over.
    """
    row, best, before = 0, 0, dt.date.min
    for day in sorted(set(days)):
        row = row + 1 if (day - before).days == 1 else 1
        best, before = max(best, row), day
    return Streak(row if (today - before).days <= 1 else 0, best)


def mastery(lesson: Lesson, answers: Iterable[Attempt], read: Iterable[str]) -> Mastery:
    """Return what is known of a lesson.

    Of each question the newest answer counts, because it tells what is known now; one that was
    never answered counts as not known, so that a single lucky answer masters nothing. Questions
    that are no longer in the lesson count no more.
    """
    newest = {one.question: one.right for one in sorted(answers, key=lambda one: one.at)}
    asked = {question.id for question in lesson.questions}
    sections = {passage.anchor for passage in lesson.passages}
    return Mastery(
        slug=lesson.slug,
        title=lesson.title,
        right=sum(newest.get(each, False) for each in asked),
        questions=len(asked),
        read=len(sections & set(read)),
        sections=len(sections),
    )


def ranked(points: Mapping[int, int]) -> tuple[Rank, ...]:
    """Return members by their points; equal ones share the place of the first of them."""
    order = sorted(points.items(), key=lambda each: (-each[1], each[0]))
    first: dict[int, int] = {}
    for place, (_, worth) in enumerate(order, 1):
        first.setdefault(worth, place)
    return tuple(Rank(first[worth], member, worth) for member, worth in order)


def told(progress: Progress) -> tuple[str, ...]:
    """Return how far a member is in words, a title first."""
    rests = f"Counted is what is still kept, {progress.kept} days. {RULE}"
    if not progress.answers and not progress.begun:
        nothing = "You have answered and read nothing here yet. `/quiz` and `/lesson` begin."
        return "Your progress", nothing, rests
    row, best = progress.streak.now, progress.streak.best
    mastered = sum(one.mastered for one in progress.begun)
    lines = [
        f"{progress.points:,} points; {progress.right:,} of {progress.answers:,} answers right",
        f"{row} {'day' if row == 1 else 'days'} in a row with an answer, at most {best} "
        f"(days in {progress.zone})",
        f"{mastered} of {progress.lessons} lessons mastered, {len(progress.begun)} begun",
    ]
    lines += [f"- {lesson_told(one)}" for one in progress.begun[:_LISTED]]
    more = len(progress.begun) - _LISTED
    return "Your progress", *lines, *([f"- and {more} more"] if more > 0 else []), rests


def lesson_told(one: Mastery) -> str:
    """Return one lesson in words."""
    sign = "mastered, " if one.mastered else ""
    known = f"{one.right} of {one.questions} questions known" if one.questions else "no questions"
    return f"{one.title}: {sign}{known}, {one.read} of {one.sections} sections read"


def _answered(slug: str, answers: Iterable[Attempt]) -> bool:
    return any(one.lesson == slug for one in answers)


def _day(one: Attempt, zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(one.at, zone).date()


def _days(
    answers: Sequence[Attempt], zone: ZoneInfo, today: dt.date
) -> tuple[tuple[dt.date, int, int], ...]:
    counts = Counter((_day(one, zone), one.right) for one in answers)
    back = (today - dt.timedelta(days=n) for n in range(SHOWN_DAYS - 1, -1, -1))
    return tuple((day, counts[day, True], counts[day, False]) for day in back)
