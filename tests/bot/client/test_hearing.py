"""The front doors without a command: mentions, replies, private messages, posts, the menu."""

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from bot.present import hearing
from bot.present.cards import WHAT
from bot.present.hearing import FIRST_PART_ONLY, UNREADABLE
from tests.bot.client.script import Script, body, running_bot, whole
from tests.doubles.discord import FakeDiscord, Message, payloads, records
from tests.doubles.discord.gateway import CONTENT

ANSWER = "A token is a **piece** of text [1]."
LONG = "x " * 950 + "then"


async def answer_to(fake: FakeDiscord, written: Message, marks: str = "Retry") -> Message:
    """Wait for the bot's reply that holds these words or this button."""

    def found() -> list[Message]:
        return [
            m
            for m in fake.messages.values()
            if (m.payload.get("message_reference") or {}).get("message_id") == written.id
            and m.payload["author"]["id"] == payloads.BOT
            and marks in str(m.payload["components"])
        ]

    return (await fake.until(found))[0]


@pytest.mark.usefixtures("bot")
async def test_a_reply_to_an_answer_goes_on_with_its_conversation(
    fake: FakeDiscord, script: Script
) -> None:
    ada = fake.member("ada")
    first = await answer_to(fake, ada.mention("What is a token?"))
    second = await answer_to(fake, ada.reply(first, "And in Chinese?"))
    await answer_to(fake, ada.reply(second, "And in code?"))
    told = [(turn.role, turn.content) for turn in script.questions[-1].history]
    assert told == [
        ("user", "What is a token?"),
        ("assistant", ANSWER),
        ("user", "And in Chinese?"),
        ("assistant", ANSWER),
    ]
    assert script.questions[-1].text == "And in code?"


@pytest.mark.usefixtures("bot")
async def test_who_replies_to_anothers_answer_goes_on_from_what_stands_there(
    fake: FakeDiscord, script: Script
) -> None:
    """And from nothing that the other asked before."""
    ada, bob = fake.member("ada"), fake.member("bob")
    first = await answer_to(fake, ada.mention("What is a token?"))
    second = await answer_to(fake, ada.reply(first, "And in Chinese?"))
    await answer_to(fake, bob.reply(second, "Why?"))
    assert [turn.content for turn in script.questions[-1].history] == ["And in Chinese?", ANSWER]


@pytest.mark.usefixtures("bot")
async def test_a_reply_to_the_answer_of_a_command_is_answered_where_discord_shows_it(
    fake: FakeDiscord, script: Script
) -> None:
    """Without a mention in it Discord shows no words of it: the member is told what helps."""
    ada = fake.member("ada")
    answer = await whole(fake, ada.slash("ask", question="What is a token?"))
    unread = ada.reply(answer, "And in Chinese?")
    told = await answer_to(fake, unread, "Ask on")
    assert UNREADABLE in told.text
    assert len(script.questions) == 1
    opened = ada.click(told, "Ask on")
    await fake.until(lambda: opened.modal)
    asked = ada.submit(opened, "And in code?")
    await whole(fake, asked)
    assert script.questions[-1].text == "And in code?"
    assert [turn.content for turn in script.questions[-1].history] == ["What is a token?", ANSWER]
    await answer_to(fake, ada.reply(answer, f"<@{payloads.BOT}> And in Chinese?"))
    assert script.questions[-1].text == "And in Chinese?"
    assert [turn.content for turn in script.questions[-1].history] == ["What is a token?", ANSWER]


@pytest.mark.parametrize("forged", ["on", "on:", "on:-1", "on:1e9", f"on:{2**63}", "on:1:2:3"])
@pytest.mark.usefixtures("bot")
async def test_a_forged_button_to_ask_on_is_refused_or_opens_an_empty_form(
    fake: FakeDiscord, script: Script, forged: str
) -> None:
    ada = fake.member("ada")
    answer = await whole(fake, ada.slash("ask", question="What is a token?"))
    button = next(c for c in records.walk(answer.payload["components"]) if c["type"] == 2)
    button["custom_id"] = forged
    pressed = ada.click(answer, forged)
    await fake.until(lambda: pressed.response)
    assert pressed.modal is not None or "expired" in fake.messages[pressed.original or ""].text
    assert len(script.questions) == 1


