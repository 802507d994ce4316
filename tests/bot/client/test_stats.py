"""`/stats`: an organiser reads a server's figures, and nobody else does."""

import pytest

from bot.client.bot import StudyBot
from bot.errors import EngineUnreachable
from bot.events import Declined, Failed, SourcesFound
from tests.bot.client.script import HITS, Script, Step, answering, body, whole
from tests.bot.client.test_panel import GUILD, told
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.member import Member

CANARY = "canary-question"


@pytest.fixture
async def organiser(fake: FakeDiscord, bot: StudyBot, script: Script) -> Member:
    """Return one who may manage the server, where three questions ended in three ways."""
    found = SourcesFound(HITS)
    endings: list[list[Step]] = [
        answering(CANARY),
        [found, Declined("The lessons do not cover this.", HITS[0].passage)],
        [found, Failed(EngineUnreachable("tiny:1b"))],
    ]
    shown = []
    for steps in endings:
        script.steps = steps
        shown.append(await whole(fake, fake.member("eve").slash("ask", question=CANARY)))
        await fake.until(lambda: bot.answers.running == 0)
    await told(fake, fake.member("bob").click(shown[0], "👍"))
    down = fake.member("eve").click(shown[0], "👎")
    await fake.until(lambda: down.modal)
    await told(fake, fake.member("eve").submit(down, "=canary-reason"))
    return fake.member("ada")


async def test_an_organiser_reads_figures_and_takes_them_along(
    fake: FakeDiscord, organiser: Member
) -> None:
    page = await told(fake, organiser.slash("stats"))
    assert page.ephemeral
    assert "3 questions: 1 answered, 1 declined, 1 failed" in body(page)
    assert "1 gap in the lessons, 0 of them closed" in body(page)
    assert "Votes: 👍 1 · 👎 1 (1 with a reason)" in body(page)
    assert "- tiny:1b: 1 answer, first text half within" in body(page)
    assert "- tokens#what: cited 1×, 👍 1 · 👎 1 (1 with a reason)" in body(page)
    assert "canary" not in str(page.payload)
    longer = organiser.click(page, "30 days")
    await fake.until(lambda: longer.response and "last 30 days" in page.text)
    sheet = await told(fake, organiser.click(page, "CSV"))
    assert (sheet.ephemeral, sheet.file.name) == (True, "stats-30-days.csv")
    assert b"model,tiny:1b,1,1,0,0,0,0,0,0," in sheet.file.data
    assert b"canary" not in sheet.file.data
    for button, head in (("Questions", b"question,passage"), ("Sessions", b"day_utc,session")):
        more = await told(fake, organiser.click(page, button))
        assert more.file.data.removeprefix("\ufeff".encode()).startswith(head)
    why = await told(fake, organiser.click(page, "Reasons"))
    assert b"tiny:1b,tokens#what,'=canary-reason" in why.file.data
    assert fake.member("eve").id.encode() not in why.file.data


async def test_members_see_no_figures_whatever_they_press(
    fake: FakeDiscord, bot: StudyBot, organiser: Member
) -> None:
    page = await told(fake, organiser.slash("stats"))
    eve = fake.member("eve")
    eve.permissions = "2048"
    for asked in (eve.slash("stats", days=30), eve.click(page, "CSV"), eve.click(page, "Reasons")):
        refused = await told(fake, asked)
        assert "Only members who may manage" in refused.text
    button = page.payload["components"][-1]["components"][-1]
    button["custom_id"] = "stats:csv:7000"
    assert "expired" in (await told(fake, organiser.click(page, "stats:csv:7000"))).text
    await bot.services.records.memory.erasing.forget(int(eve.id))
    assert "Nobody has asked" in body(await told(fake, organiser.slash("stats")))
    assert await bot.services.records.stats.servers() != (GUILD,)
