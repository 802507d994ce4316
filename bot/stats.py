"""Stats: a server's figures for those who look after it, in words and as a sheet.

No word of a member and no id is in them. The reasons of votes, which members are told that those
who look after the lessons may read, leave as a sheet of their own, without who wrote them.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.attempts import Attempts
from bot.figures import AnswerFigures, Figures, Held, Outcome, Reason
from bot.servers import ServerBook
from bot.sheet import as_sheet
from knowledge.lesson import Lesson

SPANS = (7, 30)
"""Days that are looked at."""
QUOTED = "no model: the lessons' own words"
_LISTED = 8
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Times:
    """Within how many seconds it came in half of the cases, and in 95 of 100."""

    half: float
    most: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Questions, what became of them, votes, and seconds of those that were answered."""

    questions: int
    outcomes: dict[Outcome | None, int]
    left_open: int
    closed: int
    up: int
    down: int
    reasons: int
    first_text: Times | None
    whole: Times | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of some days: as a whole, by day in the server's time zone, model and passage."""

    days: int
    kept: int
    whole: Summary
    by_day: tuple[tuple[str, Summary], ...]
    by_model: tuple[tuple[str, Summary], ...]
    by_passage: tuple[tuple[str, Summary], ...]


@dataclass(frozen=True, slots=True)
class Hard:
    """A question of the lessons: how many answered it, and how many of them rightly."""

    text: str
    passage: str
    answers: int
    right: int


class Stats:
    """Counts what a server's members asked."""

    def __init__(
        self,
        figures: Figures,
        attempts: Attempts,
        servers: ServerBook,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._figures = figures
        self._attempts = attempts
        self._servers = servers
        self._clock = clock

    async def of(self, guild: int, days: int) -> Report:
        """Return the figures of a server for the last so many days. Raises MemoryUnavailable."""
        settings = await self._servers.read(guild, patient=True)
        answers = await self._figures.answers(guild, self._clock() - days * _DAY)
        zone = ZoneInfo(settings.timezone)
        by_day = _by(answers, lambda one: (_day(one.at, zone),))
        by_model = _by(answers, _model)
        by_passage = _by(answers, lambda one: one.passages)
        return Report(
            days=days,
            kept=settings.retention_days,
            whole=summary(answers),
            by_day=tuple(sorted(by_day)),
            by_model=tuple(sorted(by_model, key=lambda each: (-each[1].questions, each[0]))),
            by_passage=tuple(sorted(by_passage, key=_most_votes)),
        )

    async def reasons(self, guild: int, days: int) -> tuple[Reason, ...]:
        """Return why members voted against answers. Raises MemoryUnavailable."""
        return await self._figures.reasons(guild, self._clock() - days * _DAY)

    async def hardest(self, guild: int, days: int, lessons: Iterable[Lesson]) -> tuple[Hard, ...]:
        """Return the lessons' questions that were asked, the hardest first. Raises as `of`."""
        known = {one.id: one.text for lesson in lessons for one in lesson.questions}
        tries: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
        for one in await self._attempts.of_server(guild, self._clock() - days * _DAY):
            if one.question in known:
                tries[one.question, one.passage].append(one.right)
        found = [
            Hard(known[question], passage, len(right), sum(right))
            for (question, passage), right in tries.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.right / one.answers, -one.answers)))

    async def sessions(self, guild: int, days: int) -> tuple[Held, ...]:
        """Return the sessions that began, and how many were there. Raises as `of`."""
        now = self._clock()
        return await self._figures.sessions(guild, now - days * _DAY, now)

    async def servers(self) -> tuple[int, ...]:
        """Return the servers that have figures. Raises MemoryUnavailable."""
        return await self._figures.servers()


def summary(answers: Sequence[AnswerFigures]) -> Summary:
    """Count questions."""
    outcomes: defaultdict[Outcome | None, int] = defaultdict(int)
    for one in answers:
        outcomes[one.end.outcome if one.end else None] += 1
    done = [one.end for one in answers if one.end is not None and one.end.outcome == "done"]
    return Summary(
        questions=len(answers),
        outcomes=dict(outcomes),
        left_open=sum(one.left_open for one in answers),
        closed=sum(one.closed for one in answers),
        up=sum(one.up for one in answers),
        down=sum(one.down for one in answers),
        reasons=sum(one.reasons for one in answers),
        first_text=_times(end.first_text for end in done),
        whole=_times(end.seconds for end in done),
    )


