"""The fake Ollama says what the real one says, checked by plain HTTP and by its own client."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from ollama import AsyncClient

from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest, Fault

TAG = "llama3.2:3b-instruct-q4_K_M"
CHAT = {"model": TAG, "messages": [{"role": "user", "content": "Hi"}]}


def lines_of(response: httpx.Response) -> list[dict[str, Any]]:
    """Parse an NDJSON body."""
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


async def post(fake: FakeOllama, path: str, body: dict[str, Any]) -> httpx.Response:
    """Post `body` as JSON."""
    async with httpx.AsyncClient(base_url=fake.url, trust_env=False, timeout=5) as http:
        return await http.post(path, json=body)


async def get(fake: FakeOllama, path: str) -> httpx.Response:
    """Get `path`."""
    async with httpx.AsyncClient(base_url=fake.url, trust_env=False, timeout=5) as http:
        return await http.get(path)


async def test_chat_lines_have_ollamas_fields() -> None:
    """Content and done are always there; counters only at the end and in whole nanoseconds."""
    async with FakeOllama([FakeModel(TAG, tokens=["a", "b"], loaded=False)]) as fake:
        first, second, last = lines_of(await post(fake, "/api/chat", CHAT))
    assert first["message"] == {"role": "assistant", "content": "a"}
    assert second["done"] is False
    assert "done_reason" not in second
    assert last["message"]["content"] == ""
    assert last["done_reason"] == "stop"
    assert last["eval_count"] == 2
    assert isinstance(last["eval_duration"], int)
    assert "load_duration" not in last  # zero is left out
    assert "context" not in last


async def test_generate_lines_have_ollamas_fields() -> None:
    """`response` stands at the top and the context is left out in raw mode."""
    async with FakeOllama([FakeModel(TAG, tokens=["a"])]) as fake:
        body = {"model": TAG, "prompt": "Q:"}
        templated = lines_of(await post(fake, "/api/generate", body))
        raw = lines_of(await post(fake, "/api/generate", body | {"raw": True}))
    assert templated[0]["response"] == "a"
    assert "context" in templated[-1]
    assert "context" not in raw[-1]
    assert fake.generations[1].prompt == "Q:"


async def test_the_last_line_may_carry_text() -> None:
    """A model scripted so sends its last token with the done line."""
    async with FakeOllama([FakeModel(TAG, tokens=["a", "b"], text_in_final=True)]) as fake:
        got = lines_of(await post(fake, "/api/chat", CHAT))
    assert [line["message"]["content"] for line in got] == ["a", "b"]


async def test_without_stream_the_answer_is_one_object() -> None:
    """`stream` false joins text and thinking and keeps the last line's counters."""
    model = FakeModel(TAG, thinking=["h", "m"], capabilities=("completion", "thinking"))
    async with FakeOllama([model]) as fake:
        got = (await post(fake, "/api/chat", CHAT | {"stream": False})).json()
    assert got["message"] == {"role": "assistant", "content": "Hello, world.", "thinking": "hm"}
    assert got["done"] is True


async def test_thinking_follows_think() -> None:
    """An absent `think` means true on a thinking model, false stops it, others refuse it."""
    thinker = FakeModel("t:1", thinking=["hm"], capabilities=("completion", "thinking"))
    async with FakeOllama([thinker, FakeModel(TAG)]) as fake:
        absent = lines_of(await post(fake, "/api/chat", CHAT | {"model": "t:1"}))
        off = lines_of(await post(fake, "/api/chat", CHAT | {"model": "t:1", "think": False}))
        refused = await post(fake, "/api/chat", CHAT | {"think": True})
    assert absent[0]["message"]["thinking"] == "hm"
    assert not any("thinking" in line["message"] for line in off)
    assert refused.status_code == 400
    assert refused.json() == {"error": f'"{TAG}" does not support thinking'}


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/api/chat", {"model": "foo", "messages": []}, 404, "model 'foo' not found"),
        ("/api/generate", {"model": "foo"}, 404, "model 'foo' not found"),
        ("/api/show", {"model": "foo"}, 404, "model 'foo:latest' not found"),
        ("/api/chat", {"messages": []}, 400, "model is required"),
        ("/api/generate", {}, 404, "model '' not found"),
        (
            "/api/generate",
            {"model": TAG, "prompt": "x", "raw": True, "system": "y"},
            400,
            "raw mode does not support template, system, or context",
        ),
        (
            "/api/chat",
            CHAT | {"options": {"num_ctx": "8"}},
            500,
            'option "num_ctx" must be of type integer',
        ),
    ],
)
async def test_refusals_have_ollamas_status_and_text(
    path: str, body: dict[str, Any], status: int, text: str
) -> None:
    """Every refusal before the text is a real status with one error field."""
    async with FakeOllama([FakeModel(TAG)]) as fake:
        response = await post(fake, path, body)
    assert (response.status_code, response.json()) == (status, {"error": text})


