"""What the Ollama engine sends, and what it makes of an answer that goes well."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.engines.ollama import OllamaEngine, OllamaModel
from bot.engines.patience import Patience
from bot.errors import RequestRefused, SettingsInvalid
from bot.model import Delta, Ended, Loading, Message, ModelEntry, ModelEvent, Sampling
from tests.doubles.ollama import FakeModel, FakeOllama, Fault

TAG = "llama3.2:3b-instruct-q4_K_M"
HELLO = (Message("system", "Be brief."), Message("user", "Hello?"))
SHORT = Sampling(num_predict=50)
QUICK = Patience(loading=0.05)
THINKING = ("completion", "thinking")


def model_at(engine: OllamaEngine, tag: str = TAG) -> OllamaModel:
    """Return the port to `tag` with a context of 2048."""
    return engine.bare(ModelEntry(tag, engine.base_url, num_ctx=2048))


async def chat(fake: FakeOllama, *, think: bool = False, tag: str = TAG) -> list[ModelEvent]:
    """Ask once and return every event."""
    engine = OllamaEngine(fake.url, patience=QUICK)
    try:
        stream = model_at(engine, tag).chat(HELLO, think=think, sampling=SHORT)
        async with aclosing(stream):
            return [event async for event in stream]
    finally:
        await engine.aclose()


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def thinking_of(events: list[ModelEvent]) -> str:
    return "".join(event.thinking for event in events if isinstance(event, Delta))


async def test_a_chat_is_its_tokens_and_one_end() -> None:
    """The text comes whole, and the last event has the engine's own counters in seconds."""
    model = FakeModel(TAG, tokens=["Good", " day"], loaded=False, load_seconds=0.02)
    async with FakeOllama([model]) as fake:
        events = await chat(fake)
    assert text_of(events) == "Good day"
    end = events[-1]
    assert isinstance(end, Ended)
    assert end.reason == "stop"
    assert end.usage.answer_tokens == 2
    assert end.usage.load_seconds == pytest.approx(0.02)
    assert end.usage.tokens_per_second == pytest.approx(1000)
    assert end.usage.prompt_tokens > 0
    assert end.usage.total_seconds > end.usage.prompt_seconds > 0


async def test_the_text_of_the_last_line_counts() -> None:
    """A token that comes with the done line is not lost."""
    async with FakeOllama([FakeModel(TAG, text_in_final=True)]) as fake:
        assert text_of(await chat(fake)) == "Hello, world."


@pytest.mark.parametrize("think", [True, False])
async def test_think_is_always_sent(think: bool) -> None:
    """Absent would mean true, so both values are explicit."""
    async with FakeOllama([FakeModel(TAG, capabilities=THINKING)]) as fake:
        await chat(fake, think=think)
        assert [request.body["think"] for request in fake.generations] == [think]


async def test_every_option_of_a_chat_is_sent() -> None:
    """Length, temperature, seed and stop strings reach the engine; keep_alive is 30 minutes."""
    sampling = Sampling(num_predict=7, temperature=0.5, seed=0, stop=("\nQ:",))
    async with FakeOllama([FakeModel(TAG)]) as fake:
        engine = OllamaEngine(fake.url)
        async with aclosing(model_at(engine).chat(HELLO, think=False, sampling=sampling)) as stream:
            _ = [event async for event in stream]
        await engine.aclose()
        body = fake.generations[0].body
    assert body["options"] == {
        "num_ctx": 2048,
        "num_predict": 7,
        "temperature": 0.5,
        "seed": 0,
        "stop": ["\nQ:"],
    }
    assert body["keep_alive"] == "30m"
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]


async def test_preload_chat_and_complete_load_the_model_once() -> None:
    """All three send the same load options, so Ollama has no reason to load again."""
    async with FakeOllama([FakeModel(TAG, loaded=False)]) as fake:
        engine = OllamaEngine(fake.url)
        model = model_at(engine)
        await model.preload()
        for stream in (
            model.chat(HELLO, think=False, sampling=SHORT),
            model.complete("Q: why?\nA:", sampling=SHORT),
        ):
            async with aclosing(stream):
                _ = [event async for event in stream]
        await engine.aclose()
    asked = [r for r in fake.requests if r.path in ("/api/chat", "/api/generate")]
    assert fake.loads == [(TAG, 2048)]
    assert [request.body["think"] for request in asked] == [False, False, False]
    assert [request.body["keep_alive"] for request in asked] == ["30m"] * 3


async def test_a_completion_is_raw_and_literal() -> None:
    """The prompt goes as it stands and tags in the text stay text."""
    async with FakeOllama([FakeModel(TAG, tokens=["<think>", "x", "</think>"], base=True)]) as fake:
        engine = OllamaEngine(fake.url)
        stream = model_at(engine).complete("<think> is", sampling=SHORT)
        async with aclosing(stream):
            events = [event async for event in stream]
        await engine.aclose()
        body = fake.generations[0].body
    assert text_of(events) == "<think>x</think>"
    assert thinking_of(events) == ""
    assert (body["raw"], body["prompt"]) == (True, "<think> is")


