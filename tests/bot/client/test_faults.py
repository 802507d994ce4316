"""What Discord's network does to an answer, and what discord.py alone would make of it."""

import asyncio
from pathlib import Path
from unittest.mock import patch

import discord
import pytest
from discord.webhook import async_
from discord.webhook.async_ import async_context

from bot.client import remedies
from bot.client.bot import StudyBot
from bot.present.calls import never_cancelled
from bot.present.responses import defer
from tests.bot.client.script import Script, answering, body, running_bot, whole
from tests.doubles.discord import FakeDiscord, Rate

ORIGINAL = r"/messages/@original$"
ANSWER = "A token is a **piece** of text [1]."


@pytest.mark.parametrize("status", [500, 502, 503, 520])
@pytest.mark.usefixtures("bot")
async def test_d4_an_edit_that_failed_is_made_again(fake: FakeDiscord, status: int) -> None:
    fake.faults.status("PATCH", ORIGINAL, status)
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == ANSWER


@pytest.mark.usefixtures("bot")
async def test_d6_a_connection_reset_is_survived(fake: FakeDiscord) -> None:
    """Without the remedy the edit is lost: discord.py does not retry errno 104 of Linux."""
    fake.faults.reset("PATCH", ORIGINAL, times=2)
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == ANSWER


@pytest.mark.usefixtures("bot")
async def test_d5_a_reply_that_was_reset_after_it_was_made_is_made_once(fake: FakeDiscord) -> None:
    """The nonce makes Discord recognise the second try."""
    fake.faults.reset("POST", r"/channels/\d+/messages$", act_first=True)
    written = fake.member("ada").mention("Why?")
    await fake.until(lambda: any("Retry" in str(m.payload) for m in fake.messages.values()))
    assert len(fake.messages) == 2
    assert written.id in fake.messages


@pytest.mark.usefixtures("bot")
async def test_d5_an_acknowledgement_whose_answer_was_lost_still_counts(fake: FakeDiscord) -> None:
    """Discord says 40060 to the second try; the first one was accepted."""
    fake.faults.status("POST", r"/callback$", 500, act_first=True)
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == ANSWER


async def test_d6_a_call_that_hangs_is_given_up_and_made_again(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """Without the remedy a call may hang for aiohttp's five minutes."""
    with patch.object(remedies, "REQUEST_SECONDS", 0.3):
        async with running_bot(fake, script, tmp_path):
            fake.faults.hang("PATCH", ORIGINAL, 30.0)
            message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
            assert body(message) == ANSWER


async def _cancelled_while_its_bucket_is_empty(fake: FakeDiscord, bot: StudyBot) -> bool:
    """Cancel a call asleep for an exhausted bucket; return whether the next one gets through."""
    caught: list[discord.Interaction[StudyBot]] = []
    bot.desk.ask = lambda interaction, *_a, **_k: _catch(caught, interaction)  # type: ignore[method-assign]  # the interaction itself is wanted
    fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: caught)
    (interaction,) = caught
    fake.buckets.token = Rate(1, 0.5)

    def call() -> "asyncio.Task[object]":
        adapter = async_context.get()
        return asyncio.ensure_future(
            adapter.edit_original_interaction_response(
                interaction.application_id,
                interaction.token,
                session=interaction.followup.session,
                payload={"content": "x"},
            )
        )

    first, second = call(), call()
    await fake.until(lambda: any(made.method == "PATCH" for made in fake.log))
    await asyncio.sleep(0.1)
    first.cancel()
    done, _ = await asyncio.wait({second}, timeout=3.0)
    second.cancel()
    return bool(done)


async def _catch(
    caught: list[discord.Interaction[StudyBot]], interaction: discord.Interaction[StudyBot]
) -> None:
    await defer(interaction)
    caught.append(interaction)


async def test_a8_a_cancelled_call_gives_its_lock_back(fake: FakeDiscord, bot: StudyBot) -> None:
    assert await _cancelled_while_its_bucket_is_empty(fake, bot)


async def test_without_the_remedy_the_lock_is_lost(fake: FakeDiscord, bot: StudyBot) -> None:
    """When this fails, discord.py has mended it and the remedy can go."""
    (library,) = remedies.ReleasingLock.__bases__
    with patch.object(async_, "AsyncDeferredLock", library):
        assert not await _cancelled_while_its_bucket_is_empty(fake, bot)


async def test_cancelling_the_waiting_does_not_cancel_the_call() -> None:
    gate, done = asyncio.Event(), asyncio.Event()

    async def call() -> None:
        await gate.wait()
        done.set()

    waiting = asyncio.create_task(never_cancelled(call()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    gate.set()
    await asyncio.wait_for(done.wait(), 5.0)


async def test_a8_stop_works_while_the_writer_waits_for_a_bucket(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """Stop closes the model at once; the last edit follows when Discord lets it through."""
    assert bot.is_ready()
    script.steps = answering("more " * 300, every=0.02, size=5)
    fake.buckets.token = Rate(2, 3.0)
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: (m := fake.original(asked)) and m.text.count("more") > 10)
    fake.member("ada").click(fake.messages[asked.original or ""], "Stop")
    await fake.until(lambda: script.closed, within=2.0)
    message = await whole(fake, asked)
    assert "You stopped this answer" in message.text
    assert fake.too_many == 0


async def test_d1_a_rate_limit_that_was_not_foreseen_costs_no_text(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """The hidden limit on posts answers 429; the answer is whole all the same."""
    assert bot.is_ready()
    fake.buckets.edits = Rate(2, 1.0)
    script.steps = answering("word " * 60, every=0.03, size=10)
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message).split() == ["word"] * 60
