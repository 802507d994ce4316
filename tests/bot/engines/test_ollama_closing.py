"""A reader who leaves, or an engine given up, leaves no generation and no task behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from bot.engines.ollama import OllamaEngine, OllamaModel
from bot.engines.patience import Patience
from bot.errors import EngineStalled
from bot.model import Delta, Ended, Loading, ModelEntry, ModelEvent, Sampling
from tests.bot.engines.reading import HELLO, QUICK, SHORT, TAG, ask
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest, Fault


@pytest.fixture
async def fake() -> AsyncIterator[FakeOllama]:
    async with FakeOllama([FakeModel(TAG)]) as running:
        yield running


@pytest.fixture
async def model(fake: FakeOllama) -> AsyncIterator[OllamaModel]:
    engine = OllamaEngine(fake.url, patience=QUICK)
    yield engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048))
    await engine.aclose()


async def closed_early(fake: FakeOllama, request: FakeRequest) -> bool:
    """Wait up to two seconds for the end of `request`; say whether the client ended it."""
    await fake.until(request.over.is_set, seconds=2.0)
    return request.closed_early_at is not None


def other_tasks() -> set[asyncio.Task[object]]:
    """Tasks that the engine may have left: those that wait on a stream's next line."""
    return {task for task in asyncio.all_tasks() if "_read" in repr(task.get_coro())}


async def test_closing_in_a_text_closes_the_connection(fake: FakeOllama) -> None:
    """A reader who leaves in mid text ends the generation at the engine."""
    fake.models[TAG] = FakeModel(TAG, tokens=["a", "b"] * 500, tokens_per_second=50)
    engine = OllamaEngine(fake.url)
    stream = engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)).chat(
        HELLO, think=False, sampling=Sampling(num_predict=1000)
    )
    assert isinstance(await anext(stream), Delta)
    await stream.aclose()
    assert await closed_early(fake, fake.generations[0])
    assert not other_tasks()
    await engine.aclose()


@pytest.mark.parametrize("loaded", [True, False], ids=["prompt", "load"])
async def test_cancelling_before_the_first_token_closes_the_connection(loaded: bool) -> None:
    """A reader who leaves while the prompt is read or the model loaded ends the request."""
    slow = FakeModel(TAG, loaded=loaded, load_seconds=3600, first_token_seconds=3600)
    async with FakeOllama([slow]) as fake:
        engine = OllamaEngine(fake.url)
        model = engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048))

        async def read() -> list[ModelEvent]:
            async with aclosing(model.chat(HELLO, think=False, sampling=SHORT)) as stream:
                return [event async for event in stream]

        reader = asyncio.create_task(read())
        await fake.until(lambda: bool(fake.generations))
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await closed_early(fake, fake.generations[0])
        assert not other_tasks()
        await engine.aclose()


async def test_closing_at_the_loading_event_closes_the_connection() -> None:
    """A reader who leaves on hearing of the load ends the load."""
    async with FakeOllama([FakeModel(TAG, loaded=False, load_seconds=3600)]) as fake:
        engine = OllamaEngine(fake.url, patience=QUICK)
        stream = engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)).chat(
            HELLO, think=False, sampling=SHORT
        )
        assert await anext(stream) == Loading(TAG)
        await stream.aclose()
        assert await closed_early(fake, fake.generations[0])
        assert not other_tasks()
        assert fake.resident() == ()
        await engine.aclose()


async def test_closing_while_the_engine_queues_closes_the_connection() -> None:
    """A reader who leaves Ollama's own queue does not hold a place in it."""
    busy = FakeModel(TAG, first_token_seconds=3600)
    async with FakeOllama([busy], num_parallel=1) as fake:
        engine = OllamaEngine(fake.url)
        model = engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048))
        readers = []
        for count in (1, 2):
            readers.append(asyncio.create_task(ask(model)))
            await fake.until(lambda count=count: len(fake.generations) == count)  # type: ignore[misc]  # a default binds the loop's value
        for reader, request in zip(reversed(readers), reversed(fake.generations), strict=True):
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            assert await closed_early(fake, request)
        await engine.aclose()


async def test_a_gap_closes_the_connection(fake: FakeOllama) -> None:
    """An engine that went silent in a text is given up, however long a first token may take."""
    engine = OllamaEngine(fake.url, patience=Patience(first_token=3600, gap=0.2))
    fake.fail_next(Fault("hang"))
    async with asyncio.timeout(10):
        _, error = await ask(engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)))
    assert isinstance(error, EngineStalled)
    assert await closed_early(fake, fake.generations[0])
    await engine.aclose()


@pytest.mark.parametrize(
    "data",
    [b" ", b'{"model":"m","message":{"role":"assistant","content":""},"done":false}\n'],
    ids=["a line without an end", "lines without a word"],
)
async def test_bytes_that_bring_no_word_are_a_gap_as_well(fake: FakeOllama, data: bytes) -> None:
    engine = OllamaEngine(fake.url, patience=Patience(gap=0.4))
    fake.fail_next(Fault("drip", data=data))
    async with asyncio.timeout(10):
        text, error = await ask(engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)))
    assert isinstance(error, EngineStalled)
    assert text == "Hello, "
    assert await closed_early(fake, fake.generations[0])
    await engine.aclose()


async def test_nothing_is_waited_for_after_the_done_line(
    fake: FakeOllama, model: OllamaModel
) -> None:
    """An engine that keeps the connection open after its last line does not keep the reader."""
    fake.fail_next(Fault("linger"))
    text, end = await ask(model)
    assert (text, isinstance(end, Ended) and end.reason) == ("Hello, world.", "stop")
    assert await closed_early(fake, fake.generations[0])


async def test_the_end_is_told_after_the_connection_is_free(
    fake: FakeOllama, model: OllamaModel
) -> None:
    """A reader who stops at the last event and forgets to close leaves nothing open."""
    stream = model.chat(HELLO, think=False, sampling=SHORT)
    async for event in stream:
        if isinstance(event, Ended):
            break
    await fake.until(fake.generations[0].over.is_set)
    await stream.aclose()
