"""Handing on: a question goes to the mentors as the member saw it, and its answer comes back."""

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.events import Declined, SourcesFound
from bot.memory import ServerSettings
from bot.mentoring import MOST_OPEN, NO_ROLE, TOO_MANY
from bot.present.cards import EXPIRED, NOT_YOURS
from knowledge.passages import SearchUnavailable
from tests.bot.client.script import HITS, Script, Step, body, messages, running_bot, whole
from tests.bot.client.test_every_control import controls
from tests.bot.client.test_panel import GUILD, told
from tests.bot.client.test_privacy import files_of
from tests.doubles.discord import FakeDiscord, Message, payloads
from tests.doubles.discord.member import Member

MENTOR = "500000000000000002"
CANARY = "canary-c0ffee"
DECLINED: list[Step] = [SourcesFound(HITS), Declined("The lessons do not cover this.", None)]


@pytest.fixture
async def mentor(fake: FakeDiscord, bot: StudyBot) -> Member:
    """Return one of the server's mentors."""
    return await mentored(fake, bot)


async def mentored(fake: FakeDiscord, bot: StudyBot, **role: object) -> Member:
    """Let the server have mentors; return one."""
    made = payloads.made("role", id=MENTOR, **{"mentionable": True, **role})
    fake.emit("GUILD_ROLE_CREATE", {"guild_id": str(GUILD), "role": made})
    (guild,) = bot.guilds
    await fake.until(lambda: guild.get_role(int(MENTOR)))
    await bot.services.records.servers.change(ServerSettings(GUILD, mentor_role=int(MENTOR)))
    return helper(fake)


def helper(fake: FakeDiscord, name: str = "mia") -> Member:
    member = fake.member(name)
    member.roles, member.permissions = [MENTOR], "2048"
    return member