async def test_preload_and_unload_change_what_is_in_memory() -> None:
    """An empty prompt loads, keep_alive 0 unloads, and another num_ctx loads again."""
    async with FakeOllama([FakeModel(TAG, loaded=False)]) as fake:
        load = (await post(fake, "/api/generate", {"model": TAG, "keep_alive": "30m"})).json()
        in_memory = (await get(fake, "/api/ps")).json()["models"]
        await post(fake, "/api/chat", CHAT | {"options": {"num_ctx": 8192}})
        unload = (await post(fake, "/api/generate", {"model": TAG, "keep_alive": 0})).json()
        after = (await get(fake, "/api/ps")).json()["models"]
    assert (load["done_reason"], unload["done_reason"]) == ("load", "unload")
    assert [entry["name"] for entry in in_memory] == [TAG]
    assert fake.loads == [(TAG, 4096), (TAG, 8192)]
    assert after == []


async def test_debug_render_shows_the_template_instead_of_writing() -> None:
    """An instructed model marks the turns; a base model drops the system prompt."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    body = {"messages": messages, "_debug_render_only": True}
    async with FakeOllama([FakeModel("i:1"), FakeModel("b:1", base=True)]) as fake:
        answers = [await post(fake, "/api/chat", body | {"model": tag}) for tag in ("i:1", "b:1")]
    rendered = [answer.json()["_debug_info"]["rendered_template"] for answer in answers]
    assert rendered[0] == "<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>"
    assert rendered[1] == "Hi"


async def test_a_text_ends_at_its_bounds() -> None:
    """num_predict ends with `length`, a stop string with `stop`, equal tokens without a word."""

    def tokens(request: FakeRequest) -> list[str]:
        return ["la"] * 100 if "sing" in request.prompt else ["one", "\n", "Q:", "two"]

    body = {"model": TAG, "prompt": "x", "raw": True}
    async with FakeOllama([FakeModel(TAG, tokens=tokens)]) as fake:
        short = await post(fake, "/api/generate", body | {"options": {"num_predict": 1}})
        stopped = await post(fake, "/api/generate", body | {"options": {"stop": ["\nQ:"]}})
        cut = await post(fake, "/api/generate", body | {"prompt": "sing"})
    assert lines_of(short)[-1]["done_reason"] == "length"
    assert lines_of(stopped)[-1]["done_reason"] == "stop"
    assert "two" not in stopped.text
    assert not any(line["done"] for line in lines_of(cut))


async def test_a_request_over_the_slots_waits_in_silence() -> None:
    """With one slot the second request gets no header before the first is over."""
    async with FakeOllama([FakeModel(TAG)]) as fake, asyncio.TaskGroup() as group:
        fake.fail_next(Fault("slow_first_token", seconds=0.2))
        first = group.create_task(post(fake, "/api/chat", CHAT))
        await fake.until(lambda: len(fake.requests) == 1)
        second = group.create_task(post(fake, "/api/chat", CHAT))
        await first
        assert not second.done()
        assert (await second).status_code == 200


async def test_an_unknown_route_fails_the_test_that_asked() -> None:
    """The client sees 404, and leaving the block raises."""
    with pytest.raises(AssertionError, match="GET /api/nonsense"):
        async with FakeOllama() as fake:
            assert (await get(fake, "/api/nonsense")).status_code == 404


async def test_a_wrong_method_fails_the_test_that_asked() -> None:
    """The client sees 405, and leaving the block raises."""
    with pytest.raises(AssertionError, match="GET /api/chat"):
        async with FakeOllama() as fake:
            assert (await get(fake, "/api/chat")).status_code == 405


async def test_ollamas_own_client_reads_every_listing() -> None:
    """The library's strict types accept tags, ps and show."""
    async with FakeOllama([FakeModel("qwen3")]) as fake:
        async with AsyncClient(host=fake.url, timeout=5, trust_env=False) as client:
            listed = (await client.list()).models
            running = (await client.ps()).models
            card = await client.show("qwen3")
        assert (await get(fake, "/")).text == "Ollama is running"
    assert listed[0].model == running[0].model == "qwen3:latest"
    assert card.capabilities == ["completion"]


async def test_a_pull_tells_its_parts_one_after_the_other_and_then_success() -> None:
    """`completed` is absent while it is 0; a tag that is nowhere is an error line under 200."""
    async with FakeOllama(library=[FakeModel(TAG, size=1000)]) as fake:
        begin, weights, *rest = lines_of(await post(fake, "/api/pull", {"model": TAG}))
        nowhere = lines_of(await post(fake, "/api/pull", {"model": "foo"}))
        listed = (await get(fake, "/api/tags")).json()["models"]
    assert begin == {"status": "pulling manifest"}
    assert weights == {
        "status": f"pulling {weights['digest'][7:19]}",
        "digest": weights["digest"],
        "total": 1000,
    }
    assert [line["completed"] for line in rest[:10]] == list(range(100, 1001, 100))
    assert [line["status"] for line in rest[-3:]] == [
        "verifying sha256 digest",
        "writing manifest",
        "success",
    ]
    assert nowhere == [begin, {"error": "pull model manifest: file does not exist"}]
    assert [model["name"] for model in listed] == [TAG]
