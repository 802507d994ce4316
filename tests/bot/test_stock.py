"""The stock: what is told of the models, and pulling, loading and unloading them."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from bot.disk import free_space
from bot.engines.ollama import OllamaEngine
from bot.errors import EngineUnreachable, NoRoom, NotOffered, PullRunning
from bot.events import Failed
from bot.lineup import Lineup, Lineups
from bot.model import ModelEntry
from bot.stock import (
    SPARE,
    Checked,
    Loaded,
    Pulled,
    Pulling,
    StockEvent,
    Stockroom,
    Unloaded,
)
from bot.stocklist import about, completeness, memory, told
from knowledge.roster import read_roster
from knowledge.stage import Stage
from tests.bot.stagehands import (
    BASE,
    INSTRUCT,
    QUICK,
    REASONING,
    TOYS,
    contender,
    lineup,
    models,
)
from tests.doubles.ollama import FakeModel, FakeOllama, Fault

NOW = dt.datetime.now(dt.UTC)
PLENTY = 100 * 10**9


@asynccontextmanager
async def room_on(
    ollama: FakeOllama, *, free: int | None = PLENTY, toys: Lineup = TOYS
) -> AsyncIterator[Stockroom]:
    engine = OllamaEngine(ollama.url, patience=QUICK)
    systems, answers = read_roster().systems, ModelEntry("ask:1b-q4_K_M", ollama.url, 4096)
    try:
        yield Stockroom(lambda _host: engine, Lineups((toys,)), systems, answers, lambda _url: free)
    finally:
        await engine.aclose()


async def all_of(events: AsyncGenerator[StockEvent]) -> list[StockEvent]:
    async with aclosing(events):
        return [event async for event in events]


async def test_a_look_tells_stage_size_memory_and_what_line_ups_lack() -> None:
    """The stage comes from line-ups, else from the roster: engines do not tell it."""
    roster = FakeModel("llama3.1:8b-text-q4_K_M", base=True, loaded=False)
    async with FakeOllama([*models()[:2], roster]) as ollama, room_on(ollama) as room:
        stock = await room.look()
    base, _, known = stock.models
    assert about(base) == "base · 2.02 GB · 3.2B parameters · Q4_K_M · completion"
    assert memory(base.model, NOW).startswith("in memory: 2.02 GB, 100% of it on a GPU, for ")
    assert known.stages == ("base",)
    assert memory(known.model, NOW) == ""
    assert stock.lineups[0].missing == (REASONING,)
    assert completeness(stock.lineups[0]) == "lacks 1 of 3"
    assert stock.wanted == "ask:1b-q4_K_M"


async def test_a_pull_tells_the_room_the_progress_and_the_end_and_the_model_is_there() -> None:
    library = FakeModel(INSTRUCT, pull_seconds=0.1, size=4_000_000_000)
    async with FakeOllama(library=[library]) as ollama, room_on(ollama) as room:
        events = await all_of(room.pull(INSTRUCT))
        assert events[0] == Checked(INSTRUCT, PLENTY)
        done = [event.done for event in events if isinstance(event, Pulling)]
        assert done == sorted(done)
        assert len(set(done)) > 8
        end = events[-1]
        assert isinstance(end, Pulled)
        assert end.size == 4_000_001_482
        assert INSTRUCT in {stocked.model.name for stocked in (await room.look()).models}


async def test_what_no_line_up_names_is_not_pulled_whatever_it_is_called() -> None:
    async with FakeOllama() as ollama, room_on(ollama) as room:
        for tag in ("evil:1b", "", "http://evil.example/x", f"{INSTRUCT} ", INSTRUCT.upper()):
            (failed,) = await all_of(room.pull(tag))
            assert isinstance(failed, Failed)
            assert isinstance(failed.error, NotOffered)
        assert ollama.requests == []


@pytest.mark.parametrize("free", [SPARE, SPARE + 300_000_000])
async def test_without_room_nothing_is_pulled(free: int) -> None:
    async with FakeOllama() as ollama, room_on(ollama, free=free) as room:
        (failed,) = await all_of(room.pull(INSTRUCT))
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, NoRoom)
        assert ollama.requests == []


async def test_a_model_larger_than_was_thought_is_stopped_when_its_size_is_known() -> None:
    """The line-up says 1 GB for three; the engine then tells of 9 GB."""
    large = FakeModel(INSTRUCT, pull_seconds=5.0, size=9_000_000_000)
    async with (
        FakeOllama(library=[large]) as ollama,
        room_on(ollama, free=SPARE + 4_000_000_000) as room,
    ):
        events = await all_of(room.pull(INSTRUCT))
        failed = events[-1]
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, NoRoom)
        assert "9.0 GB" in failed.error.sentence
        pull = ollama.requests[-1]
        async with asyncio.timeout(2.0):
            await pull.over.wait()
        assert pull.closed_early_at


async def test_a_stopped_pull_closes_the_connection_and_the_next_one_goes_on_from_there() -> None:
    slow = FakeModel(INSTRUCT, pull_seconds=1.0)
    async with FakeOllama(library=[slow]) as ollama, room_on(ollama) as room:
        async with aclosing(room.pull(INSTRUCT)) as events:
            async for event in events:
                if isinstance(event, Pulling) and event.done > 0:
                    break
        pull = ollama.requests[-1]
        async with asyncio.timeout(2.0):
            await pull.over.wait()
        assert pull.closed_early_at
        again = [e for e in await all_of(room.pull(INSTRUCT)) if isinstance(e, Pulling)]
        first = next(event for event in again if event.total)
        assert first.done > 0
        assert first.came == 0


async def test_one_pull_at_a_time() -> None:
    slow = FakeModel(INSTRUCT, pull_seconds=5.0)
    async with FakeOllama(library=[slow]) as ollama, room_on(ollama) as room:
        async with aclosing(room.pull(INSTRUCT)) as events:
            await anext(events)
            (failed,) = await all_of(room.pull(BASE))
            assert isinstance(failed, Failed)
            assert isinstance(failed.error, PullRunning)
        assert isinstance((await all_of(room.pull(BASE)))[-1], Failed)  # there is none; it may try


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("error_line", 4, text="write /root/x: no space left on device"), "is full"),
        (Fault("error_line", 4, text="dial tcp 10.0.0.1:443: refused"), "cannot reach the library"),
        (Fault("error_line", 4, text="whatever at /root/.ollama"), "a reason of its own"),
        (Fault("reset", 4), "broke off"),
        (Fault("eof", 4), "ended before its end"),
        (Fault("malformed", 4), "cannot read"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_a_pull_that_fails_says_so_and_shows_nothing_of_the_engines(
    fault: Fault, words: str
) -> None:
    async with FakeOllama(library=[FakeModel(INSTRUCT)]) as ollama, room_on(ollama) as room:
        ollama.fail_next(fault)
        *_, failed = await all_of(room.pull(INSTRUCT))
        assert isinstance(failed, Failed)
        assert words in failed.error.sentence
        assert "root" not in failed.error.sentence
        assert "10.0.0.1" not in failed.error.sentence
        assert INSTRUCT not in ollama.models


async def test_a_silence_longer_than_a_texts_is_waited_out() -> None:
    """Ollama says nothing while it checks a large file."""
    async with FakeOllama(library=[FakeModel(INSTRUCT)]) as ollama, room_on(ollama) as room:
        ollama.fail_next(Fault("hang", 4, seconds=2 * QUICK.gap))
        *_, end = await all_of(room.pull(INSTRUCT))
        assert isinstance(end, Pulled)


async def test_a_tag_that_the_library_does_not_have_is_said_to_be_so() -> None:
    async with FakeOllama() as ollama, room_on(ollama) as room:
        *_, failed = await all_of(room.pull(INSTRUCT))
        assert isinstance(failed, Failed)
        assert f"has no model {INSTRUCT}" in failed.error.sentence


async def test_a_model_is_loaded_with_the_context_of_every_other_caller_and_unloaded() -> None:
    cold = [FakeModel(INSTRUCT, loaded=False, load_seconds=0.2)]
    async with FakeOllama(cold) as ollama, room_on(ollama) as room:
        *_, loaded = await all_of(room.load(INSTRUCT))
        assert isinstance(loaded, Loaded)
        assert loaded.seconds >= 0.2
        assert ollama.loads == [(INSTRUCT, 4096)]
        assert ollama.requests[0].body["keep_alive"] == "30m"
        assert "2.02 GB, and stays for 30 min more" in told(loaded, dt.datetime.now(dt.UTC))
        assert await all_of(room.unload(INSTRUCT)) == [Unloaded(INSTRUCT)]
        assert ollama.resident() == ()
        assert ollama.requests[-1].body["keep_alive"] == 0
        for events in (room.load(BASE), room.unload(BASE)):
            *_, failed = await all_of(events)
            assert isinstance(failed, Failed)
            assert "not installed" in failed.error.sentence


async def test_a_model_of_a_further_engine_is_found_and_one_that_is_away_is_counted() -> None:
    """Line-ups may name engines; what an absent one has is missing and not known."""
    async with FakeOllama(models()[:1]) as here, FakeOllama(models()[1:2]) as there:
        far = lineup(
            contender(Stage.BASE, BASE), contender(Stage.INSTRUCT, INSTRUCT, host=there.url)
        )
        engines = {url: OllamaEngine(url, patience=QUICK) for url in (here.url, there.url)}
        room = Stockroom(
            lambda host: engines[host or here.url],
            Lineups((far,)),
            (),
            ModelEntry(INSTRUCT, there.url, 4096),
            lambda _url: None,
        )
        stock = await room.look()
        assert [stocked.model.name for stocked in stock.models] == [BASE, INSTRUCT]
        assert (stock.lineups[0].missing, stock.away) == ((), 0)
        assert stock.models[1].answers
        assert (await all_of(room.unload(INSTRUCT)))[-1] == Unloaded(INSTRUCT)
        assert there.resident() == ()
        await there.go_down()
        stock = await room.look()
        assert (stock.lineups[0].missing, stock.away, stock.wanted) == ((INSTRUCT,), 1, INSTRUCT)
        for engine in engines.values():
            await engine.aclose()


async def test_an_engine_that_does_not_answer_is_an_event_of_a_stream_and_an_error_of_a_look() -> (
    None
):
    async with FakeOllama() as ollama, room_on(ollama) as room:
        await ollama.go_down()
        for events in (room.pull(INSTRUCT), room.load(INSTRUCT), room.unload(INSTRUCT)):
            *_, failed = await all_of(events)
            assert isinstance(failed, Failed)
            assert isinstance(failed.error, EngineUnreachable)
        with pytest.raises(EngineUnreachable):
            await room.look()


def test_free_room_is_known_of_this_machine_alone() -> None:
    for here in ("http://127.0.0.1:11434", "http://localhost:11434/path", "http://[::1]:11434"):
        assert (free_space(here) or 0) > 0
    for away in ("http://ollama:11434", "http://10.0.0.7:11434", "http://127.0.0.1.example:1"):
        assert free_space(away) is None
    assert "cannot be known" in told(Checked("a", None), NOW)