def told(report: Report) -> tuple[str, ...]:
    """Return the figures in words, a title first."""
    whole = report.whole
    title = f"Figures of the last {report.days} days"
    rests = f"Counted is what is still kept: {report.kept} days here, less what members had erased."
    if not whole.questions:
        return title, "Nobody has asked anything.", rests
    lines = [
        f"{_count(whole.questions, 'question')}: {_outcomes(whole)}",
        f"{_count(whole.left_open, 'gap')} in the lessons, {whole.closed} of them closed since",
        f"First text: {_span(whole.first_text)}; whole answer: {_span(whole.whole)}",
        f"Votes: {_votes(whole)}",
    ]
    if report.by_model:
        lines += ["By model:"]
        lines += [
            f"- {name}: {_count(one.questions, 'answer')}, first text {_span(one.first_text)}, "
            f"{_votes(one)}"
            for name, one in report.by_model[:_LISTED]
        ]
    voted = [each for each in report.by_passage if each[1].up or each[1].down][:_LISTED]
    if voted:
        lines += ["Passages in answers that were voted on, most 👎 first:"]
        lines += [f"- {name}: cited {one.questions}×, {_votes(one)}" for name, one in voted]
    return title, *lines, rests


def figures_sheet(report: Report) -> bytes:
    """Return all figures as CSV: of the whole, and by day, model and passage."""
    outcomes: tuple[Outcome | None, ...] = ("done", "declined", "failed", "stopped", None)
    groups = (
        ("all", (("", report.whole),)),
        ("day", report.by_day),
        ("model", report.by_model),
        ("passage", report.by_passage),
    )
    head = (
        *("group", "name", "questions", "answered", "declined", "failed", "stopped", "unknown"),
        *("gaps", "gaps_closed", "first_text_p50_s", "first_text_p95_s", "whole_p50_s"),
        *("whole_p95_s", "votes_up", "votes_down", "votes_with_reason"),
    )
    rows = [
        (
            *(group, name, one.questions, *(one.outcomes.get(each, 0) for each in outcomes)),
            *(one.left_open, one.closed, *_cells(one.first_text), *_cells(one.whole)),
            *(one.up, one.down, one.reasons),
        )
        for group, named in groups
        for name, one in named
    ]
    return as_sheet(head, rows)


def reasons_sheet(reasons: Iterable[Reason]) -> bytes:
    """Return why members voted against answers as CSV, without who."""
    rows = (
        (_day(one.at, dt.UTC), one.model or QUOTED, " ".join(one.passages), one.text)
        for one in reasons
    )
    return as_sheet(("day_utc", "model", "passages", "reason"), rows)


def hardest_sheet(found: Iterable[Hard]) -> bytes:
    """Return the hardest questions as CSV, without who answered."""
    rows = (
        (one.text, one.passage, one.answers, one.right, round(one.right / one.answers, 3))
        for one in found
    )
    return as_sheet(("question", "passage", "answers", "right", "part_right"), rows)


def sessions_sheet(held: Iterable[Held]) -> bytes:
    """Return the attendance of sessions as CSV, without who was there."""
    rows = ((_day(one.at, dt.UTC), one.title, one.lesson, one.attendees) for one in held)
    return as_sheet(("day_utc", "session", "lesson", "attendees"), rows)


def _by(
    answers: Sequence[AnswerFigures], names: Callable[[AnswerFigures], Iterable[str]]
) -> list[tuple[str, Summary]]:
    """Count answers under each of their names."""
    found: defaultdict[str, list[AnswerFigures]] = defaultdict(list)
    for one in answers:
        for name in names(one):
            found[name].append(one)
    return [(name, summary(some)) for name, some in found.items()]


def _model(one: AnswerFigures) -> tuple[str, ...]:
    if one.end is None:
        return ()
    if one.end.model is not None:
        return (one.end.model,)
    return (QUOTED,) if one.end.outcome == "done" else ()


def _most_votes(each: tuple[str, Summary]) -> tuple[int, int, int, str]:
    name, one = each
    return -one.down, -one.up, -one.questions, name


def _times(seconds: Iterable[float | None]) -> Times | None:
    known = sorted(each for each in seconds if each is not None)
    return Times(_rank(known, 0.5), _rank(known, 0.95)) if known else None


def _rank(known: Sequence[float], part: float) -> float:
    """Return the nearest-rank quantile: a value that did occur."""
    return known[max(0, math.ceil(part * len(known)) - 1)]


def _day(at: float, zone: dt.tzinfo) -> str:
    return dt.datetime.fromtimestamp(at, zone).date().isoformat()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _outcomes(one: Summary) -> str:
    names: tuple[tuple[Outcome | None, str], ...] = (
        ("done", "answered"),
        ("declined", "declined"),
        ("failed", "failed"),
        ("stopped", "stopped"),
        (None, "running, cut off or of before"),
    )
    counts = ((one.outcomes.get(outcome, 0), name) for outcome, name in names)
    return ", ".join(f"{count:,} {name}" for count, name in counts if count)


def _votes(one: Summary) -> str:
    why = f" ({one.reasons} with a reason)" if one.reasons else ""
    return f"👍 {one.up} · 👎 {one.down}{why}"


def _span(times: Times | None) -> str:
    if times is None:
        return "not known"
    return f"half within {times.half:.1f} s, 95 of 100 within {times.most:.1f} s"


def _cells(times: Times | None) -> tuple[float | None, float | None]:
    return (None, None) if times is None else (round(times.half, 3), round(times.most, 3))
