"""The question of the day and the demo of the week on the fake Discord, by a clock that is set."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from knowledge.lesson import Lesson
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_panel import GUILD, told
from tests.bot.clock import Clock
from tests.doubles.discord import FakeDiscord, Message, payloads


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, script, tmp_path, clock=clock) as running:
        yield running


def posted(fake: FakeDiscord, what: str) -> list[Message]:
    """Return what the bot posted by itself."""
    return [
        m
        for m in fake.messages.values()
        if what in m.text and "interaction_metadata" not in m.payload and not m.deleted_at
    ]


def passages(lessons: tuple[Lesson, ...]) -> set[str]:
    return {p.heading for lesson in lessons for p in lesson.passages}


async def test_a_question_is_posted_once_at_its_hour_and_answered_to_who_presses(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    """Also after a restart, for the message and for its buttons."""
    ada, eve = fake.member("ada"), fake.member("eve")
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        set_up = await told(fake, ada.slash("daily question", hour=9))
        assert "every day at 09:00, UTC time" in set_up.text
        await bot.daily_desk.look()
        assert not posted(fake, "Question of the day")
        clock.now += dt.timedelta(hours=1)
        await bot.daily_desk.look()
        await bot.daily_desk.look()
        (message,) = posted(fake, "Question of the day")
    async with running_bot(fake, script, tmp_path, clock=clock) as bot:
        await bot.daily_desk.look()
        assert posted(fake, "Question of the day") == [message]
        buttons = [
            one["custom_id"]
            for row in message.payload["components"]
            for one in row.get("components", ())
            if one.get("custom_id", "").startswith("daily:")
        ]
        answer = await told(fake, eve.click(message, buttons[0]))
        assert answer.ephemeral
        assert any(heading in answer.text for heading in passages(bot.services.lessons))
        await told(fake, eve.click(message, buttons[1]))
        records = bot.services.records.memory
        await bot.intake.settled(5.0)
        (kept,) = await records.attempts.of_member(int(eve.id))
        assert (kept.kind, kept.sitting) == ("daily", f"daily-{message.id}")
        assert kept.right is ("Right" in answer.text)
        assert kept.points == (10 if kept.right else 0)
        for forged in ("daily:nothing:0", f"{buttons[0]}9", "daily", "daily:::"):
            message.payload["components"][-1]["components"][0]["custom_id"] = forged
            assert "expired" in (await told(fake, eve.click(message, forged))).text
    assert fake.refused == []


async def test_what_was_missed_for_days_is_not_sent_in_a_heap(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    await told(fake, fake.member("ada").slash("daily question", hour=9))
    clock.now += dt.timedelta(days=5, hours=2)
    await timed.daily_desk.look()
    assert len(posted(fake, "Question of the day")) == 1
    clock.now += dt.timedelta(days=2, hours=12)  # ten at night: more than six hours late
    await timed.daily_desk.look()
    assert len(posted(fake, "Question of the day")) == 1


async def test_a_demo_of_the_week_invites_and_runs_no_model(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    await timed.services.records.servers.change(ServerSettings(GUILD, timezone="Asia/Tokyo"))
    told_ = await told(fake, ada.slash("daily demo", weekday="Thursday", hour=7))
    assert "every Thursday at 07:00, Asia/Tokyo time" in told_.text
    clock.set("2026-11-25 21:59")
    await timed.daily_desk.look()
    assert not posted(fake, "Demo of the week")
    clock.now += dt.timedelta(minutes=1)
    await timed.daily_desk.look()
    (message,) = posted(fake, "Demo of the week")
    assert timed.demos.running == 0
    pressed = fake.member("eve").click(message, "Try it")
    shown = await told(fake, pressed)
    assert not shown.ephemeral
    assert fake.refused == []


async def test_where_nothing_can_be_written_it_is_stopped_and_told_once(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    await told(fake, ada.slash("daily question", hour=9))
    clock.now += dt.timedelta(hours=1)
    fake.faults.status("POST", rf"/channels/{payloads.GENERAL}/messages", 403, 50013)
    for _ in range(3):
        await timed.daily_desk.look()
        clock.now += dt.timedelta(days=1)
    (said,) = posted(fake, "I stopped the question of the day")
    assert said.channel_id == fake.private_channel(ada.id)["id"]
    assert not posted(fake, "Question of the day")
    assert "stopped" in (await told(fake, ada.slash("daily list"))).text
    await told(fake, ada.slash("daily question", hour=9))
    clock.now += dt.timedelta(days=1)
    await timed.daily_desk.look()
    assert len(posted(fake, "Question of the day")) == 1


async def test_one_that_takes_no_private_messages_is_no_obstacle(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada = fake.member("ada")
    fake.blocked.add(ada.id)
    await told(fake, ada.slash("daily question", hour=9))
    clock.now += dt.timedelta(hours=1)
    fake.faults.status("POST", rf"/channels/{payloads.GENERAL}/messages", 404, 10003)
    await timed.daily_desk.look()
    assert (await timed.services.records.dailies.of_server(GUILD))[0].stopped


async def test_it_is_turned_off_and_listed_by_organisers_alone(
    fake: FakeDiscord, timed: StudyBot, clock: Clock
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    eve.permissions = "2048"
    assert "Nothing is posted" in (await told(fake, ada.slash("daily list"))).text
    await told(fake, ada.slash("daily question", hour=9))
    assert f"<#{payloads.GENERAL}>" in (await told(fake, ada.slash("daily list"))).text
    for called in ("daily list", "daily off"):
        options = {"what": "question"} if called.endswith("off") else {}
        assert "Only members" in (await told(fake, eve.slash(called, **options))).text
    assert "No question" in (await told(fake, ada.slash("daily off", what="question"))).text
    assert "There is no" in (await told(fake, ada.slash("daily off", what="question"))).text
    clock.now += dt.timedelta(hours=1)
    await timed.daily_desk.look()
    assert not posted(fake, "Question of the day")


async def test_the_rounds_post_without_being_asked(
    fake: FakeDiscord, script: Script, tmp_path: Path, clock: Clock
) -> None:
    """The bot looks at the time by itself once it is connected."""
    async with running_bot(fake, script, tmp_path, clock=clock):
        await told(fake, fake.member("ada").slash("daily question", hour=9))
    clock.now += dt.timedelta(hours=1)
    async with running_bot(fake, script, tmp_path, clock=clock):
        await fake.until(lambda: posted(fake, "Question of the day"))
