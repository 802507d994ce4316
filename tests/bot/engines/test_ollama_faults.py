"""Every failure of an Ollama server ends as the right error, with the text so far kept."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from bot.engines.faults import MID_STREAM, from_library, from_status
from bot.engines.ollama import OllamaEngine, OllamaModel
from bot.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineStalled,
    EngineUnreachable,
    ModelMissing,
    RequestRefused,
)
from bot.model import Delta, Ended, ModelEntry
from tests.bot.engines.reading import HELLO, QUICK, SHORT, TAG, ask
from tests.doubles.ollama import FakeModel, FakeOllama, Fault


@pytest.fixture
async def fake() -> AsyncIterator[FakeOllama]:
    async with FakeOllama([FakeModel(TAG)]) as running:
        yield running


@pytest.fixture
async def model(fake: FakeOllama) -> AsyncIterator[OllamaModel]:
    engine = OllamaEngine(fake.url, patience=QUICK)
    yield engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048))
    await engine.aclose()


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (Fault("not_found"), ModelMissing, ""),
        (Fault("not_found", text="404 page not found"), EngineProtocol, ""),
        (Fault("refused"), RequestRefused, ""),
        (Fault("out_of_memory"), EngineCrashed, ""),
        (Fault("crash"), EngineCrashed, ""),
        (Fault("busy"), EngineBusy, ""),
        (Fault("html"), EngineProtocol, ""),
        (Fault("slow_first_token"), EngineStalled, ""),
        (Fault("hang"), EngineStalled, "Hello, "),
        (Fault("reset"), EngineFailed, "Hello, "),
        (Fault("reset", after=0), EngineFailed, ""),
        (Fault("error_line"), EngineFailed, "Hello, "),
        (Fault("error_line", after=0), EngineFailed, ""),
        (Fault("malformed"), EngineProtocol, "Hello, "),
        (Fault("malformed", after=0), EngineProtocol, ""),
        (Fault("fieldless"), EngineProtocol, "Hello, "),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_fault_is_the_right_error_after_the_text_so_far(
    fake: FakeOllama, model: OllamaModel, fault: Fault, kind: type[EngineError], text: str
) -> None:
    """The text before was told, the error is of its kind, and the next answer is whole."""
    fake.fail_next(fault)
    told, error = await ask(model)
    assert type(error) is kind
    assert told == text
    again, end = await ask(model)
    assert (again, type(end)) == ("Hello, world.", Ended)


@pytest.mark.parametrize("kind", ["crash", "error_line", "out_of_memory", "refused", "reset"])
async def test_a_sentence_shows_nothing_of_the_engines_own_text(
    fake: FakeOllama, model: OllamaModel, kind: str
) -> None:
    """Paths, addresses and traces of the engine never reach a person."""
    secret = "/root/.ollama at http://10.0.0.1:11434"
    fake.fail_next(Fault(kind, text=secret))  # type: ignore[arg-type]  # the parameters are kinds
    _, error = await ask(model)
    assert isinstance(error, EngineError)
    assert TAG in error.sentence
    for part in ("/root", "http", "10.0.0.1", fake.url, "Traceback"):
        assert part not in error.sentence


async def test_out_of_memory_is_named(fake: FakeOllama, model: OllamaModel) -> None:
    """A person learns that memory was lacking, and for which model."""
    fake.fail_next(Fault("out_of_memory"))
    _, error = await ask(model)
    assert isinstance(error, EngineError)
    assert error.sentence == f"There is not enough memory for {TAG} where it runs."


async def test_a_missing_model_is_named_with_its_remedy(model: OllamaModel) -> None:
    """The line that installs the model is in the sentence."""
    engine = OllamaEngine(model.entry.base_url)
    missing = engine.bare(ModelEntry("foo:1b", model.entry.base_url, num_ctx=2048))
    _, error = await ask(missing)
    await engine.aclose()
    assert isinstance(error, ModelMissing)
    assert "ollama pull foo:1b" in error.sentence


async def test_a_closed_port_is_unreachable_until_it_opens(
    fake: FakeOllama, model: OllamaModel
) -> None:
    """Down is told at once, and an engine that comes back is used without a restart."""
    await fake.go_down()
    _, error = await ask(model)
    assert isinstance(error, EngineUnreachable)
    with pytest.raises(EngineUnreachable):
        await model.preload()
    await fake.come_up()
    assert (await ask(model))[0] == "Hello, world."


async def test_an_engine_that_goes_down_in_a_text_has_failed(
    fake: FakeOllama, model: OllamaModel
) -> None:
    """The text so far stays and the error says that the connection broke."""
    fake.fail_next(Fault("hang"))
    stream = model.chat(HELLO, think=False, sampling=SHORT)
    async with aclosing(stream):
        told = ""
        while told != "Hello, ":
            event = await anext(stream)
            assert isinstance(event, Delta)
            told += event.text
        await fake.go_down()
        with pytest.raises(EngineFailed):
            await anext(stream)


async def test_an_end_without_done_is_a_cut(fake: FakeOllama, model: OllamaModel) -> None:
    """Ollama may close without its last line; that is an end, not an error."""
    fake.fail_next(Fault("eof"))
    text, end = await ask(model)
    assert text == "Hello, "
    assert isinstance(end, Ended)
    assert end.reason == "cut"


async def test_a_text_at_its_limit_says_so(fake: FakeOllama, model: OllamaModel) -> None:
    """done_reason length is passed on."""
    fake.fail_next(Fault("length"))
    text, end = await ask(model)
    assert (text, isinstance(end, Ended) and end.reason) == ("Hello, ", "length")


async def test_an_answer_may_be_all_thinking(fake: FakeOllama, model: OllamaModel) -> None:
    """A bound that is spent on thinking leaves an empty text and an end with its reason."""
    fake.fail_next(Fault("thinking_only"))
    events = [event async for event in model.chat(HELLO, think=False, sampling=SHORT)]
    deltas = [event for event in events if isinstance(event, Delta)]
    assert deltas
    assert not any(delta.text for delta in deltas)
    assert events[-1] == Ended("length", events[-1].usage)  # type: ignore[union-attr]  # the end


async def test_held_back_text_is_told_before_the_error(fake: FakeOllama) -> None:
    """What might have become a tag is text when the stream breaks off."""
    fake.models[TAG] = FakeModel(TAG, tokens=["<thi", "nking-cap"])
    engine = OllamaEngine(fake.url, patience=QUICK)
    fake.fail_next(Fault("error_line", after=1))
    told, error = await ask(engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)))
    await engine.aclose()
    assert told == "<thi"
    assert isinstance(error, EngineFailed)


async def test_preload_translates_its_errors(fake: FakeOllama, model: OllamaModel) -> None:
    """Preloading fails with the same errors as asking."""
    for fault, kind in (
        (Fault("out_of_memory"), EngineFailed),
        (Fault("busy"), EngineBusy),
        (Fault("not_found"), ModelMissing),
        (Fault("html"), EngineProtocol),
    ):
        fake.fail_next(fault)
        with pytest.raises(kind):
            await model.preload()


async def test_a_load_that_never_ends_stalls_the_preload() -> None:
    """Preloading waits as long as a first token and no longer."""
    async with FakeOllama([FakeModel(TAG, loaded=False, load_seconds=3600)]) as fake:
        engine = OllamaEngine(fake.url, patience=QUICK)
        with pytest.raises(EngineStalled):
            await engine.bare(ModelEntry(TAG, fake.url, num_ctx=2048)).preload()
        await engine.aclose()


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "unauthorized", RequestRefused),
        (400, '"x" does not support thinking', RequestRefused),
        (400, "the prompt is longer than the context length", RequestRefused),
        (429, "slow down", EngineBusy),
        (502, "<html>bad gateway</html>", EngineUnreachable),
        (307, "", EngineProtocol),
        (MID_STREAM, "CUDA error: out of memory", EngineCrashed),
    ],
)
def test_a_status_has_its_error(status: int, text: str, kind: type[EngineError]) -> None:
    """Proxies and older versions answer with statuses of their own."""
    error = from_status(status, text, "m:1")
    assert type(error) is kind
    assert "m:1" in error.sentence


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectTimeout("x"), EngineUnreachable),
        (httpx.PoolTimeout("x"), EngineBusy),
        (httpx.ReadTimeout("x"), EngineStalled),
        (httpx.ReadError("x"), EngineFailed),
        (httpx.RemoteProtocolError("x"), EngineFailed),
        (httpx.TooManyRedirects("x"), EngineProtocol),
        (ConnectionRefusedError("x"), EngineUnreachable),
        (TimeoutError("x"), EngineStalled),
        (AttributeError("'list' object has no attribute 'get'"), EngineProtocol),
    ],
)
def test_a_librarys_error_has_its_error(raised: Exception, kind: type[EngineError]) -> None:
    """Nothing that httpx or a parser raises goes through untranslated."""
    assert type(from_library(raised, "m:1", 3.0)) is kind
