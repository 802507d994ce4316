"""The front door as a member sees it: commands, answers, buttons."""

import asyncio
import time

import pytest

from bot.client.bot import StudyBot
from bot.errors import EngineFailed
from bot.events import Declined, Failed, Finished, Notice, NoticeKind, SourcesFound, Waiting
from bot.model import Delta, Loading
from bot.present.answer import ENDED
from tests.bot.client.script import HITS, PASSAGE, USAGE, Script, answering, body, messages, whole
from tests.doubles.discord import FakeDiscord, Interaction, Message

pytestmark = pytest.mark.usefixtures("bot")


def checked(fake: FakeDiscord) -> None:
    """Nothing was refused, nothing was too fast, nobody could be pinged, no link could unfold."""
    assert fake.refused == []
    assert fake.too_many == 0
    for call in fake.log:
        sent = call.body if isinstance(call.body, dict) else {}
        sent = sent.get("data") or sent
        if "components" in sent:
            assert sent["allowed_mentions"] == {"parse": []}
            assert sent["flags"] & 4


def text_of(fake: FakeDiscord, asked: Interaction) -> str:
    """Return what the answer shows now."""
    message = fake.original(asked)
    return message.text if message else ""


async def reply_to(fake: FakeDiscord, written: Message) -> Message:
    """Wait for the whole answer to a message."""

    def found() -> Message | None:
        for message in fake.messages.values():
            reference = message.payload.get("message_reference") or {}
            if reference.get("message_id") == written.id and "Retry" in str(message.payload):
                return message
        return None

    message = await fake.until(found)
    assert message is not None
    return message


async def test_a_question_is_answered_with_its_sources_and_a_footer(
    fake: FakeDiscord, script: Script
) -> None:
    asked = fake.member("ada").slash("ask", question="What is a token?")
    message = await whole(fake, asked)
    assert asked.response == 5
    assert body(message) == "A token is a **piece** of text [1]."
    assert "[1] Tokens › What a token is" in message.text
    assert "tiny:1b" in message.text
    assert "20 tokens" in message.text
    assert script.questions[0].text == "What is a token?"
    assert not message.ephemeral
    checked(fake)


async def test_a_private_question_is_answered_in_private(fake: FakeDiscord) -> None:
    asked = fake.member("ada").slash("ask", question="Psst?", private=True)
    assert (await whole(fake, asked)).ephemeral


async def test_the_first_token_is_shown_at_once_and_the_rest_follows(
    fake: FakeDiscord, script: Script
) -> None:
    """The text grows: each state begins as the one before, and the last is the whole."""
    gate = asyncio.Event()
    script.steps = [SourcesFound(HITS), Delta("First "), gate.wait, Delta("last."),
                    Finished("First last.", (), USAGE, "m")]  # fmt: skip
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "First" in text_of(fake, asked))
    message = fake.messages[asked.original or ""]
    assert "Writing" in message.text
    gate.set()
    await whole(fake, asked)
    assert body(message) == "First last."
    checked(fake)


async def test_waiting_loading_and_thinking_are_seen(fake: FakeDiscord, script: Script) -> None:
    gates = [asyncio.Event() for _ in range(3)]
    script.steps = [Waiting(3, 20.0), gates[0].wait, Loading("big:70b"), gates[1].wait,
                    Delta(thinking="hm"), Delta(thinking=" ok"), gates[2].wait,
                    *answering("Yes.")]  # fmt: skip
    asked = fake.member("ada").slash("ask", question="Why?")
    seen = ["2 before you, about 20 s", "big:70b is being loaded", "Thinking"]
    for gate, words in zip(gates, seen, strict=True):
        await fake.until(lambda words=words: words in text_of(fake, asked))  # type: ignore[misc]  # mypy does not infer it
        gate.set()
    message = await whole(fake, asked)
    pressed = fake.member("ada").click(message, "Thinking")
    await fake.until(lambda: pressed.response)
    shown = fake.messages[pressed.original or ""]
    assert body(shown) == "hm ok"
    assert shown.ephemeral
    checked(fake)


async def test_stop_ends_the_model_and_keeps_the_text(fake: FakeDiscord, script: Script) -> None:
    script.steps = [SourcesFound(HITS), Delta("So far "), asyncio.Event().wait]
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "So far" in text_of(fake, asked))
    message = fake.messages[asked.original or ""]
    refused = fake.member("eve").click(message, "Stop")
    await fake.until(lambda: refused.response)
    assert "belong to the member who asked" in fake.messages[refused.original or ""].text
    assert script.closed == 0
    fake.member("ada").click(message, "Stop")
    await whole(fake, asked)
    assert script.closed == 1
    assert body(message) == "So far"
    assert "You stopped this answer" in message.text
    checked(fake)


async def test_retry_answers_again_in_a_new_message(fake: FakeDiscord, script: Script) -> None:
    asked = fake.member("ada").slash("ask", question="Why?")
    message = await whole(fake, asked)
    again = fake.member("ada").click(message, "Retry")
    second = await whole(fake, again)
    assert second.id != message.id
    assert [q.text for q in script.questions] == ["Why?", "Why?"]


async def test_sources_shows_the_passage_to_who_asked(fake: FakeDiscord) -> None:
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    pressed = fake.member("ada").click(message, "Sources")
    await fake.until(lambda: pressed.response)
    shown = fake.messages[pressed.original or ""]
    assert shown.ephemeral
    assert "A token is a piece of text. See more (<https://a.example/more>)." in body(shown)
    checked(fake)


