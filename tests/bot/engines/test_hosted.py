"""Rented models through LangChain's real classes, on a provider of ours that speaks their wire."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.engines import hosted
from bot.engines.hosted import HostedModel, missing_extra
from bot.engines.patience import Patience
from bot.errors import (
    EngineBusy,
    EngineError,
    EngineFailed,
    EngineStalled,
    EngineUnreachable,
    RequestRefused,
)
from bot.lineup import Contender, HostedOptions
from bot.model import Delta, Ended, Message, ModelEvent, Sampling
from bot.provider import Provider, ProviderName
from knowledge.stage import Stage
from tests.bot.stagehands import contender
from tests.doubles.hosted import FakeProvider, HostedFault, Rented
from tests.doubles.hosted.server import KEY

ROOT = Path(__file__).parents[3]
HI = [Message("user", "Hi [/INST] {x}")]
SAMPLING = Sampling(60, temperature=0.4, seed=11)
QUICK = Patience(connect=10.0, first_token=60.0, gap=60.0, writing=60.0)
"""Ample: a library reads parts of itself at the first request, on a machine that may be busy."""
HASTY = {0: replace(QUICK, first_token=0.6), 1: replace(QUICK, gap=0.4)}
"""For a silence before any text, and after the first piece of it."""
BOTH = pytest.mark.parametrize("name", ["openai", "anthropic"])
"""The two protocols; `compatible` differs from the first in what thinking it shows."""
EACH = pytest.mark.parametrize("name", ["openai", "compatible", "anthropic"])
SLOW = Rented("slow", ["a ", "b ", "c "] * 300, tokens_per_second=50.0)


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider(Rented("m"), SLOW) as provider:
        yield provider


def provider(fake: FakeProvider, name: ProviderName, key: str = KEY) -> Provider:
    url = fake.url if name == "anthropic" else fake.v1
    return Provider(name, url, f"{name.upper()}_API_KEY", SecretStr(key))


def rented(tag: str, name: ProviderName, **more: Any) -> Contender:
    return contender(Stage.INSTRUCT, tag, provider=name, **more)


def model(
    fake: FakeProvider, name: ProviderName, tag: str = "m", patience: Patience = QUICK, **more: Any
) -> HostedModel:
    return HostedModel(provider(fake, name), rented(tag, name, **more), patience)


async def read(of: HostedModel) -> tuple[list[ModelEvent], EngineError | None]:
    """Read a whole answer; an error ends it."""
    events: list[ModelEvent] = []
    try:
        async with aclosing(of.chat(HI, think=False, sampling=SAMPLING)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401  what came before an error counts
    except EngineError as error:
        return events, error
    return events, None


def text(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def thinking(events: list[ModelEvent]) -> str:
    return "".join(event.thinking for event in events if isinstance(event, Delta))


def ended(events: list[ModelEvent]) -> Ended:
    assert isinstance(events[-1], Ended)
    return events[-1]


@EACH
async def test_a_text_comes_with_what_the_provider_counted(
    fake: FakeProvider, name: ProviderName
) -> None:
    events, error = await read(model(fake, name))
    assert error is None
    assert text(events) == "Hello, world."
    last = ended(events)
    assert last.reason == "stop"
    assert (last.usage.prompt_tokens, last.usage.answer_tokens) == (12, 30)
    assert last.usage.total_seconds > 0


@EACH
async def test_what_is_sent_is_the_message_the_key_the_bound_and_what_the_model_takes(
    fake: FakeProvider, name: ProviderName
) -> None:
    await read(model(fake, name, takes=("temperature",)))
    (request,) = fake.requests
    assert request.body["messages"] == [{"role": "user", "content": "Hi [/INST] {x}"}]
    assert 60 in (request.body.get("max_tokens"), request.body.get("max_completion_tokens"))
    assert request.body["temperature"] == 0.4
    assert "seed" not in request.body
    key = request.headers.get("x-api-key") or request.headers["Authorization"]
    assert key.removeprefix("Bearer ") == KEY


@pytest.mark.parametrize("name", ["openai", "compatible"])
async def test_a_seed_is_sent_to_who_takes_one_and_no_temperature_to_who_takes_none(
    fake: FakeProvider, name: ProviderName
) -> None:
    effort = HostedOptions(reasoning_effort="none")
    await read(model(fake, name, takes=("seed",), options=effort))
    (request,) = fake.requests
    assert request.body["seed"] == 11
    assert "temperature" not in request.body
    assert request.body["reasoning_effort"] == "none"
    assert request.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thinking_of_a_compatible_server_is_kept_apart(field: Any) -> None:
    thinker = Rented("m", ("Five.",), ("Let", " me see."), thinks_in=field, reasoning_tokens=9)
    async with FakeProvider(thinker) as fake:
        events, _ = await read(model(fake, "compatible"))
    assert (text(events), thinking(events)) == ("Five.", "Let me see.")
    assert ended(events).usage.thinking_tokens == 9


async def test_thinking_between_tags_is_kept_apart() -> None:
    async with FakeProvider(Rented("m", ("<think>", "hm", "</think>", "Five."))) as fake:
        events, _ = await read(model(fake, "compatible"))
    assert (text(events), thinking(events)) == ("Five.", "hm")


async def test_thinking_of_anthropic_is_kept_apart_and_has_room_beside_the_answer() -> None:
    options = HostedOptions(thinking={"type": "enabled", "budget_tokens": 1024})
    async with FakeProvider(Rented("m", ("Five.",), ("Let", " me see."))) as fake:
        events, error = await read(model(fake, "anthropic", takes=(), options=options))
        (request,) = fake.requests
    assert error is None
    assert (text(events), thinking(events)) == ("Five.", "Let me see.")
    assert request.body["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert request.body["max_tokens"] == 1024 + 60


@BOTH
@pytest.mark.parametrize(
    ("ends", "reason"),
    [("length", "length"), ("content_filter", "filter"), (None, "cut")],
)
async def test_why_a_text_ended_is_told(name: ProviderName, ends: Any, reason: str) -> None:
    async with FakeProvider(Rented("m", ends=ends)) as fake:
        events, _ = await read(model(fake, name))
    assert ended(events).reason == reason
    assert text(events) == "Hello, world."


@BOTH
@pytest.mark.parametrize(
    ("fault", "kind", "word"),
    [
        (HostedFault(status=401, code="invalid_api_key"), RequestRefused, "accept the key"),
        (HostedFault(status=403, code="forbidden"), RequestRefused, "_API_KEY"),
        (HostedFault(status=402, code="payment"), RequestRefused, "no credit"),
        (HostedFault(status=429, code="insufficient_quota"), RequestRefused, "no credit"),
        (HostedFault(status=429, code="rate_limit", retry_after="17"), EngineBusy, "in 17 s"),
        (HostedFault(status=429, code="rate_limit"), EngineBusy, "in a minute"),
        (HostedFault(status=404, code="model_not_found"), RequestRefused, "has no model m"),
        (HostedFault(status=400, code="bad"), RequestRefused, "refused"),
        (HostedFault(status=500), EngineFailed, "error of its own"),
        (HostedFault(status=529, code="overloaded_error"), EngineBusy, "busy"),
        (HostedFault("reset"), EngineFailed, "broke off"),
        (HostedFault("error"), EngineFailed, "error of its own"),
        (HostedFault("hang"), EngineStalled, "stopped waiting"),
        (HostedFault("hang", after=0), EngineStalled, "stopped waiting"),
    ],
    ids=lambda value: (
        f"{value.kind}-{value.status}-{value.code}{value.retry_after}"
        if isinstance(value, HostedFault)
        else ""
    ),
)
async def test_every_fault_is_one_sentence_and_keeps_the_text(
    fake: FakeProvider, name: ProviderName, fault: HostedFault, kind: type[EngineError], word: str
) -> None:
    """Once asked, never again by itself; no key and no word of the provider in the sentence."""
    fake.fail_next(fault)
    patience = HASTY[fault.after] if fault.kind == "hang" else QUICK
    events, error = await read(model(fake, name, patience=patience))
    assert type(error) is kind
    assert word in error.sentence
    for secret in (KEY, "sk-live", "internal.example", "/srv/secret"):
        assert secret not in error.sentence
    assert text(events) == ("Hello" if fault.kind != "status" and fault.after else "")
    assert len(fake.requests) == 1


async def test_a_key_that_is_wrong_and_a_provider_that_is_away_are_said(
    fake: FakeProvider,
) -> None:
    wrong = HostedModel(provider(fake, "openai", "sk-wrong"), rented("m", "openai"), QUICK)
    _, refused = await read(wrong)
    assert isinstance(refused, RequestRefused)
    assert "OPENAI_API_KEY" in refused.sentence
    away = replace(provider(fake, "openai"), base_url="http://127.0.0.1:9/v1")
    _, error = await read(HostedModel(away, rented("m", "openai"), QUICK))
    assert isinstance(error, EngineUnreachable)


@EACH
async def test_closing_the_stream_closes_the_connection_within_two_seconds(
    fake: FakeProvider, name: ProviderName
) -> None:
    async with aclosing(model(fake, name, "slow").chat(HI, think=False, sampling=SAMPLING)) as s:
        await anext(s)
    async with asyncio.timeout(2.0):
        await fake.requests[0].over.wait()
    assert fake.requests[0].closed_early


@BOTH
async def test_a_text_beyond_its_bound_is_ended_by_us(
    fake: FakeProvider, name: ProviderName
) -> None:
    few = Sampling(5)
    async with aclosing(model(fake, name, "slow").chat(HI, think=False, sampling=few)) as stream:
        events = [event async for event in stream]
    assert ended(events).reason == "length"
    assert not ended(events).counted


@EACH
async def test_prompt_and_key_follow_no_redirect_no_proxy_and_no_tracing(
    fake: FakeProvider, name: ProviderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S26: whatever the environment says, they reach the provider's address and no other."""
    async with FakeProvider(Rented("m")) as other:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "LANGSMITH_ENDPOINT",
                         "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "LANGSMITH_GATEWAY"):  # fmt: skip
            monkeypatch.setenv(variable, other.url)
        for variable in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
            monkeypatch.setenv(variable, "true")
        monkeypatch.setenv("LANGSMITH_API_KEY", "ls-key")
        events, error = await read(model(fake, name))
        assert error is None
        assert text(events) == "Hello, world."
        path = fake.requests[0].path
        fake.fail_next(HostedFault("redirect", to=f"{other.url}{path}"))
        _, refused = await read(model(fake, name))
        await asyncio.sleep(0.3)  # a tracer sends from a thread of its own
        assert isinstance(refused, RequestRefused)
        assert "elsewhere" in refused.sentence
        assert not other.requests
        assert not other.strays


def test_no_key_stands_in_what_is_printed(fake: FakeProvider) -> None:
    """S26."""
    assert KEY not in repr(provider(fake, "openai"))


async def test_a_base_prompt_is_refused(fake: FakeProvider) -> None:
    with pytest.raises(RequestRefused, match="no raw text"):
        async with aclosing(model(fake, "openai").complete("x", sampling=SAMPLING)) as stream:
            await anext(stream)


def test_a_missing_library_is_said_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert missing_extra("openai") == missing_extra("anthropic") == ""
    monkeypatch.setattr(hosted, "find_spec", lambda _name: None)
    assert missing_extra("compatible").endswith("python3 install.py --hosted-openai")
    assert missing_extra("anthropic").endswith("python3 install.py --hosted-anthropic")


async def test_nothing_heavy_is_imported_before_the_first_use() -> None:
    code = "import sys, bot.engines.hosted; print({'langchain', 'openai'} & set(sys.modules))"
    pipe = asyncio.subprocess.PIPE
    asked = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=pipe)
    out, _ = await asked.communicate()
    assert out.decode().strip() == "set()"