async def test_a_failure_while_hearing_is_told_with_a_reference(
    fake: FakeDiscord, bot: StudyBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(bot.answers, "start", broken)
    told = await answer_to(fake, fake.member("ada").mention("Why?"), "Something went wrong")
    assert "secret" not in told.text


@pytest.mark.usefixtures("bot")
async def test_a_message_is_explained_from_its_menu_to_who_chose_so(
    fake: FakeDiscord, script: Script
) -> None:
    """Its words come with the menu, though it mentions nobody."""
    said = fake.member("bob").say("RLHF comes after SFT.")
    asked = fake.member("ada").menu("Explain from the lessons", said)
    message = await whole(fake, asked)
    assert message.ephemeral
    assert body(message) == ANSWER
    assert "RLHF comes after SFT." in script.questions[0].text
    answer = await whole(fake, fake.member("ada").slash("ask", question="What is a token?"))
    await whole(fake, fake.member("ada").menu("Explain from the lessons", answer))
    assert ANSWER in script.questions[-1].text


@pytest.mark.usefixtures("bot")
async def test_a_message_without_words_cannot_be_explained_and_that_is_said(
    fake: FakeDiscord, script: Script
) -> None:
    said = fake.member("bob").say("x")
    said.payload["content"] = ""
    asked = fake.member("ada").menu("Explain from the lessons", said)
    await fake.until(lambda: (m := fake.original(asked)) is not None and "no words" in m.text)
    assert script.questions == []


@pytest.mark.usefixtures("bot")
async def test_a_thread_and_a_post_of_a_forum_are_answered_inside(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """The post that begins a thread of a forum has the thread's id."""
    made = await bot.http.start_thread_without_message(
        int(payloads.GENERAL), name="t", type=11, auto_archive_duration=60
    )
    thread = str(made["id"])
    written = fake.member("ada").mention("What is a token?", channel=thread)
    answer = await answer_to(fake, written)
    assert answer.channel_id == thread
    assert body(answer) == ANSWER


@pytest.mark.usefixtures("bot")
async def test_bots_webhooks_and_system_messages_are_ignored(
    fake: FakeDiscord, script: Script
) -> None:
    ada, robot = fake.member("ada"), fake.member("robot")
    robot.user["bot"] = True
    robot.mention("What is a token?")
    ada.say(f"<@{payloads.BOT}> joined", extra={"type": 7})
    ada.say(f"<@{payloads.BOT}> from outside", extra={"webhook_id": payloads.snowflake()})
    await answer_to(fake, ada.mention("Only this."))
    assert [question.text for question in script.questions] == ["Only this."]


@pytest.mark.usefixtures("bot")
async def test_a_paste_that_was_cut_at_discords_limit_is_joined(
    fake: FakeDiscord, script: Script
) -> None:
    """Here in private, where Discord shows every part; three parts are one question."""
    ada = fake.member("ada")
    first = ada.dm(LONG)
    ada.dm(LONG)
    ada.dm("the end?")
    await answer_to(fake, first)
    assert [question.text for question in script.questions] == [f"{LONG}\n{LONG}\nthe end?"]


async def test_a_part_that_discord_does_not_show_is_told(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    first = ada.mention(LONG)
    ada.say("the end?")
    answer = await answer_to(fake, first)
    assert FIRST_PART_ONLY[:40] in answer.text
    assert [question.text for question in script.questions] == [LONG]
    assert bot.hearing._pastes == {}


@pytest.mark.usefixtures("bot")
async def test_only_a_text_at_the_limit_waits_for_more(
    fake: FakeDiscord, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "PASTE_SECONDS", 3600.0)
    await answer_to(fake, fake.member("ada").mention("Short?"))
    await answer_to(fake, fake.member("ada").mention("x" * 1850))
    assert len(script.questions) == 2


@pytest.mark.usefixtures("bot")
async def test_after_a_long_text_alone_no_part_is_awaited_for_long(
    fake: FakeDiscord, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "PASTE_SECONDS", 0.05)
    await answer_to(fake, fake.member("ada").mention(LONG))
    assert [question.text for question in script.questions] == [LONG]


@pytest.mark.usefixtures("bot")
async def test_a_mention_without_words_is_told_what_to_ask(fake: FakeDiscord) -> None:
    await answer_to(fake, fake.member("ada").mention(""), WHAT[:20])


async def test_every_post_is_answered_only_with_the_intent_and_in_opened_channels(
    fake: FakeDiscord, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members who reply to each other there are left alone."""
    monkeypatch.setattr(hearing, "PASTE_SECONDS", 0.05)
    fake.gateway.granted = CONTENT
    ada, bob = fake.member("ada"), fake.member("bob")
    other = fake.add_channel("other")["id"]
    async with running_bot(fake, script, tmp_path, discord_message_content=True) as bot:
        chosen = ServerSettings(bot.guilds[0].id, open_channels=frozenset({int(payloads.GENERAL)}))
        await bot.services.records.servers.change(chosen)
        ada.say("Elsewhere?", channel=other)
        said = ada.say("What is a token?")
        assert body(await answer_to(fake, said)) == ANSWER
        bob.reply(said, "I know!")
        await answer_to(fake, bob.mention("Last?"))
    assert [question.text for question in script.questions] == ["What is a token?", "Last?"]


async def test_without_the_intent_no_post_has_words(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    chosen = ServerSettings(bot.guilds[0].id, open_channels=frozenset({int(payloads.GENERAL)}))
    await bot.services.records.servers.change(chosen)
    assert not bot.intents.message_content
    fake.member("ada").say("What is a token?")
    await answer_to(fake, fake.member("ada").mention("Only this."))
    assert [question.text for question in script.questions] == ["Only this."]
