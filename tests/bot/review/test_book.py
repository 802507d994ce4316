"""ReviewBook: what is due, what is new, and what goes with its question."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.attempts import Attempt
from bot.errors import MemoryUnavailable
from bot.memory import Memory, Place, ServerSettings
from bot.records.memory import open_records
from bot.review import book as reviewing
from bot.review.book import NEW_A_DAY, Ask, Rest, ReviewBook
from bot.review.schedule import Grade
from bot.servers import ServerBook
from knowledge.lesson import Lesson
from tests.bot.clock import Clock
from tests.bot.quiz.bank import lesson

ADA, GUILD, OTHER = 1, 7, 8
HERE = Place(70, GUILD)
DAY = dt.timedelta(days=1)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    opened = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    yield opened
    await opened.close()


class Group:
    """A study group: its lessons, its clock and its book."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.clock = Clock()
        self.lessons: list[Lesson] = [lesson("foxes", 3), lesson("owls", 20)]
        self.servers = ServerBook(memory, remembers=True)
        self.book = ReviewBook(memory, self.servers, self.visible, clock=self.clock)

    def visible(self, guild: int | None) -> list[Lesson]:
        """Return the lessons of a server."""
        return [one for one in self.lessons if one.server in (None, guild)]

    async def asked(self, *, new: bool = True, guild: int = GUILD) -> Ask | Rest:
        """Return what comes next for Ada."""
        return await self.book.next(ADA, guild, new=new)

    async def grade(self, ask: Ask | Rest, grade: Grade = Grade.GOOD, place: Place = HERE) -> None:
        """Grade what was put, which has to be taken."""
        assert isinstance(ask, Ask)
        assert await self.book.grade(ADA, place, ask.question.id, ask.seen, grade)


@pytest.fixture
def group(memory: Memory) -> Group:
    return Group(memory)


async def test_what_is_due_comes_before_what_is_new(group: Group) -> None:
    first = await group.asked()
    await group.grade(first)
    assert isinstance(first, Ask)
    second = await group.asked()
    assert isinstance(second, Ask)
    assert (second.question.id, second.left) == ("foxes-1", NEW_A_DAY - 1)
    group.clock.now += 3 * DAY
    due = await group.asked()
    assert isinstance(due, Ask)
    assert (due.question, due.left) == (first.question, 1)
    assert due.seen > 0


async def test_a_card_is_graded_once_whoever_presses_twice_at_once(group: Group) -> None:
    ask = await group.asked()
    assert isinstance(ask, Ask)
    grade = group.book.grade
    made = await asyncio.gather(
        *(grade(ADA, HERE, ask.question.id, ask.seen, Grade.EASY) for _ in range(5))
    )
    assert sum(card is not None for card in made) == 1


async def test_the_day_of_new_questions_is_the_servers(group: Group) -> None:
    """It is eight in the morning in UTC, and the next day begins in Auckland three hours later."""
    await group.servers.change(ServerSettings(GUILD, timezone="Pacific/Auckland"))
    for _ in range(NEW_A_DAY):
        await group.grade(await group.asked())
    rest = await group.asked()
    assert isinstance(rest, Rest)
    assert rest.new == 0
    assert rest.unseen > 0
    group.clock.now += dt.timedelta(hours=2, minutes=59)
    assert isinstance(await group.asked(), Rest)
    group.clock.now += dt.timedelta(minutes=1)
    assert isinstance(await group.asked(), Ask)


async def test_what_a_member_did_not_know_elsewhere_is_new_first(group: Group) -> None:
    for n, (question, right) in enumerate([("owls-4", True), ("owls-3", True), ("owls-3", False)]):
        whose = (f"s{n}", question, ADA, HERE.channel, GUILD, float(n))
        await group.memory.attempts.add(Attempt(*whose, "owls", "owls#a", "live", right, 0))
    ask = await group.asked()
    assert isinstance(ask, Ask)
    assert ask.question.id == "owls-3"


async def test_rest_says_when_which_card_is_due(group: Group) -> None:
    for grade in (Grade.GOOD, Grade.GOOD, Grade.EASY):
        await group.grade(await group.asked(), grade)
    rest = await group.asked(new=False)
    assert isinstance(rest, Rest)
    assert rest.next == int(group.clock()) + 2 * 86_400
    assert rest.days == ((dt.date(2026, 11, 27), 2), (dt.date(2026, 12, 3), 1))


async def test_a_question_that_left_the_lessons_takes_its_card_along(group: Group) -> None:
    first = await group.asked()
    await group.grade(first)
    group.lessons[0] = lesson("foxes", 0)
    group.clock.now += 3 * DAY
    assert isinstance(await group.asked(new=False), Rest)
    assert not await group.memory.deck.of_member(ADA)
    assert isinstance(first, Ask)
    assert await group.book.find(ADA, GUILD, first.question.id, 0) is None
    assert await group.book.grade(ADA, HERE, first.question.id, 0, Grade.GOOD) is None


async def test_no_card_is_dropped_while_there_are_no_lessons_at_all(group: Group) -> None:
    await group.grade(await group.asked())
    lessons, group.lessons = group.lessons, []
    assert isinstance(await group.asked(), Rest)
    group.lessons = lessons
    assert len(await group.memory.deck.of_member(ADA)) == 1


async def test_a_servers_own_question_is_asked_there_alone_and_kept(group: Group) -> None:
    group.lessons = [lesson("secret", 1, server=GUILD), lesson("owls", 1)]
    own = await group.asked()
    assert isinstance(own, Ask)
    assert own.question.lesson == "secret"
    await group.grade(own)
    group.clock.now += 3 * DAY
    assert isinstance(await group.asked(new=False, guild=OTHER), Rest)
    assert await group.book.find(ADA, OTHER, own.question.id, own.seen) is None
    here = await group.asked(new=False)
    assert isinstance(here, Ask)
    assert here.question == own.question


async def test_a_card_expires_by_the_day_it_was_due_not_by_its_last_answer(group: Group) -> None:
    """Else nobody could learn for longer than a server keeps things."""
    await group.servers.change(ServerSettings(GUILD, retention_days=5))
    await group.grade(await group.asked(), Grade.EASY)
    expire, now = group.memory.erasing.expire, group.clock()
    assert await expire(now + 12.9 * 86_400) == 0
    assert await expire(now + 13.1 * 86_400) == 1


async def test_records_that_hang_are_told_within_the_time_that_a_press_has(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: int) -> tuple[()]:
        await asyncio.sleep(60)
        return ()

    monkeypatch.setattr(reviewing, "WITHIN", 0.01)
    monkeypatch.setattr(group.memory.deck, "of_member", hang)
    with pytest.raises(MemoryUnavailable):
        await group.asked()
