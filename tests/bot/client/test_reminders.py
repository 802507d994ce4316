"""Reminders on the fake Discord, by a clock that is set: once a day, for who asked."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import Place, ServerSettings
from bot.review.schedule import Grade
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_panel import GUILD, told
from tests.bot.clock import Clock
from tests.doubles.discord import FakeDiscord, Message
from tests.doubles.discord.member import Member

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path, clock=clock) as running:
        yield running


async def learn(bot: StudyBot, who: Member, count: int = 2) -> None:
    """Let a member know new questions, which are then due in two days."""
    review, place = bot.services.records.review, Place(70, GUILD)
    for question in [q for lesson in bot.services.lessons for q in lesson.questions][:count]:
        assert await review.grade(int(who.id), place, question.id, 0, Grade.GOOD)


def reminders(fake: FakeDiscord, who: Member) -> list[Message]:
    private = fake.private_channel(who.id)["id"]
    return [m for m in fake.messages.values() if m.channel_id == private and " due." in m.text]


async def test_who_asked_is_told_once_a_day_at_their_servers_hour_while_cards_are_due(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    """Also after a restart; who did not ask is never told."""
    ada, eve = fake.member("ada"), fake.member("eve")
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await bot.services.records.servers.change(ServerSettings(GUILD, timezone="Asia/Tokyo"))
        await learn(bot, ada)
        await learn(bot, eve)
        begun = await told(fake, ada.slash("review", reminders="on", hour=7))
        assert begun.ephemeral
        assert "at 07:00 Asia/Tokyo time" in begun.text
        clock.set("2026-11-26 22:00")  # 7 in Tokyo, but nothing is due before 8 in UTC
        await bot.reminder_desk.look()
        clock.set("2026-11-27 21:59")
        await bot.reminder_desk.look()
        assert not reminders(fake, ada)
        clock.set("2026-11-27 22:00")
        await bot.reminder_desk.look()
        await bot.reminder_desk.look()
        (message,) = reminders(fake, ada)
        assert "2 cards are due" in message.text
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        clock.now += HOUR
        await bot.reminder_desk.look()
        assert len(reminders(fake, ada)) == 1
        shown = await told(fake, ada.click(message, "Review"))
        assert "Review** · 2 due" in shown.text
        clock.now += DAY
        await bot.reminder_desk.look()
        assert len(reminders(fake, ada)) == 2
        assert not reminders(fake, eve)
    assert fake.refused == []


async def test_days_of_downtime_bring_one_reminder_and_no_late_one(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    await learn(timed, ada)
    await told(fake, ada.slash("review", hour=9))
    clock.now += 8 * DAY + 2 * HOUR
    await timed.reminder_desk.look()
    assert len(reminders(fake, ada)) == 1
    clock.now += DAY + 8 * HOUR  # six at night: more than six hours late
    await timed.reminder_desk.look()
    assert len(reminders(fake, ada)) == 1


async def test_closed_private_messages_end_them_and_the_next_review_says_so_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    await learn(timed, ada)
    await told(fake, ada.slash("review", reminders="on"))
    fake.blocked.add(ada.id)
    clock.now += 2 * DAY + HOUR
    await timed.reminder_desk.look()
    fake.blocked.clear()
    clock.now += DAY
    await timed.reminder_desk.look()
    assert not reminders(fake, ada)
    assert "so your reminders ended" in (await told(fake, ada.slash("review"))).text
    assert "reminders ended" not in (await told(fake, ada.slash("review"))).text


async def test_they_end_by_command_by_button_and_by_forgetting(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    assert "You get no reminders" in (await told(fake, ada.slash("review", reminders="off"))).text
    await learn(timed, ada)
    await told(fake, ada.slash("review", reminders="on"))
    clock.now += 2 * DAY + HOUR
    await timed.reminder_desk.look()
    (message,) = reminders(fake, ada)
    foreign = await told(fake, eve.click(message, "No more reminders"))
    assert "belong to who reviews" in foreign.text
    ada.click(message, "No more reminders")
    await fake.until(lambda: "No reminders any more" in message.text)
    await told(fake, ada.slash("review", reminders="on"))
    assert "No reminders" in (await told(fake, ada.slash("review", reminders="off"))).text
    await told(fake, ada.slash("review", reminders="on"))
    await timed.services.records.privacy.forget(int(ada.id))
    clock.now += DAY
    await timed.reminder_desk.look()
    assert not reminders(fake, ada)
    assert not await timed.services.records.memory.calendar.reminders.all()


async def test_a_reminder_that_nobody_uses_expires(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    """One with nothing to remind of, as its cards have expired before."""
    ada = fake.member("ada")
    await told(fake, ada.slash("review", reminders="on"))
    memory = timed.services.records.memory
    assert await memory.erasing.expire(clock() + 29 * 86_400) == 0
    assert await memory.erasing.expire(clock() + 31 * 86_400) == 1
    assert not await memory.calendar.reminders.all()
