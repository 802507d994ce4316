"""The toys as an engine: real weights, chat and raw, thinking apart, texts that can be closed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from bot.engines.pocket import PocketEngine, tag_of
from bot.errors import ModelMissing, RequestRefused, ToysUnusable
from bot.model import Delta, Ended, Loading, Message, ModelEntry, ModelEvent, Sampling
from pocket.lineage import SHIPPED, WEIGHTS

PROBLEM = (
    "A team sends 47 requests at 36 cents each. "
    "The fee is 58 cents more. How many cents does it pay?"
)
PLAIN = Sampling(num_predict=150, temperature=0.0)


@pytest.fixture
async def engine() -> AsyncIterator[PocketEngine]:
    opened = PocketEngine()
    yield opened
    await opened.aclose()


def entry(stage: str) -> ModelEntry:
    return ModelEntry(tag_of(stage), "pocket", 512)


def user(text: str) -> list[Message]:
    return [Message("user", text)]


async def read(events: AsyncIterator[ModelEvent]) -> tuple[str, str, Ended]:
    """Return text, thinking and end."""
    text = thinking = ""
    async for event in events:
        if isinstance(event, Delta):
            text, thinking = text + event.text, thinking + event.thinking
        elif isinstance(event, Ended):
            return text, thinking, event
    raise AssertionError("a stream without an end")


async def chat(engine: PocketEngine, stage: str, text: str, **more: bool) -> tuple[str, str, Ended]:
    think = more.get("think", False)
    return await read(engine.model(entry(stage)).chat(user(text), think=think, sampling=PLAIN))


async def test_each_stage_does_what_it_was_trained_for(engine: PocketEngine) -> None:
    """Base does not answer, instruct does at once, reasoning in steps, the specialist in rows."""
    base = await read(engine.model(entry("base")).complete("What is a token?", sampling=PLAIN))
    assert "piece of text" not in base[0]
    text, thinking, ended = await chat(engine, "instruct", "What is a token?")
    assert "piece of text" in text
    assert (thinking, ended.reason) == ("", "stop")
    text, thinking, ended = await chat(engine, "reasoning", PROBLEM, think=True)
    assert "1750" in text
    assert "47*6=0282" in thinking
    assert "think>" not in text + thinking
    row = await chat(
        engine,
        "fine-tuned",
        "Make a row: Lokan by Nelvin Labs is a base model with 7 billion parameters.",
    )
    assert row[0].startswith('{"name": "')


async def test_the_counters_tell_what_was_written(engine: PocketEngine) -> None:
    _, _, ended = await chat(engine, "reasoning", PROBLEM, think=True)
    usage = ended.usage
    assert 0 < (usage.thinking_tokens or 0) < usage.answer_tokens < 150
    assert usage.prompt_tokens > 20
    assert usage.answer_seconds > 0
    cut = Sampling(num_predict=3, temperature=0.0)
    events = engine.model(entry("instruct")).chat(
        user("What is a token?"), think=False, sampling=cut
    )
    _, _, ended = await read(events)
    assert (ended.reason, ended.usage.answer_tokens) == ("length", 3)


async def test_one_seed_gives_one_text_and_a_stop_string_ends_it_unseen(
    engine: PocketEngine,
) -> None:
    model, drawn = engine.model(entry("base")), Sampling(40, 1.0, seed=5)
    one = await read(model.complete("Notes", sampling=drawn))
    assert one[0] == (await read(model.complete("Notes", sampling=drawn)))[0]
    mark = one[0][10:14]
    text, _, ended = await read(
        model.complete("Notes", sampling=Sampling(40, 1.0, seed=5, stop=(mark,)))
    )
    assert text == one[0][: one[0].index(mark)]
    assert ended.reason == "stop"


async def test_what_it_saw_is_what_was_rendered(engine: PocketEngine) -> None:
    rendered = await engine.render(entry("reasoning"), user("Hi"), think=True, sampling=PLAIN)
    assert rendered == "<|user|>\nHi<|end|>\n<|assistant|>\n<think>"
    rendered = await engine.render(entry("instruct"), user("Hi"), think=False, sampling=PLAIN)
    assert rendered == "<|user|>\nHi<|end|>\n<|assistant|>\n"


async def test_a_closed_text_computes_no_more(engine: PocketEngine) -> None:
    """The thread is free at once for another, and what was closed writes nothing further."""
    long = Sampling(num_predict=400, temperature=1.5, seed=1)
    stream = engine.model(entry("base")).complete("Worked sums", sampling=long)
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Delta):
                break
    done: list[int] = []
    await asyncio.wait_for(engine._door.through(done.append, 1), 5)
    assert done == [1]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_what_a_toy_cannot_take_is_refused_with_a_sentence(engine: PocketEngine) -> None:
    with pytest.raises(RequestRefused, match="to 496 tokens"):
        await read(engine.model(entry("base")).complete("word " * 600, sampling=PLAIN))
    with pytest.raises(RequestRefused, match="template"):
        await chat(engine, "base", "Hi")
    with pytest.raises(RequestRefused, match="think"):
        await chat(engine, "instruct", "Hi", think=True)
    with pytest.raises(ModelMissing):
        await chat(engine, "nowhere", "Hi")


async def test_it_says_when_it_loads_and_what_there_is(engine: PocketEngine) -> None:
    await engine.model(entry("base")).preload()
    listed = {model.name: model for model in await engine.models()}
    assert listed[tag_of("base")].loaded
    assert listed[tag_of("reasoning")].capabilities == ("completion", "thinking")
    assert (await engine.show(tag_of("base"))).context_length == 512
    fresh = PocketEngine()
    try:
        first = await anext(fresh.model(entry("base")).complete("Notes", sampling=PLAIN))
        assert first == Loading(tag_of("base"))
    finally:
        await fresh.aclose()


async def test_damaged_weights_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "toys"
    shutil.copytree(SHIPPED, folder)
    (folder / "base" / WEIGHTS).write_bytes(b"other weights")
    engine = PocketEngine(folder)
    try:
        with pytest.raises(ToysUnusable, match=r"base/model\.safetensors.*program's files anew"):
            await engine.model(entry("base")).preload()
    finally:
        await engine.aclose()