async def test_thinking_in_its_field_is_kept_apart() -> None:
    """Ollama's thinking field becomes thinking, never text."""
    model = FakeModel(TAG, thinking=["hm", " so"], capabilities=THINKING)
    async with FakeOllama([model]) as fake:
        events = await chat(fake, think=True)
    assert thinking_of(events) == "hm so"
    assert text_of(events) == "Hello, world."


async def test_thinking_between_tags_is_kept_apart() -> None:
    """A model that thinks although it was told not to does not think into the answer."""
    tokens = [" <th", "ink>", "hm", "</thi", "nk>\n", "Yes."]
    async with FakeOllama([FakeModel(TAG, tokens=tokens)]) as fake:
        events = await chat(fake)
    assert thinking_of(events) == "hm"
    assert text_of(events) == "Yes."


async def test_a_cold_model_is_told_of() -> None:
    """While a model is loaded, the reader learns it once, before any text."""
    async with FakeOllama([FakeModel(TAG, loaded=False, load_seconds=0.5)]) as fake:
        events = await chat(fake)
    assert events[0] == Loading(TAG)
    assert events.count(Loading(TAG)) == 1
    assert text_of(events) == "Hello, world."


async def test_a_loaded_model_that_is_slow_is_not_loading() -> None:
    """Waiting in the engine's own queue or reading a long prompt is not a load."""
    async with FakeOllama([FakeModel(TAG, first_token_seconds=0.3)]) as fake:
        assert not any(isinstance(event, Loading) for event in await chat(fake))


async def test_num_predict_ends_a_loop() -> None:
    """A model that never stops is ended by the bound that is always sent."""
    async with FakeOllama([FakeModel(TAG)]) as fake:
        fake.fail_next(Fault("endless"))
        events = await chat(fake)
    end = events[-1]
    assert isinstance(end, Ended)
    assert (end.reason, end.usage.answer_tokens) == ("length", 50)


async def test_a_text_without_bound_is_not_asked_for() -> None:
    """num_predict below 1 is a defect of the caller and sends nothing."""
    async with FakeOllama([FakeModel(TAG)]) as fake:
        engine = OllamaEngine(fake.url)
        stream = model_at(engine).chat(HELLO, think=False, sampling=Sampling(num_predict=-1))
        with pytest.raises(ValueError, match="num_predict"):
            await anext(stream)
        await engine.aclose()
        assert fake.requests == []


async def test_nothing_to_say_is_not_taken_for_a_preload() -> None:
    """No messages and no prompt are refused here, as Ollama would only load the model."""
    async with FakeOllama([FakeModel(TAG)]) as fake:
        engine = OllamaEngine(fake.url)
        model = model_at(engine)
        with pytest.raises(RequestRefused):
            await anext(model.chat((), think=False, sampling=SHORT))
        with pytest.raises(RequestRefused):
            await anext(model.complete("", sampling=SHORT))
        await engine.aclose()
        assert fake.requests == []


async def test_the_environments_key_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """OLLAMA_API_KEY, OLLAMA_HOST and proxies of the environment change no request."""
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with FakeOllama([FakeModel(TAG)]) as fake:
        assert text_of(await chat(fake)) == "Hello, world."
        assert not any("secret" in str(request.headers) for request in fake.requests)


async def test_headers_of_the_settings_go_with_every_request() -> None:
    """A proxy that wants a key gets the one it was given."""
    async with FakeOllama([FakeModel(TAG)]) as fake:
        engine = OllamaEngine(fake.url, headers={"Authorization": "Bearer ours"})
        stream = model_at(engine).chat(HELLO, think=False, sampling=SHORT)
        async with aclosing(stream):
            _ = [event async for event in stream]
        await engine.aclose()
    assert {request.headers["Authorization"] for request in fake.requests} == {"Bearer ours"}


@pytest.mark.parametrize(
    "address", ["", "localhost", "http://ollama", "ftp://a:1", "http://a:b", "http://me:x@a:1"]
)
def test_an_unclear_address_is_refused_at_once(address: str) -> None:
    """Scheme, host and port must be there; the sentence does not repeat what was given."""
    with pytest.raises(SettingsInvalid) as caught:
        OllamaEngine(address)
    assert "11434" in caught.value.sentence


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("\ud800")
@given(st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=30))
def test_any_question_reaches_the_model(question: str) -> None:
    """Whatever a member writes, halves of surrogate pairs included, can be sent."""

    async def ask() -> None:
        async with FakeOllama([FakeModel(TAG)]) as fake:
            engine = OllamaEngine(fake.url)
            messages = (Message("user", question),)
            stream = model_at(engine).chat(messages, think=False, sampling=SHORT)
            async with aclosing(stream):
                assert text_of([event async for event in stream]) == "Hello, world."
            await engine.aclose()
            sent = fake.generations[0].body["messages"][0]["content"]
            assert sent == question.encode("utf-8", "replace").decode()

    asyncio.run(ask())
