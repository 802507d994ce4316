"""`/progress` and `/leaderboard`: shown to who asks, alone, and nobody who does not wish it."""

from typing import Any

import pytest

from bot.attempts import Attempt
from bot.client.bot import StudyBot
from tests.bot.client.script import body
from tests.bot.client.test_panel import GUILD, told
from tests.bot.test_landscape import size
from tests.doubles.discord import FakeDiscord


async def answered(fake: FakeDiscord, bot: StudyBot, name: str, points: int) -> None:
    """Let a member have answered the first question of the first lesson."""
    records = bot.services.records
    question = next(q for lesson in bot.services.lessons for q in lesson.questions)
    whose = (f"quiz-{name}", question.id, int(fake.member(name).id), 10, GUILD, records.clock())
    what: Any = (question.lesson, question.passage, "live", points > 0, points)
    await records.memory.attempts.add(Attempt(*whose, *what))


async def test_a_member_sees_their_progress_in_words_and_as_a_picture(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    await answered(fake, bot, "ada", 10)
    page = await told(fake, fake.member("ada").slash("progress"))
    assert page.ephemeral
    assert "10 points; 1 of 1 answers right" in body(page)
    assert "1 day in a row with an answer, at most 1 (days in UTC)" in body(page)
    assert page.file.name == "progress.png"
    assert size(page.file.data)[0] == 1200
    (gallery,) = [part for part in page.payload["components"] if part["type"] == 12]
    assert "1 of 1 answers right" in gallery["items"][0]["description"]


async def test_without_an_answer_there_is_a_sentence_and_no_picture(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    page = await told(fake, fake.member("ada").slash("progress"))
    assert "answered and read nothing" in body(page)
    assert page.files == {}
    assert not bot.is_closed()


async def test_the_leaderboard_names_by_mentions_that_ping_nobody_and_obeys_who_leaves_it(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    await answered(fake, bot, "ada", 10)
    await answered(fake, bot, "eve", 12)
    page = await told(fake, eve.slash("leaderboard"))
    assert page.ephemeral
    assert body(page) == f"1. <@{eve.id}> – 12 points\n2. <@{ada.id}> – 10 points"
    assert page.payload["mentions"] == []
    hidden = eve.click(page, "Do not list me")
    await fake.until(lambda: hidden.response and "You are not listed" in page.text)
    assert body(page) == f"1. <@{ada.id}> – 10 points"
    assert eve.id not in (await told(fake, ada.slash("leaderboard"))).text
    shown = eve.click(page, "List me")
    await fake.until(lambda: shown.response and "Do not list me" in str(page.payload))
    assert f"1. <@{eve.id}>" in body(page)


async def test_who_is_beyond_the_first_ten_sees_their_own_place(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    for n in range(12):
        await answered(fake, bot, f"member{n}", 20 + n)
    await answered(fake, bot, "ada", 5)
    lines = body(await told(fake, fake.member("ada").slash("leaderboard"))).splitlines()
    assert len(lines) == 12
    assert lines[-2:] == ["…", f"13. <@{fake.member('ada').id}> – 5 points"]


@pytest.mark.parametrize("custom_id", ["scores", "scores:hide:7", "scores:show:x"])
async def test_a_forged_control_is_told_that_it_has_expired(
    fake: FakeDiscord, bot: StudyBot, custom_id: str
) -> None:
    page = await told(fake, fake.member("ada").slash("leaderboard"))
    page.payload["components"][-1]["components"][0]["custom_id"] = custom_id
    assert "expired" in (await told(fake, fake.member("ada").click(page, custom_id))).text
    assert await bot.services.records.scores.listed(int(fake.member("ada").id), GUILD)
