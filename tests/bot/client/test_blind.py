"""Blind demos as members see them: nothing leaks, everybody has one vote, then the reveal."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import BlindVote, Candidate, Place
from tests.bot.client.script import Script, messages, running_bot
from tests.bot.client.test_demos import BASE, INSTRUCT, PROMPT, REASONING, boxes, laptop, words
from tests.bot.client.test_front_door import checked
from tests.bot.client.test_privacy import told
from tests.doubles.discord import FakeDiscord, Interaction, Message, payloads
from tests.doubles.ollama import FakeOllama, Fault

GUILD = int(payloads.made("guild")["id"])
LETTERS = ("A", "B", "C")
GIVEN_AWAY = (BASE, INSTRUCT, REASONING, "llama", "deepseek", "qwen", "instruct", "reasoning",
              "base", "fine-tuned", "laptop", "hinking", "lineage")  # fmt: skip


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(laptop(), num_parallel=8) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as running:
        yield running


def buttons(message: Message) -> list[str]:
    rows = [c["components"] for c in message.payload["components"] if c["type"] == 1]
    return [part["label"] for row in rows for part in row if part["type"] == 2]


async def votable(fake: FakeDiscord, asked: Interaction) -> Message:
    """Wait until a blind demo takes votes; return its one message."""
    await fake.until(lambda: any("Reveal" in buttons(m) for m in messages(fake, asked)), 30.0)
    (message,) = messages(fake, asked)
    return message


async def revealed(fake: FakeDiscord, message: Message) -> Message:
    await fake.until(lambda: "🗳️" in message.text)
    return message


def leaks(shown: object) -> list[str]:
    text = json.dumps(shown, ensure_ascii=False).lower()
    return [word for word in GIVEN_AWAY if word.lower() in text]


@pytest.mark.usefixtures("bot")
async def test_nothing_names_a_model_or_a_stage_before_the_reveal(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    """In every state of the message that anybody saw, and in what its buttons show."""
    texts = laptop(words("one", 300), words("two", 30), rate=200.0)
    ollama.models |= {model.name: model for model in texts}
    asked = fake.member("ada").slash("demo", prompt=PROMPT, blind=True)
    message = await votable(fake, asked)
    assert buttons(message) == [*LETTERS, "All equal", "Whole texts", "Reveal"]
    assert not message.files
    for _, state in [*message.history, (0.0, message.payload)]:
        assert leaks(state["components"]) == []
        assert not state["attachments"]
    whole = fake.member("eve").click(message, "Whole texts")
    card = await told(fake, whole, "Whole texts")
    assert leaks(card.payload["components"]) == []
    for file in card.files.values():
        assert leaks(file.data.decode()) == []
        assert "one299" in file.data.decode()
    colours = {c["accent_color"] for c in message.payload["components"] if c["type"] == 17}
    assert len(colours) == 1
    checked(fake)


@pytest.mark.usefixtures("bot")
async def test_a_vote_a_change_and_the_reveal_by_who_started_it(fake: FakeDiscord) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    message = await votable(fake, ada.slash("demo", demo="bat-and-ball", blind=True))
    assert "What to notice" not in message.text
    await told(fake, eve.click(message, "A"), "Noted: A")
    card = await told(fake, eve.click(message, "B"), "Noted: B")
    assert card.ephemeral
    await told(fake, ada.click(message, "All equal"), "all are equal")
    await told(fake, eve.click(message, "Reveal"), "Only who started this demo")
    assert leaks(message.payload["components"]) == []
    before = boxes(message)
    ada.click(message, "Reveal")
    await revealed(fake, message)
    assert boxes(message) == before
    assert "2 votes" in message.text
    assert "all equal 1" in message.text
    for shown in (BASE, INSTRUCT, REASONING, "What to notice", "C · **"):
        assert shown in message.text
    assert any(file.name.endswith(".png") for file in message.files.values())
    assert {"What it saw", "Read why", "Export", "Again"} <= set(buttons(message))
    assert not set(LETTERS) & set(buttons(message))
    checked(fake)


async def test_many_at_once_and_one_five_times_are_one_vote_each(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    message = await votable(fake, ada.slash("demo", prompt=PROMPT, blind=True))
    members = [fake.member(f"m{n}") for n in range(25)]
    pressed = [m.click(message, LETTERS[n % 3]) for n, m in enumerate(members)]
    pressed += [members[0].click(message, "C") for _ in range(5)]
    await fake.until(lambda: all(p.original in fake.messages for p in pressed), 30.0)
    assert all("Noted" in fake.messages[p.original or ""].text for p in pressed)
    votes = await bot.services.records.memory.blind_votes.of_server(GUILD)
    assert len(votes) == 25
    assert {vote.kind for vote in votes} == {"own prompt"}
    assert {c.stage for v in votes for c in (*v.ahead, *v.behind)} == {
        "base",
        "instruct",
        "reasoning",
    }
    ada.click(message, "Reveal")
    await revealed(fake, message)
    assert "25 votes" in message.text
    checked(fake)


async def test_a_late_press_on_an_old_message_does_not_vote(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """As a member's client sends it that has not yet drawn the reveal."""
    ada, eve = fake.member("ada"), fake.member("eve")
    message = await votable(fake, ada.slash("demo", prompt=PROMPT, blind=True))
    (run,) = bot.demos._known.values()
    assert run.show.blind is not None
    run.show.blind.revealed = True
    await told(fake, eve.click(message, "A"), "this vote is closed")
    assert await bot.services.records.memory.blind_votes.of_server(GUILD) == ()


