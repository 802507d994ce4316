"""`/demo` as members see it: the real bot between both doubles."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from bot.client.bot import StudyBot
from bot.events import Citation, Finished, SourcesFound
from bot.model import Delta
from knowledge.passages import Hit, Passage
from tests.bot.client.script import Script, messages, running_bot, whole
from tests.bot.client.test_front_door import checked
from tests.bot.stagehands import THINKS
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.ollama import FakeModel, FakeOllama, Fault

BASE, INSTRUCT = "llama3.2:1b-text-q4_K_M", "llama3.2:1b-instruct-q4_K_M"
REASONING = "deepseek-r1:1.5b-qwen-distill-q4_K_M"
PROMPT = "Why is the sky blue?"
CONTAINER = 17


def words(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}{n} " for n in range(count))


def laptop(
    base: tuple[str, ...] = ("And on. ",),
    instruct: tuple[str, ...] = ("It scatters. ",),
    *,
    rate: float = 0.0,
) -> list[FakeModel]:
    """Return the laptop line-up."""
    return [
        FakeModel(BASE, base, base=True, tokens_per_second=rate),
        FakeModel(INSTRUCT, instruct, tokens_per_second=rate),
        FakeModel(REASONING, ("Light. ",), ("Hm, ", "blue."), capabilities=THINKS),
    ]


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(laptop(), num_parallel=8) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as running:
        yield running


pytestmark = pytest.mark.usefixtures("bot")


def shown(fake: FakeDiscord, asked: Interaction) -> str:
    found = messages(fake, asked)
    return found[0].text if found else ""


async def ended(fake: FakeDiscord, asked: Interaction) -> Message:
    """Wait until a demo has ended and its files are there; return its one message."""
    await fake.until(lambda: any(m.files for m in messages(fake, asked)))
    (message,) = messages(fake, asked)
    return message


def boxes(message: Message) -> list[str]:
    found = [c for c in message.payload["components"] if c["type"] == CONTAINER]
    return ["".join(part["content"] for part in box["components"]) for box in found]


def files(message: Message) -> dict[str, bytes]:
    return {
        file.name.rpartition(".")[2]: file.data
        for file in map(message.files.get, message.files)
        if file
    }


async def test_three_stages_answer_in_one_message_each_in_its_colour(fake: FakeDiscord) -> None:
    asked = fake.member("ada").slash("demo", prompt=PROMPT)
    message = await ended(fake, asked)
    assert boxes(message) == ["And on.", "It scatters.", "Light."]
    colours = {
        c.get("accent_color") for c in message.payload["components"] if c["type"] == CONTAINER
    }
    assert len(colours) == 3
    assert "2 thinking + 1 answer tokens" in message.text
    assert "Not matched in lineage" in message.text
    page = files(message)["md"].decode()
    assert "And on." in page
    assert "Hm, blue." in page
    assert files(message)["png"].startswith(b"\x89PNG")
    gallery = next(c for c in message.payload["components"] if c["type"] == 12)
    assert "tokens" in gallery["items"][0]["description"]
    checked(fake)


async def test_the_panes_stream_and_a_long_text_is_whole_in_the_file(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    long = tuple(f"base{n} and so on " for n in range(350))
    ollama.models |= {m.name: m for m in laptop(long, words("chat", 40), rate=70.0)}
    asked = fake.member("ada").slash("demo", prompt=PROMPT)
    await fake.until(lambda: "writing" in shown(fake, asked))
    seen = set()
    while not (found := messages(fake, asked)) or not found[0].files:
        seen |= {max(map(int, n)) for n in [re.findall(r"base(\d+)", shown(fake, asked))] if n}
        await asyncio.sleep(0.05)
    message = await ended(fake, asked)
    assert len(seen) >= 2  # the newest part was shown while it was written
    assert boxes(message)[0].startswith("base0 and so on base1 ")
    assert "Only the beginning is shown of base; the whole is in the file" in message.text
    assert len(message.text) <= 4000
    assert "".join(long).strip() in files(message)["md"].decode()
    checked(fake)


async def test_a_dead_contender_says_so_and_keeps_its_text_and_the_others_go_on(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    ollama.models |= {m.name: m for m in laptop(words("base", 20), words("chat", 20), rate=100.0)}
    ollama.fail_next(Fault("error_line", after=5), times=3, tag=INSTRUCT)
    message = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT))
    assert boxes(message)[1].startswith("chat0 chat1")
    assert "⚠️ failed" in message.text
    assert "error of its engine" in message.text
    assert "base19" in boxes(message)[0]
    checked(fake)


async def test_waiting_loading_thinking_and_cut_are_seen(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    slow = FakeModel(REASONING, ("Light. ",), words("hm", 60), tokens_per_second=30.0,
                     capabilities=THINKS, loaded=False, load_seconds=4.0)  # fmt: skip
    ollama.models[slow.name] = slow
    ollama._resident.pop(slow.name)
    ollama.models[BASE] = FakeModel(BASE, words("base", 9), base=True)
    ollama.fail_next(Fault("length", after=3), tag=BASE)
    asked = fake.member("ada").slash("demo", prompt=PROMPT)
    for words_ in ("📦 loading", "💭 thinking "):
        await fake.until(lambda w=words_: w in shown(fake, asked))  # type: ignore[misc]  # mypy does not infer it
    message = await ended(fake, asked)
    assert "✂️ cut at the bound" in message.text
    assert "hm1" not in message.text
    checked(fake)


async def test_stop_closes_every_generation_within_two_seconds_and_only_for_who_asked(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    endless = laptop(words("base", 5000), words("chat", 5000), rate=50.0)
    ollama.models |= {m.name: m for m in endless}
    asked = fake.member("ada").slash("demo", prompt=PROMPT)
    await fake.until(lambda: "chat3" in shown(fake, asked))
    message = messages(fake, asked)[0]
    other = fake.member("eve").click(message, "Stop")
    await fake.until(lambda: other.response)
    assert "belong to the member who asked" in fake.messages[other.original or ""].text
    fake.member("ada").click(message, "Stop")
    running = [r for r in ollama.generations if r.tag != REASONING]
    async with asyncio.timeout(2.0):
        await asyncio.gather(*(request.over.wait() for request in running))
    assert all(request.closed_early_at for request in running)
    message = await ended(fake, asked)
    assert "You stopped this demo" in message.text
    assert boxes(message)[1].startswith("chat0 ")
    checked(fake)


async def test_the_buttons_look_behind_a_demo_for_who_presses_them_alone(
    fake: FakeDiscord,
) -> None:
    message = await ended(fake, fake.member("ada").slash("demo", demo="bare-question"))
    expected = {
        "What it saw": "<|user|>What is the capital of France?<|end|>",
        "Whole texts": "It scatters.",
        "Read why": "base model",
    }
    for label, part in expected.items():
        pressed = fake.member("eve").click(message, label)
        await fake.until(lambda p=pressed: p.response)  # type: ignore[misc]  # mypy does not infer it
        card = fake.messages[pressed.original or ""]
        assert card.ephemeral
        assert part in card.text
    export = fake.member("eve").click(message, "Export")
    await fake.until(lambda: export.response)
    made = files(fake.messages[export.original or ""])
    told = json.loads(made["json"])
    assert told["contenders"][0]["rendered_prompt"] == "What is the capital of France?"
    assert "What to notice" in made["md"].decode()
    assert "What to notice" in message.text
    checked(fake)


async def test_thinking_is_private_and_absent_where_nobody_thought(fake: FakeDiscord) -> None:
    message = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT))
    pressed = fake.member("eve").click(message, "Thinking")
    await fake.until(lambda: pressed.response)
    card = fake.messages[pressed.original or ""]
    assert card.ephemeral
    assert "Hm, blue." in card.text
    pair = await ended(
        fake, fake.member("ada").slash("demo", prompt=PROMPT, stages="base, instruct")
    )
    assert len(boxes(pair)) == 2
    with pytest.raises(LookupError):
        fake.member("ada").click(pair, "Thinking")


async def test_again_has_another_seed_and_reframe_gives_base_a_frame(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    message = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT))
    await ended(fake, fake.member("eve").click(message, "Again"))
    seeds = [r.options["seed"] for r in ollama.generations if r.tag == BASE]
    assert seeds == [7, 8]
    await ended(fake, fake.member("eve").click(message, "Reframe"))
    framed = ollama.generations[-1]
    assert framed.tag == BASE
    assert framed.body["prompt"].endswith(f"Q: {PROMPT}\nA:")
    chosen = fake.member("eve").select(message, "Again with another line-up", "mistral")
    await fake.until(lambda: "ollama pull mistral:7b-text" in shown(fake, chosen))
    checked(fake)


async def test_a_replay_is_a_recording_with_its_date_and_asks_no_model(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    first = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT))
    asked = len(ollama.generations)
    message = await ended(fake, fake.member("eve").click(first, "Replay"))
    assert re.search(r"A recording of \d{4}-\d\d-\d\d \d\d:\d\d UTC, not a live run", message.text)
    assert "A recording of" not in first.text
    assert boxes(message) == boxes(first)
    assert len(ollama.generations) == asked
    for label in ("Again", "Replay"):
        with pytest.raises(LookupError):
            fake.member("eve").click(message, label)
    checked(fake)


async def test_a_line_up_that_exists_nowhere_gives_the_pull_lines(fake: FakeDiscord) -> None:
    asked = fake.member("ada").slash("demo", prompt=PROMPT, lineup="mistral")
    await fake.until(lambda: "ollama pull mistral:7b-text-v0.2-q4_K_M" in shown(fake, asked))
    assert "No model of the line-up" in shown(fake, asked)
    nothing = fake.member("ada").slash("demo")
    await fake.until(lambda: nothing.response)
    assert "Give a prompt, or choose a demo" in fake.messages[nothing.original or ""].text
    checked(fake)


async def test_two_demos_in_one_channel_run_one_after_the_other_and_lose_nothing(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    ollama.models |= {m.name: m for m in laptop(words("base", 60), words("chat", 60), rate=60.0)}
    first = fake.member("ada").slash("demo", prompt=PROMPT)
    await fake.until(lambda: "writing" in shown(fake, first))
    second = fake.member("eve").slash("demo", prompt=PROMPT)
    await fake.until(lambda: "Next in the queue" in shown(fake, second))
    for asked in (first, second):
        message = await ended(fake, asked)
        assert "base59" in files(message)["md"].decode()
        assert "chat59" in files(message)["md"].decode()
    checked(fake)


async def test_names_are_suggested_as_they_are_typed(fake: FakeDiscord) -> None:
    ada = fake.member("ada")
    for focused, typed, value in (("demo", "bat", "bat-and-ball"), ("lineup", "lap", "laptop"),
                                  ("stages", "base, ins", "base, instruct")):  # fmt: skip
        typing = ada.autocomplete("demo", focused, **{focused: typed})
        await fake.until(lambda t=typing: t.choices)  # type: ignore[misc]  # mypy does not infer it
        assert value in [choice["value"] for choice in typing.choices or ()]
    wrong = ada.slash("demo", prompt=PROMPT, stages="basic")
    await fake.until(lambda: wrong.response)
    assert "base, instruct, reasoning, fine-tuned" in fake.messages[wrong.original or ""].text


async def test_hostile_text_of_a_model_and_a_member_pings_nobody(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    evil = ("@everyone <@1> [x](https://evil.example) ", "```py\n@here ")
    ollama.models |= {m.name: m for m in laptop(evil, evil)}
    message = await ended(fake, fake.member("ada").slash("demo", prompt="@everyone <@&2> ```"))
    for live in ("@everyone", "@here", "<@1>", "<@&2>"):
        assert live not in message.text
    pressed = fake.member("ada").click(message, "What it saw")
    await fake.until(lambda: pressed.response)
    assert "@everyone" not in fake.messages[pressed.original or ""].text
    checked(fake)


async def test_a_bot_that_stops_ends_its_demos_with_a_notice(
    fake: FakeDiscord, bot: StudyBot, ollama: FakeOllama
) -> None:
    ollama.models |= {m.name: m for m in laptop(words("b", 5000), words("c", 5000), rate=50.0)}
    asked = fake.member("ada").slash("demo", prompt=PROMPT)
    await fake.until(lambda: {"b3", "c3"} <= set(shown(fake, asked).split()))
    await bot.close()
    (message,) = messages(fake, asked)
    assert "being restarted" in message.text
    assert [box[:3] for box in boxes(message)[:2]] == ["b0 ", "c0 "]
    assert not bot.demos.running


async def test_an_answer_that_cites_a_passage_with_a_demo_carries_it(
    fake: FakeDiscord, bot: StudyBot, ollama: FakeOllama
) -> None:
    """Pressing it runs the demo, also after the bot forgot the answer."""
    found = Passage("base-models#what-a-base-model-is", "base-models", "Base", "B", (), "b", "B.")
    cited = (Citation(1, found, supported=True),)
    script = cast("Script", bot.services.asking)
    script.steps = [SourcesFound((Hit(found, 0.9),)), Delta("So [1]."),
                    Finished("So [1].", cited, None, "m")]  # fmt: skip
    asked = fake.member("ada").slash("ask", question="What is a base model?")
    answer = await whole(fake, asked)
    bot.answers._known.clear()
    message = await ended(fake, fake.member("eve").click(answer, "Try it"))
    assert "What to notice" in message.text
    assert any(r.tag == BASE for r in ollama.generations)
    checked(fake)