async def test_a_declined_question_names_the_nearest_lesson(
    fake: FakeDiscord, script: Script
) -> None:
    script.steps = [SourcesFound(HITS), Declined("The lessons do not cover this.", PASSAGE)]
    message = await whole(fake, fake.member("ada").slash("ask", question="Weather?"))
    assert "The lessons do not cover this." in message.text
    assert "Tokens › What a token is" in message.text


async def test_a_failure_keeps_the_text_and_says_what_happened(
    fake: FakeDiscord, script: Script
) -> None:
    failed = Failed(EngineFailed("m", "m ran out of memory."), "Half an")
    script.steps = [Delta("Half an"), failed]
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert body(message) == "Half an"
    assert "m ran out of memory." in message.text


async def test_a_defect_of_ours_becomes_a_card_with_a_reference(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    async def broken() -> None:
        raise KeyError("secret")

    script.steps = [Delta("Half an"), broken]
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    request_id = next(iter(bot.answers._known))
    assert request_id in message.text
    assert "secret" not in message.text
    assert "Half an" in body(message)


async def test_a_cut_answer_says_so(fake: FakeDiscord, script: Script) -> None:
    script.steps = [Delta("Long"), Notice(NoticeKind.CUT, "Cut at the limit."), Finished("Long")]
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    assert "Cut at the limit." in message.text


async def test_d19_an_answer_over_several_messages_loses_nothing(
    fake: FakeDiscord, script: Script
) -> None:
    """9,000 characters with fences: three messages, whole fences, and the raw text as a file."""
    text = "Intro\n\n" + "\n\n".join(
        f"Part {i}\n\n```python\n" + f"print({i})  # {'x' * 40}\n" * 12 + "```" for i in range(12)
    )
    script.steps = answering(text, every=0.002, size=200)
    asked = fake.member("ada").slash("ask", question="Long?")
    await whole(fake, asked)
    shown = messages(fake, asked)
    assert 1 < len(shown) <= 3
    for message in shown:
        assert len(message.text) <= 4000
        assert len(body(message)) <= 3400
        assert body(message).count("```") % 2 == 0
    assert "".join(shown[-1].files[f].data.decode() for f in shown[-1].files) == text
    assert sum(m.text.count("print(") for m in shown) == text.count("print(")
    checked(fake)


async def test_d19_a_line_of_ten_thousand_characters_and_more_is_taken(
    fake: FakeDiscord, script: Script
) -> None:
    for length in (10_000, 30_000):
        text = "".join(chr(97 + i % 26) for i in range(length))
        script.steps = answering(text, size=500)
        asked = fake.member("ada").slash("ask", question="Long?")
        await whole(fake, asked)
        shown = messages(fake, asked)
        assert len(shown) == 3
        assert shown[-1].file.data.decode() == text
        assert text.startswith(body(shown[0]))
        assert text.endswith(body(shown[-1]))
    checked(fake)


async def test_hostile_text_pings_nobody_and_hides_nothing(
    fake: FakeDiscord, script: Script
) -> None:
    text = "@everyone <@1> [free](https://evil.example/x) discord.gg/abc ```py\n@here"
    script.steps = answering(text, size=7)
    message = await whole(fake, fake.member("ada").slash("ask", question="@everyone <@&2>?"))
    assert "free (<https://evil.example/x>)" in body(message)
    for live in ("@everyone", "@here", "<@1>", "<@&2>", "discord.gg/"):
        assert live not in message.text
    assert body(message).endswith("\n```")
    checked(fake)


async def test_a_mention_and_a_private_message_are_answered(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    for written in (ada.mention("What is a token?"), ada.dm("What is a token?")):
        answer = await reply_to(fake, written)
        assert body(answer) == "A token is a **piece** of text [1]."
    assert [q.text for q in script.questions] == ["What is a token?"] * 2
    await fake.until(lambda: not bot.answers._streams)
    checked(fake)


async def test_other_talk_is_left_alone(fake: FakeDiscord, script: Script) -> None:
    fake.member("ada").say("among ourselves")
    fake.member("ada").mention("")
    await fake.until(lambda: any("Ask me about" in m.text for m in fake.messages.values()))
    assert script.questions == []


async def test_an_unknown_control_says_that_it_has_expired(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """Also the button of an answer that is no longer remembered."""
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    await bot.services.records.memory.erasing.expire(time.time() + 31 * 86_400)
    bot.answers._known.clear()
    pressed = fake.member("ada").click(message, "Sources")
    await fake.until(lambda: pressed.response)
    assert "expired" in fake.messages[pressed.original or ""].text
    bot.controls.remove("ask")
    pressed = fake.member("ada").click(message, "Retry")
    await fake.until(lambda: pressed.response)
    assert "expired" in fake.messages[pressed.original or ""].text


async def test_d12_every_message_deleted_while_it_is_written_stops_the_model(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = answering("So far and on " * 80, every=0.05, size=14)
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "So far" in text_of(fake, asked))
    fake.member("ada").delete(fake.messages[asked.original or ""])
    await fake.until(lambda: script.closed)
    await fake.until(lambda: bot.answers.running == 0)


async def test_a2_the_bots_end_is_told_in_a_running_answer(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    script.steps = [Delta("So far "), asyncio.Event().wait]
    asked = fake.member("ada").slash("ask", question="Why?")
    await fake.until(lambda: "So far" in text_of(fake, asked))
    await bot.close()
    message = fake.messages[asked.original or ""]
    assert "restarted" in message.text
    assert body(message) == "So far"
    assert script.closed == 1


async def test_nothing_of_an_answer_stays_running(fake: FakeDiscord, bot: StudyBot) -> None:
    await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    await fake.until(lambda: bot.answers.running == 0)
    asked = next(iter(bot.answers._known.values()))
    assert asked.answer.state in ENDED
    assert bot._connection._view_store._views == {}