@pytest.fixture(autouse=True)
def unloaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Group gaps by their words: no embedding model is loaded."""
    if "bot" not in request.fixturenames:
        return

    async def unloaded(_texts: object, **_: object) -> None:
        raise SearchUnavailable("no model")

    library = request.getfixturevalue("bot").services.library
    monkeypatch.setattr(library, "encode", unloaded)


def calls(fake: FakeDiscord) -> list[Message]:
    """Return the messages that call mentors or once did, oldest first."""
    return [m for m in fake.messages.values() if m.text.startswith("🙋")]


async def asked(fake: FakeDiscord, bot: StudyBot, **options: object) -> Message:
    shown = await whole(fake, fake.member("ada").slash("ask", question="Why weeds?", **options))
    await fake.until(lambda: bot.answers.running == 0)
    return shown


async def handed_on(fake: FakeDiscord, bot: StudyBot, **options: object) -> Message:
    """Let ada hand on a question; return the message that calls the mentors."""
    ada, known = fake.member("ada"), len(calls(fake))
    page = await told(fake, ada.click(await asked(fake, bot, **options), "Ask a mentor"))
    assert page.ephemeral
    ada.click(page, "Hand on")
    await fake.until(lambda: "Handed on" in page.text)
    assert len(calls(fake)) == known + 1
    return calls(fake)[-1]


async def answer(fake: FakeDiscord, who: Member, card: Message, words: str) -> Message:
    form = who.click(card, "Answer")
    await fake.until(lambda: form.modal)
    sent = who.submit(form, words)
    await fake.until(lambda: (m := fake.original(sent)) is not None and m.text)
    return messages(fake, sent)[0]


async def test_a_question_is_posted_as_it_was_confirmed_and_pings_the_mentors_alone(
    fake: FakeDiscord, bot: StudyBot, script: Script, mentor: Member
) -> None:
    ada = fake.member("ada")
    await asked(fake, bot)
    script.steps = [SourcesFound(HITS), *script.steps[1:]]
    shown = await whole(fake, ada.slash("ask", question=f"And @everyone <@&{MENTOR}> <@5>?"))
    await fake.until(lambda: bot.answers.running == 0)
    page = await told(fake, ada.click(shown, "Ask a mentor"))
    assert "Member: Why weeds?" in body(page)
    assert "A token is a **piece** of text" in body(page)
    assert not any(m.payload["mention_roles"] for m in fake.messages.values())
    ada.click(page, "Hand on")
    await fake.until(lambda: "Handed on" in page.text)
    (card,) = calls(fake)
    assert body(card) != ""
    assert f"<@&{MENTOR}> – <@{ada.id}> asks you:" in card.text
    assert card.payload["mention_roles"] == [MENTOR]
    assert (card.payload["mentions"], card.payload["mention_everyone"]) == ([], False)
    assert body(card).count("<@") == 0
    assert card.payload["message_reference"]["message_id"] == shown.id
    assert mentor.id


async def test_a_mentors_answer_comes_to_the_place_to_the_member_and_into_the_queue(
    fake: FakeDiscord, bot: StudyBot, script: Script, mentor: Member
) -> None:
    script.steps = DECLINED
    card = await handed_on(fake, bot)
    assert "The lessons do not cover this." in body(card)
    thanks = await answer(fake, mentor, card, "Because nobody **pulls** them.")
    (document,) = await bot.services.records.curating.listed(GUILD)
    assert f"It waits in the queue as `{document.id}`" in thanks.text
    assert (document.title, document.waits) == ("Why weeds?", True)
    (gap,) = await bot.services.records.memory.gaps.newest(GUILD, 9)
    assert gap.answer == document.id
    replies = [m for m in fake.messages.values() if "answers <@" in m.text]
    assert [body(m) for m in replies] == ["Because nobody **pulls** them."]
    assert replies[0].payload["message_reference"]["message_id"] == card.id
    private = [m for m in fake.messages.values() if "answered what you asked" in m.text]
    assert [body(m) for m in private] == ["Because nobody **pulls** them."]
    assert private[0].channel_id == fake.private_channel(fake.member("ada").id)["id"]
    assert f"Answered by <@{mentor.id}>" in card.text
    assert not controls(card)
    shown = [(m, then) for m in fake.messages.values() for _, then in m.history]
    assert [m for m, then in shown if then.get("mention_roles")] == [card]
    assert fake.refused == []


async def test_who_hands_on_twice_reads_how_it_stands(
    fake: FakeDiscord, bot: StudyBot, mentor: Member
) -> None:
    ada, shown = fake.member("ada"), await asked(fake, bot)
    page = await told(fake, ada.click(shown, "Ask a mentor"))
    ada.click(page, "Hand on")
    await fake.until(lambda: "Handed on" in page.text)
    again = await told(fake, ada.click(shown, "Ask a mentor"))
    assert "before the mentors already: https://discord.com/channels/" in again.text
    (card,) = calls(fake)
    late = helper(fake, "max").click(card, "Answer")
    await fake.until(lambda: late.modal)
    await answer(fake, mentor, card, "So it is.")
    told_ = await told(fake, ada.click(shown, "Ask a mentor"))
    assert f"<@{mentor.id}> answered this" in told_.text
    lost = await told(fake, helper(fake, "max").submit(late, "My own words."))
    assert f"<@{mentor.id}> answered this" in lost.text
    assert body(lost) == "My own words."  # what was written is not lost
    assert len(calls(fake)) == 1


async def test_only_the_member_hands_on_and_only_mentors_answer(
    fake: FakeDiscord, bot: StudyBot, mentor: Member
) -> None:
    shown, eve = await asked(fake, bot), fake.member("eve")
    eve.permissions = "2048"
    assert NOT_YOURS in (await told(fake, eve.click(shown, "Ask a mentor"))).text
    page = await told(fake, fake.member("ada").click(shown, "Ask a mentor"))
    fake.member("ada").click(page, "Hand on")
    (card,) = await fake.until(lambda: calls(fake))
    assert (
        "Only members with one of these roles" in (await told(fake, eve.click(card, "Answer"))).text
    )
    form = mentor.click(card, "Answer")
    await fake.until(lambda: form.modal)
    assert "no words" in (await told(fake, mentor.submit(form, "  "))).text
    mentor.roles = []
    assert "Only members" in (await told(fake, mentor.submit(form, "Too late."))).text
    assert not [m for m in fake.messages.values() if "answers <@" in m.text]


async def test_without_mentors_the_organiser_is_told_how_to_have_some(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    shown = await asked(fake, bot)
    assert NO_ROLE in (await told(fake, fake.member("ada").click(shown, "Ask a mentor"))).text
    await bot.services.records.servers.change(ServerSettings(GUILD, mentor_role=4242))
    gone = await told(fake, fake.member("ada").click(shown, "Ask a mentor"))
    assert "no longer there" in gone.text


async def test_in_private_there_are_no_mentors(fake: FakeDiscord, bot: StudyBot) -> None:
    fake.member("ada").dm("Why?")
    (shown,) = await fake.until(
        lambda: [m for m in fake.messages.values() if "Retry" in str(m.payload)]
    )
    told_ = await told(fake, fake.member("ada").click(shown, "Ask a mentor"))
    assert "Mentors belong to a server" in told_.text
    assert not bot.is_closed()


async def test_a_member_has_few_questions_before_the_mentors(
    fake: FakeDiscord, bot: StudyBot, mentor: Member
) -> None:
    """Each pings a role, so that more of them would be a way to pester it."""
    cards = [await handed_on(fake, bot) for _ in range(MOST_OPEN)]
    shown = await asked(fake, bot)
    assert TOO_MANY in (await told(fake, fake.member("ada").click(shown, "Ask a mentor"))).text
    await answer(fake, mentor, cards[0], "So it is.")
    page = await told(fake, fake.member("ada").click(shown, "Ask a mentor"))
    assert "Shall I post this" in page.text


async def test_what_was_private_is_posted_only_after_a_warning(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    await mentored(fake, bot, mentionable=False)
    shown, emit = await asked(fake, bot, private=True), fake.gateway.dispatch
    may = {"app_permissions": str(1 << 10 | 1 << 11)}  # see the channel, write in it
    fake.emit = lambda event, data: emit(event, data | may if "app_permissions" in data else data)
    page = await told(fake, fake.member("ada").click(shown, "Ask a mentor"))
    assert "only you could see it" in page.text
    assert "I may not ping this role" in page.text
    left = fake.member("ada").click(page, "Leave it")
    await fake.until(lambda: left.response)
    assert "Nothing was handed on" in page.text
    assert calls(fake) == []


async def test_it_goes_on_after_a_restart_in_the_middle(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        await mentored(fake, bot)
        shown = await asked(fake, bot)
        page = await told(fake, ada.click(shown, "Ask a mentor"))
    async with running_bot(fake, script, tmp_path) as bot:
        mentor = await mentored(fake, bot)
        again = await told(fake, ada.click(shown, "Ask a mentor"))
        assert body(page).startswith(body(again))  # the script's passage is in no lesson
        assert "What the bot said" in body(again)
        ada.click(page, "Hand on")
        (card,) = await fake.until(lambda: calls(fake))
        await fake.until(lambda: "Handed on" in page.text)
        form = mentor.click(card, "Answer")
        await fake.until(lambda: form.modal)
    async with running_bot(fake, script, tmp_path, embedding_model=str(tmp_path / "none")) as bot:
        thanks = await told(fake, mentor.submit(form, "So it is."))
        assert "Posted" in thanks.text
        assert [m for m in fake.messages.values() if "answers <@" in m.text]
        assert len(await bot.services.records.curating.listed(GUILD)) == 1


async def test_forgetting_takes_back_what_was_handed_on_and_who_answered(
    fake: FakeDiscord, bot: StudyBot, mentor: Member, tmp_path: Path
) -> None:
    card = await handed_on(fake, bot)
    first = await answer(fake, mentor, card, CANARY)
    assert "Posted" in first.text
    handed = bot.services.records.memory.handed
    (kept,) = await handed.of_member(int(fake.member("ada").id), GUILD)
    await bot.services.records.privacy.forget(int(mentor.id))
    found = await handed.find(kept.request_id)
    assert found is not None
    assert (found.answered_by, found.waits) == (None, False)
    card = await handed_on(fake, bot)
    bot.answers.forget(int(fake.member("ada").id))
    counts = await bot.services.records.privacy.forget(int(fake.member("ada").id))
    assert counts["handed"] == 2
    for trace in (fake.member("ada").id.encode(), int(fake.member("ada").id).to_bytes(8, "big")):
        assert trace not in files_of(tmp_path)
    assert "no longer kept" in (await told(fake, mentor.click(card, "Answer"))).text


@pytest.mark.parametrize(
    "custom_id",
    ["mentor", "mentor:send:ffffffff:x", "mentor:send:" + "f" * 32 + ":1", "mentor:ask:"],
)
async def test_a_forged_control_is_told_that_it_has_expired(
    fake: FakeDiscord, bot: StudyBot, mentor: Member, custom_id: str
) -> None:
    shown = await asked(fake, bot)
    shown.payload["components"][-1]["components"][0]["custom_id"] = custom_id
    assert EXPIRED in (await told(fake, mentor.click(shown, custom_id))).text
