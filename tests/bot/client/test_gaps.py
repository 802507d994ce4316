"""`/gaps`: mentors and curators see what was left open, and their answers wait in the queue."""

import pytest

from bot.client.bot import StudyBot
from bot.memory import Gap, Place, ServerSettings
from knowledge.index import Change
from knowledge.passages import SearchUnavailable
from tests.bot.client.script import body
from tests.bot.client.test_panel import GUILD, ROLE, told
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.member import Member

MENTOR = 77
pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
async def mentor(fake: FakeDiscord, bot: StudyBot, monkeypatch: pytest.MonkeyPatch) -> Member:
    """Return a mentor, on a server with gaps; no model is loaded to group them."""
    chosen = ServerSettings(GUILD, curator_role=ROLE, mentor_role=MENTOR)
    await bot.services.records.servers.change(chosen)
    for n, question in enumerate(["Why do weeds grow?", "why do weeds  grow?", "And <@5> moss?"]):
        gap = Gap(f"{n:032x}", 99, Place(5, GUILD), "declined", question, 10.0 + n)
        await bot.services.records.memory.gaps.add(gap)
    foreign = Gap("f" * 32, 99, Place(5, 4242), "declined", "Their canary?", 10.0)
    await bot.services.records.memory.gaps.add(foreign)

    async def unloaded(_texts: object, **_: object) -> None:
        raise SearchUnavailable("no model")

    for way in ("encode", "search"):
        monkeypatch.setattr(bot.services.library, way, unloaded)
    member = fake.member("ada")
    member.roles, member.permissions = [str(MENTOR)], "2048"
    return member


async def test_a_mentor_reads_a_group_and_proposes_an_answer(
    fake: FakeDiscord, bot: StudyBot, mentor: Member
) -> None:
    page = await told(fake, mentor.slash("gaps"))
    assert page.ephemeral
    assert "**2×** why do weeds grow?" in body(page)
    assert "**1×** And" in body(page)
    assert "canary" not in str(page.payload)
    assert "<@5>" not in body(page)
    options = page.payload["components"][-2]["components"][0]["options"]
    opened = mentor.select(page, "Look at one", options[0]["value"])
    await fake.until(lambda: opened.response and "asked 2 times" in page.text)
    form = mentor.click(page, "Write an answer")
    await fake.until(lambda: form.modal)
    thanks = await told(fake, mentor.submit(form, "Because nobody **pulls** them."))
    assert "waits in the queue" in thanks.text
    (document,) = await bot.services.records.curating.listed(GUILD)
    assert (document.kind, document.waits, document.added_by) == ("answer", True, int(mentor.id))
    refused = await told(fake, mentor.slash("knowledge approve", document=document.id))
    assert "look after the lessons" in refused.text  # a mentor proposes, a curator approves


async def test_a_question_is_open_until_its_answer_is_approved(
    fake: FakeDiscord, bot: StudyBot, mentor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refresh() -> Change:
        return Change(added=("added-1",))

    monkeypatch.setattr(bot.services.records.curating, "_refresh", refresh)
    listed = await told(fake, mentor.slash("gaps"))
    options = listed.payload["components"][-2]["components"][0]["options"]
    opened = mentor.select(listed, "Look at one", options[0]["value"])
    await fake.until(lambda: opened.response and "asked 2 times" in listed.text)
    form = mentor.click(listed, "Write an answer")
    await fake.until(lambda: form.modal)
    await told(fake, mentor.submit(form, "Because nobody pulls them."))
    assert "grow? · an answer waits" in (await told(fake, mentor.slash("gaps"))).text
    (document,) = await bot.services.records.curating.listed(GUILD)
    mentor.roles = [str(ROLE)]
    card = await told(fake, mentor.slash("knowledge approve", document=document.id))
    assert "Approved" in card.text
    left = body(await told(fake, mentor.slash("gaps")))
    assert "weeds" not in left
    assert "**1×** And" in left


async def test_the_csv_is_a_file_for_who_asked(fake: FakeDiscord, mentor: Member) -> None:
    page = await told(fake, mentor.slash("gaps"))
    file = await told(fake, mentor.click(page, "CSV"))
    assert file.ephemeral
    assert file.file.name == "gaps.csv"
    assert b"Why do weeds grow?" in file.file.data
    assert b"canary" not in file.file.data


async def test_s13_others_see_no_gaps_whatever_they_press(
    fake: FakeDiscord, mentor: Member
) -> None:
    page = await told(fake, mentor.slash("gaps"))
    eve = fake.member("eve")
    for asked in (eve.slash("gaps"), eve.click(page, "CSV")):
        refused = await told(fake, asked)
        assert "look after the lessons" in refused.text
        assert "weeds" not in refused.text
    options = page.payload["components"][-2]["components"][0]["options"]
    chosen = await told(fake, eve.select(page, "Look at one", options[0]["value"]))
    assert "look after the lessons" in chosen.text


async def test_an_answer_to_a_gap_of_another_server_goes_nowhere(
    fake: FakeDiscord, bot: StudyBot, mentor: Member
) -> None:
    page = await told(fake, mentor.slash("gaps"))
    page.payload["components"][-1]["components"][-1]["custom_id"] = f"gaps:answer:{'f' * 32}"
    refused = await told(fake, mentor.click(page, f"gaps:answer:{'f' * 32}"))
    assert "expired" in refused.text
    assert await bot.services.records.curating.everywhere() == ()
