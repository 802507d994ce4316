"""When there is nowhere left to write: the model is stopped, and nothing is posted again."""

import asyncio
from typing import Any

import pytest

from bot.client.bot import StudyBot
from bot.events import SourcesFound
from bot.model import Delta
from tests.bot.client.script import HITS, Script
from tests.doubles.discord import FakeDiscord, Message
from tests.doubles.discord.payloads import GENERAL

WITHIN = 2.0
"""Seconds in which the model must be closed."""


async def writing(fake: FakeDiscord, script: Script, **where: Any) -> Message:
    """Begin an answer to a mention that never ends; return its message."""
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    fake.member("ada").mention("Why?", **where)
    found = await fake.until(lambda: [m for m in fake.messages.values() if "So far" in m.text])
    return found[0]


async def ended(fake: FakeDiscord, bot: StudyBot, script: Script) -> None:
    """Wait until the model's stream is closed, in time; no message was made after that."""
    made = len(fake.messages)
    await fake.until(lambda: script.closed, within=WITHIN)
    await fake.until(lambda: bot.answers.running == 0)
    assert len(fake.messages) == made


async def test_d12_a_deleted_message_ends_its_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """At once, by Discord's event: the model may not write anything for long."""
    message = await writing(fake, script)
    fake.member("ada").delete(message)
    await ended(fake, bot, script)


async def test_d12_a_deleted_response_ends_its_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: (m := fake.original(asked)) is not None and "So far" in m.text)
    message = fake.messages[asked.original or ""]
    data = {"ids": [message.id], "channel_id": message.channel_id, "guild_id": fake.guild()["id"]}
    fake.gateway.dispatch("MESSAGE_DELETE_BULK", data)
    await ended(fake, bot, script)


@pytest.mark.parametrize("status_code", [(400, 50083), (404, 10003), (403, 50001), (403, 50013)])
async def test_d13_a_place_that_may_not_be_written_to_ends_the_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script, status_code: tuple[int, int]
) -> None:
    """Thread archived, channel gone, no access, no permission: no retry, no private message."""
    await writing(fake, script)
    status, code = status_code
    fake.faults.status("PATCH", r"/channels/\d+/messages/\d+$", status, code, times=99)
    asked = next(iter(bot.answers._known.values()))
    asked.answer.take(Delta("more"))
    bot.answers.stop(asked, "the last edit")
    await ended(fake, bot, script)
    refused = [call for call in fake.log if call.method == "PATCH" and call.status == status]
    assert len(refused) == 1
    assert not any(call.path == "/users/@me/channels" for call in fake.log)


async def test_d13_an_archived_or_deleted_thread_ends_its_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    for event in ("THREAD_UPDATE", "THREAD_DELETE"):
        script.closed = 0
        thread = await bot.http.start_thread_without_message(
            int(GENERAL), name="t", type=11, auto_archive_duration=60
        )
        await writing(fake, script, channel=str(thread["id"]))
        data = fake.channels[str(thread["id"])]
        data["thread_metadata"]["archived"] = event == "THREAD_UPDATE"
        fake.gateway.dispatch(event, data)
        await ended(fake, bot, script)
        fake.messages.clear()


async def test_d13_a_deleted_channel_ends_its_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    await writing(fake, script)
    fake.gateway.dispatch("CHANNEL_DELETE", fake.channels[GENERAL])
    await ended(fake, bot, script)


async def test_d14_a_bot_that_was_kicked_ends_the_servers_answers(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    await writing(fake, script)
    fake.gateway.dispatch("GUILD_DELETE", {"id": fake.guild()["id"]})
    await ended(fake, bot, script)


async def test_d15_a_member_who_blocked_the_bot_is_not_written_to(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    fake.blocked.add(ada.id)
    ada.dm("Why?")
    await fake.until(lambda: script.questions)
    await fake.until(lambda: bot.answers.running == 0)
    assert script.closed == 1
    assert len(fake.messages) == 1
