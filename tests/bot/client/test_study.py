"""`/study`: a thread in which every post is answered, each member's from their own turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from bot.present.study import EVERY, I_MAY_NOT, IN_PRIVATE, MENTION, NOT_HERE, YOU_MAY_NOT
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_every_control import outcome
from tests.bot.client.test_following import offered
from tests.bot.client.test_hearing import answer_to
from tests.doubles.discord import FakeDiscord, Message, payloads
from tests.doubles.discord.gateway import CONTENT
from tests.doubles.discord.member import Member

THREADS = rf"/channels/{payloads.GENERAL}/threads"
WRITE = 1 << 10 | 1 << 11  # see the channel, write in it
OPEN_THREADS = 1 << 35


@pytest.fixture
async def hearing(fake: FakeDiscord, script: Script, tmp_path: Path) -> AsyncIterator[StudyBot]:
    """Yield a bot to which Discord shows every post."""
    fake.gateway.granted = CONTENT
    async with running_bot(fake, script, tmp_path, discord_message_content=True) as bot:
        yield bot


def threads(fake: FakeDiscord) -> list[str]:
    return [c["id"] for c in fake.channels.values() if "thread_metadata" in c]


async def opened(fake: FakeDiscord, member: Member, **topic: str) -> tuple[str, Message]:
    """Open a thread; return its id and its first message."""
    asked = member.slash("study", **topic)
    assert "Your thread is open" in await outcome(fake, asked)
    answer = fake.original(asked)
    assert answer is not None
    assert answer.ephemeral
    thread = threads(fake)[-1]
    assert f"<#{thread}>" in answer.text
    (welcome,) = [m for m in fake.messages.values() if m.channel_id == thread]
    return thread, welcome


def said(script: Script) -> list[str]:
    """Return the member's earlier questions that came with the newest one."""
    return [turn.content for turn in script.questions[-1].history if turn.role == "user"]


async def test_every_post_in_the_thread_is_answered_from_its_members_own_turns(
    fake: FakeDiscord, hearing: StudyBot, script: Script
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    thread, welcome = await opened(fake, ada, topic="quantization, for <@1> and me")
    assert EVERY in welcome.text
    assert fake.channels[thread]["name"] == "quantization, for @member and me"
    for member, text, earlier in (
        (ada, "First?", []),
        (eve, "Second?", []),
        (ada, "Third?", ["First?"]),
        (eve, "Fourth?", ["Second?"]),
    ):
        await answer_to(fake, member.say(text, channel=thread))
        assert script.questions[-1].text == text
        assert said(script) == earlier
        await fake.until(lambda: not hearing.answers.running)
    ada.say("Not here?")  # outside nothing has changed
    ada.mention("And here?")
    await fake.until(lambda: script.questions[-1].text == "And here?")
    assert said(script) == []


async def test_members_who_reply_to_each_other_are_left_alone_and_a_reply_to_the_bot_is_not(
    fake: FakeDiscord, hearing: StudyBot, script: Script
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    thread, _ = await opened(fake, ada)
    post = ada.say("What is a token?", channel=thread)
    answer = await answer_to(fake, post)
    eve.reply(post, "I know!")
    await answer_to(fake, eve.reply(answer, "And a word?", ping=False))
    assert [question.text for question in script.questions] == ["What is a token?", "And a word?"]
    assert not hearing.is_closed()


async def test_the_thread_is_known_after_a_restart_until_it_is_deleted(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    fake.gateway.granted = CONTENT
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path, discord_message_content=True):
        thread, _ = await opened(fake, ada)
        await answer_to(fake, ada.say("First?", channel=thread))
    async with running_bot(fake, script, tmp_path, discord_message_content=True) as bot:
        await answer_to(fake, ada.say("Second?", channel=thread))
        assert said(script) == ["First?"]
        gone = {name: fake.channels[thread][name] for name in ("id", "guild_id", "parent_id")}
        fake.emit("THREAD_DELETE", gone | {"type": 11})
        ada.say("Gone?", channel=thread)
        await answer_to(fake, ada.mention("Third?"))
        assert script.questions[-1].text == "Third?"
        assert await bot.services.records.memory.studies.all() == frozenset()


async def test_a_thread_that_is_archived_under_an_answer_ends_it_and_the_next_post_is_answered(
    fake: FakeDiscord, hearing: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    thread, _ = await opened(fake, ada)
    whole, script.steps = script.steps, [*script.steps[:2], 60.0]
    ada.say("First?", channel=thread)
    await fake.until(lambda: hearing.answers.running == 1 and script.questions)
    state = fake.channels[thread]["thread_metadata"]
    state["archived"] = True
    fake.emit("THREAD_UPDATE", fake.channels[thread])
    await fake.until(lambda: not hearing.answers.running)
    state["archived"], script.steps = False, whole
    await answer_to(fake, ada.say("Second?", channel=thread))
    assert fake.refused == [] or all("50083" in str(each) for each in fake.refused)


@pytest.mark.usefixtures("bot")
async def test_where_discord_shows_no_other_posts_the_thread_says_to_mention(
    fake: FakeDiscord, script: Script
) -> None:
    ada = fake.member("ada")
    thread, welcome = await opened(fake, ada)
    assert MENTION in welcome.text
    await answer_to(fake, ada.mention("What is a token?", channel=thread))
    assert [question.text for question in script.questions] == ["What is a token?"]


async def test_a_lesson_as_topic_gives_its_name_its_summary_and_questions_to_begin_with(
    fake: FakeDiscord, hearing: StudyBot, script: Script
) -> None:
    lesson = hearing.services.lessons[1]
    thread, welcome = await opened(fake, fake.member("ada"), topic=lesson.slug)
    assert fake.channels[thread]["name"] == lesson.title[:90]
    assert lesson.summary[:40] in welcome.text
    option = offered(welcome)[0]
    eve = fake.member("eve")
    eve.channel = thread
    await outcome(fake, eve.select(welcome, "next", option["value"]))
    await fake.until(lambda: script.questions)
    assert (script.questions[-1].text, script.questions[-1].member) == (option["label"], eve.id)


async def test_where_no_thread_can_be_opened_a_sentence_says_why(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")

    async def told() -> str:
        return await outcome(fake, ada.slash("study"))

    fake.faults.status("POST", THREADS, 403, 50013)
    assert I_MAY_NOT in await told()
    ada.permissions = str(WRITE)
    assert YOU_MAY_NOT in await told()
    ada.permissions = str(WRITE | OPEN_THREADS)
    emit = fake.emit
    fake.emit = lambda event, data: emit(event, data | {"app_permissions": str(WRITE)})
    assert I_MAY_NOT in await told()
    fake.emit = emit
    assert threads(fake) == []
    thread, _ = await opened(fake, ada)
    ada.channel = thread
    assert NOT_HERE in await told()
    ada.channel = fake.private_channel(ada.id)["id"]
    assert IN_PRIVATE in await told()
    await bot.services.records.servers.change(
        ServerSettings(bot.guilds[0].id, channels=frozenset({1}))
    )
    ada.channel = payloads.GENERAL
    assert "I answer in <#1> only" in await told()
    assert len(threads(fake)) == 1


async def test_with_damaged_records_the_thread_is_open_and_says_to_mention(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "records.db").write_bytes(b"not a database" * 300)
    fake.gateway.granted = CONTENT
    async with running_bot(fake, script, tmp_path, discord_message_content=True):
        _, welcome = await opened(fake, fake.member("ada"))
        assert MENTION in welcome.text
