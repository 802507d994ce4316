"""Demos outlive a restart: left open they are closed, ended ones keep their buttons and votes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.present.leftovers import DEMO_INTERRUPTED
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_blind import LETTERS, buttons, revealed, votable
from tests.bot.client.test_demos import BASE, PROMPT, boxes, ended, files, laptop, shown, words
from tests.bot.client.test_leftovers import SERVE, environment, killed_in_the_end
from tests.bot.client.test_privacy import files_of, told
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.limits import SELECT
from tests.doubles.discord.records import walk
from tests.doubles.ollama import FakeOllama

CANARY = "canary-c0ffee"


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(laptop(), num_parallel=8) as fake:
        yield fake


async def test_demos_that_a_kill_left_open_are_closed_with_their_texts(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    """One that writes, one that waits, one before which members predict; one had ended before."""
    ada, eve = fake.member("ada"), fake.member("eve")
    env = environment(fake, tmp_path) | {"OLLAMA_HOST": ollama.url}
    async with killed_in_the_end(SERVE, env=env):
        await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
        first = ada.slash("demo", prompt=PROMPT)
        await fake.until(lambda: "Whole texts" in str(getattr(fake.original(first), "payload", "")))
        done = fake.messages[first.original or ""]
        endless = laptop(words("base", 5000), words("chat", 5000), rate=30.0)
        ollama.models |= {model.name: model for model in endless}
        writing = ada.slash("demo", prompt=PROMPT)
        await fake.until(lambda: "chat30" in shown(fake, writing))
        waiting = eve.slash("demo", prompt=PROMPT, blind=True)
        await fake.until(lambda: "Next in the queue" in shown(fake, waiting))
        predicting = eve.slash("demo", prompt=PROMPT, predict=True)
        await fake.until(lambda: "Predict first" in shown(fake, predicting))
        panel = await told(fake, eve.click(fake.messages[predicting.original or ""], "Predict"), "")
    message, before = fake.messages[writing.original or ""], done.payload
    text = boxes(message)
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as bot:
        for asked in (writing, waiting, predicting):
            await fake.until(
                lambda asked=asked: DEMO_INTERRUPTED in shown(fake, asked),  # type: ignore[misc]  # mypy does not infer it
                within=30.0,
            )
            for word in ("writing", "queue", "before it", "Blind", "Predict"):
                assert word not in shown(fake, asked)
        assert boxes(message) == text
        assert BASE in message.text
        assert "✂️ stopped" in message.text
        assert buttons(message) == []
        await fake.until(lambda: all(task.done() for task in bot._keeping_house[:2]))
        assert await bot.services.records.memory.demos.left_open() == ()
        assert done.payload == before
        await told(fake, eve.click(done, "Whole texts"), "It scatters.")
        (first_list, *_) = [c for c in walk(panel.payload["components"]) if c["type"] == SELECT]
        late = eve.select(panel, first_list["custom_id"], "ANSWERS")
        await told(fake, late, "takes no predictions")
        assert fake.refused == []


async def test_the_buttons_of_a_demo_work_after_a_restart(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url):
        message = await ended(fake, ada.slash("demo", demo="bat-and-ball"))
        export = await told(fake, ada.click(message, "Export"), "run card")
        played = await ended(fake, ada.click(message, "Replay"))
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url):
        for label, words_ in {
            "What it saw": "<|user|>A bat and a ball",
            "Thinking": "Hm, blue.",
            "Whole texts": "It scatters.",
            "Read why": "reasoning model",
        }.items():
            await told(fake, ada.click(message, label), words_)
        again = await told(fake, ada.click(message, "Export"), "run card")
        cards = [json.loads(files(card)["json"]) for card in (export, again)]
        assert cards[0] == cards[1]
        await ended(fake, ada.click(message, "Again"))
        assert [r.options["seed"] for r in ollama.generations if r.tag == BASE] == [7, 8]
        assert ollama.generations[-1].options["num_predict"] == 1500
        assert len({json.dumps(r.options) for r in ollama.generations[-3:]}) == 1
        replayed = await ended(fake, ada.click(message, "Replay"))
        assert boxes(replayed) == boxes(message)
        # What was a recording stays one.
        card = await told(fake, ada.click(played, "Export"), "run card")
        assert "A recording of" in files(card)["md"].decode()
        assert "A recording of" not in files(again)["md"].decode()


async def test_a_vote_goes_on_through_a_restart_and_its_reveal_shows_everything(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    """Each letter stands for the same contender; votes of before and after count, one a member."""
    ada, members = fake.member("ada"), [fake.member(f"m{n}") for n in range(6)]
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url):
        message = await votable(fake, ada.slash("demo", demo="bat-and-ball", blind=True))
        for member in members[:4]:
            await told(fake, member.click(message, "A"), "Noted: A")
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as bot:
        # At once, so that several presses look the demo up beside each other.
        pressed = [m.click(message, LETTERS[n % 3]) for n, m in enumerate(members[2:])]
        for press, letter in zip(pressed, "ABCA", strict=True):
            await told(fake, press, f"Noted: {letter}")
        await told(fake, members[0].click(message, "Reveal"), "Only who started this demo")
        votes = await bot.services.records.memory.blind_votes.of_server(bot.guilds[0].id)
        assert len({vote.ahead for vote in votes if vote.choice == "A"}) == 1
        before = boxes(message)
        ada.click(message, "Reveal")
        await revealed(fake, message)
        assert boxes(message) == before
        assert "6 votes" in message.text
        counted = {"A": 4, "B": 1, "C": 1}
        for letter, count in counted.items():
            stage = next(v.ahead[0].stage for v in votes if v.choice == letter)
            assert f"{letter} ({stage}) {count}" in message.text
        assert set(files(message)) == {"png", "md"}
        assert "What to notice" in message.text
        late = members[5]
        await told(fake, ada.slash("ranking"), "There are 6 votes here so far, too few to say")
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url):
        # A client that has not drawn the reveal yet presses what was there before it.
        old = next(p for _, p in reversed(message.history) if "vote:A" in str(p["components"]))
        message.payload = old
        await told(fake, late.click(message, "A"), "this vote is closed")
        assert fake.refused == []


async def test_a_press_that_is_forged_or_too_late_gets_a_sentence(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    """A demo that is not there, not of this channel, or not blind; and one whose text went."""
    ada = fake.member("ada")
    elsewhere = fake.add_channel("elsewhere")["id"]
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as bot:
        message = await ended(fake, ada.slash("demo", prompt=PROMPT))
        (demo,) = bot.demos._known
        ids = {"Thinking": f"demo:export:{demo}x", "Export": "demo:export:0000", "Again": "demo:no"}
        for label, forged in ids.items():
            _change(message.payload, label, forged)
            await told(fake, ada.click(message, label), "no longer kept")
        for forged in (f"vote:A:{demo}", f"vote:reveal:{demo}", "vote:A:0000", "vote"):
            _change(message.payload, "Read why", forged)
            await told(fake, ada.click(message, "Read why"), "This vote is closed")
        message.payload["channel_id"] = message.channel_id = elsewhere
        await told(fake, ada.click(message, "Whole texts"), "no longer kept")


async def test_where_no_text_is_stored_a_demo_ends_with_the_process(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url, memory=False):
        message = await ended(fake, ada.slash("demo", prompt=CANARY))
    assert CANARY.encode() not in files_of(tmp_path)
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url, memory=False):
        await told(fake, ada.click(message, "Whole texts"), "no longer kept")


async def test_forget_ends_a_members_demo_and_leaves_no_byte_of_those_before(
    fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as bot:
        message = await ended(fake, ada.slash("demo", prompt=CANARY))
        await fake.until(lambda: not bot.demos.running)
        assert CANARY.encode() in files_of(tmp_path)
        endless = laptop(words("base", 5000), words("chat", 5000), rate=50.0)
        ollama.models |= {model.name: model for model in endless}
        running = ada.slash("demo", prompt=CANARY)
        await fake.until(lambda: "chat3" in shown(fake, running))
        asked = await told(fake, ada.slash("forget"), "Shall I erase")
        ada.click(asked, "Forget me")
        await fake.until(lambda: "2 demos" in asked.text)
        await fake.until(lambda: not bot.demos.running)
        assert "You had me forget you." in shown(fake, running)
        await told(fake, ada.click(message, "Whole texts"), "no longer kept")
        for trace in (CANARY.encode(), ada.id.encode(), int(ada.id).to_bytes(8, "big")):
            assert trace not in files_of(tmp_path)


def _change(payload: dict[str, object], label: str, custom_id: str) -> None:
    """Let a button carry another custom_id, as a forged one would."""
    rows = [c for c in payload["components"] if c["type"] == 1]  # type: ignore[attr-defined]  # JSON
    for row in rows:
        for part in row["components"]:
            if part.get("label") == label:
                part["custom_id"] = custom_id