async def test_forget_takes_the_votes_away(fake: FakeDiscord, bot: StudyBot) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    message = await votable(fake, ada.slash("demo", prompt=PROMPT, blind=True))
    await told(fake, ada.click(message, "A"), "Noted")
    await told(fake, eve.click(message, "A"), "Noted")
    asked = await told(fake, ada.slash("forget"), "Shall I erase")
    ada.click(asked, "Forget me")
    await fake.until(lambda: "1 votes in blind demos" in asked.text)
    (vote,) = await bot.services.records.memory.blind_votes.of_server(GUILD)
    assert vote.member == int(eve.id)


@pytest.mark.usefixtures("bot")
async def test_a_broken_blind_demo_takes_no_votes_and_tells_the_names(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    for tag in 3 * (BASE, INSTRUCT):  # more often than it is tried again
        ollama.fail_next(Fault("error_line", after=0), tag=tag)
    asked = fake.member("ada").slash("demo", prompt=PROMPT, blind=True)
    await fake.until(lambda: any(m.files for m in messages(fake, asked)), 30.0)
    (message,) = messages(fake, asked)
    assert INSTRUCT in message.text
    assert "A" not in buttons(message)
    checked(fake)


async def test_the_ranking_of_a_server_is_told_in_words(fake: FakeDiscord, bot: StudyBot) -> None:
    """Of its own votes alone, with intervals; of a kind without votes, that there are none."""
    base, chat = Candidate("base", "base b"), Candidate("instruct", "instruct i")
    records = bot.services.records.memory.blind_votes
    for n in range(40):
        ahead, behind = (base, chat) if n % 5 == 0 else (chat, base)
        place = Place(1, GUILD)
        await records.cast(BlindVote(f"d{n}", n, place, 0.0, "puzzle", "A", (ahead,), (behind,)))
        other = Place(2, GUILD + 1)
        await records.cast(BlindVote(f"o{n}", n, other, 0.0, "puzzle", "A", (base,), (chat,)))
    asked = fake.member("ada").slash("ranking")
    card = await told(fake, asked, "1. **instruct**")
    assert card.ephemeral
    assert "2. **base**" in card.text
    assert "From 40 votes" in card.text
    await told(fake, fake.member("eve").slash("ranking", kind="question"), "There are no votes")
    checked(fake)
