"""Rows O1-O11 of the fault matrix: each ends in one visible outcome, and the next is answered.

`Bench.ask` checks after every question that it had one ending, that the generation is closed
at the engine and that no task is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.engines.breaker import FAILURES, REST, REST_AFTER_CRASH
from bot.engines.patience import Patience
from bot.events import Collected, Finished, NoticeKind
from bot.model import ModelEntry
from knowledge.embedding import Embedder
from knowledge.passages import Found
from knowledge.search import Search
from tests.bot.faults import (
    BASE,
    LONG,
    TAG,
    TRUE,
    Bench,
    answered,
    bench_of,
    broke_off,
    loading,
    quoted,
    shown,
    words,
)
from tests.doubles.ollama import FakeModel, FakeOllama, Fault

LATE = 25
"""Tokens after which nothing is tried again."""


@pytest.fixture
async def bench(search: Search, embedder: Embedder) -> AsyncIterator[Bench]:
    """Yield a bench whose model answers truly."""
    async with FakeOllama([FakeModel(TAG, words(TRUE))], num_parallel=2) as fake:
        made = bench_of(fake, search, embedder)
        yield made
        await made.engine.aclose()


async def test_o1_an_engine_that_is_down_gives_the_passages_with_the_reason(bench: Bench) -> None:
    """At once; after three failures it is left alone, and one question tries it again."""
    await bench.fake.go_down()
    for _ in range(FAILURES):
        quoted(await bench.ask(), "cannot be reached")
    asked = await bench.ask()
    quoted(asked, "cannot be reached")
    assert "I try it again in 10 s." in asked.notices[0].text
    await bench.fake.come_up()
    bench.fake.requests.clear()
    quoted(await bench.ask(), "cannot be reached")
    assert bench.fake.requests == []
    bench.clock.now += REST
    answered(await bench.ask())
    answered(await bench.ask())


async def test_o1_while_one_question_tries_the_engine_the_others_do_not_wait(bench: Bench) -> None:
    await bench.fake.go_down()
    for _ in range(FAILURES):
        await bench.ask()
    await bench.fake.come_up()
    bench.clock.now += REST
    bench.say(TRUE, first_token_seconds=1.0)
    trying = asyncio.create_task(bench.ask("first"))
    await bench.fake.until(lambda: len(bench.fake.generations) == 1)
    for member in ("second", "third"):
        quoted(await bench.ask(member), "I try it again just now.")
    answered(await trying)
    assert len(bench.fake.generations) == 1


async def test_o1_an_engine_that_is_still_down_is_left_alone_again(bench: Bench) -> None:
    await bench.fake.go_down()
    for _ in range(FAILURES):
        await bench.ask()
    bench.clock.now += REST
    quoted(await bench.ask(), "cannot be reached")
    quoted(await bench.ask(), "I try it again in 10 s.")


async def test_o2_a_slow_load_is_told_and_waited_for(bench: Bench) -> None:
    bench.fake.models[TAG] = FakeModel(TAG, words(TRUE), loaded=False, load_seconds=0.5)
    await bench.fake.go_down()
    await bench.fake.come_up()  # what was in memory is not any more
    asked = await bench.ask()
    answered(asked)
    assert loading(asked)


async def test_o2_a_question_during_the_first_load_is_told_of_it(bench: Bench) -> None:
    """Ollama lists a model that is still loading as loaded; we know better."""
    bench.fake.models[TAG] = FakeModel(TAG, words(TRUE), loaded=False, load_seconds=1.0)
    await bench.fake.go_down()
    await bench.fake.come_up()
    model = bench.engine.model(ModelEntry(TAG, bench.fake.url, num_ctx=8192))
    preloading = asyncio.create_task(model.preload())
    await bench.fake.until(lambda: len(bench.fake.requests) == 1)
    bench.others |= {preloading}
    asked = await bench.ask()
    answered(asked)
    assert loading(asked)
    await preloading
    assert len(bench.fake.loads) == 1


async def test_o2_a_first_token_that_never_comes_gives_the_passages(bench: Bench) -> None:
    """After the limit, without another try: the reader has waited long enough."""
    bench.fake.fail_next(Fault("slow_first_token"))
    quoted(await bench.ask(), "wrote nothing for 2 s")
    assert len(bench.fake.generations) == 1
    answered(await bench.ask())


@pytest.mark.parametrize("kind", ["hang", "reset", "eof", "malformed", "fieldless"])
async def test_o3_o4_o7_a_text_that_hardly_began_is_continued_by_a_second_try(
    bench: Bench, kind: str
) -> None:
    """Nothing is shown twice."""
    bench.fake.fail_next(Fault(kind, after=4))  # type: ignore[arg-type]  # the parameters are kinds
    asked = await bench.ask()
    answered(asked)
    assert asked.notices == ()
    assert len(bench.fake.generations) == 2


@pytest.mark.parametrize("kind", ["reset", "eof", "malformed", "fieldless"])
async def test_o4_o7_a_text_that_did_not_begin_is_written_by_a_second_try(
    bench: Bench, kind: str
) -> None:
    bench.fake.fail_next(Fault(kind, after=0))  # type: ignore[arg-type]  # the parameters are kinds
    answered(await bench.ask())
    assert len(bench.fake.generations) == 2


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("hang", "wrote nothing for"),
        ("reset", "broke off"),
        ("malformed", "something I cannot read"),
        ("fieldless", "something I cannot read"),
    ],
)
async def test_o3_o4_o7_a_text_that_was_long_stays_and_the_end_is_told(
    bench: Bench, kind: str, reason: str
) -> None:
    """Without another try."""
    bench.say(LONG)
    bench.fake.fail_next(Fault(kind, after=LATE))  # type: ignore[arg-type]  # the parameters are kinds
    broke_off(await bench.ask(), "".join(words(LONG)[:LATE]), reason)
    assert len(bench.fake.generations) == 1
    answered(await bench.ask(), LONG)


async def test_o4_a_silent_end_of_a_long_text_is_a_cut(bench: Bench) -> None:
    bench.say(LONG)
    bench.fake.fail_next(Fault("eof", after=LATE))
    asked = await bench.ask()
    answered(asked, "".join(words(LONG)[:LATE]))
    assert "cut by the engine before its end" in asked.notices[-1].text
    assert len(bench.fake.generations) == 1
    answered(await bench.ask(), LONG)


@pytest.mark.parametrize("second", ["Quite another text [1].", "A base"])
async def test_o4_a_second_try_that_says_something_else_is_not_shown(
    bench: Bench, second: str
) -> None:
    """What was shown stays, is not contradicted, and the first failure is told."""
    texts = iter([words(TRUE), words(second)])
    bench.say(lambda _request: next(texts))
    bench.fake.fail_next(Fault("reset", after=4))
    broke_off(await bench.ask(), "A base model carries", "broke off")
    assert len(bench.fake.generations) == 2


async def test_o4_a_second_failure_is_told(bench: Bench) -> None:
    """There is one more try, not two."""
    bench.fake.fail_next(Fault("reset", after=4), times=2)
    broke_off(await bench.ask(), "A base model carries", "broke off")
    assert len(bench.fake.generations) == 2
    answered(await bench.ask())


async def test_o4_an_engine_that_goes_down_in_a_long_text_leaves_it(bench: Bench) -> None:
    bench.say(LONG)
    bench.fake.fail_next(Fault("hang", after=LATE))
    asking = asyncio.create_task(bench.ask())
    await bench.fake.until(lambda: any(r.lines_sent == LATE for r in bench.fake.generations))
    await bench.fake.go_down()
    asked = await asking
    broke_off(asked, "".join(words(LONG)[:LATE]), "broke off")
    await bench.fake.come_up()
    answered(await bench.ask(), LONG)


async def test_o5_a_missing_model_is_named_with_its_remedy_and_others_still_run(
    bench: Bench,
) -> None:
    """However often it is asked for, its engine is not blamed for it."""
    other = bench.fake.models.pop(TAG)
    for _ in range(FAILURES + 1):
        asked = await bench.ask()
        quoted(asked, f"ollama pull {TAG}")
        assert "I try it again" not in asked.notices[0].text
    bench.fake.models[TAG] = other
    answered(await bench.ask())


async def test_o6_a_busy_engine_is_tried_twice_more(bench: Bench) -> None:
    bench.fake.fail_next(Fault("busy"), times=2)
    answered(await bench.ask())
    assert len(bench.fake.generations) == 3


async def test_o6_an_engine_that_stays_busy_gives_the_passages(bench: Bench) -> None:
    """Without a fourth try, and as often as it happens: busy is not unwell."""
    bench.fake.fail_next(Fault("busy"), times=3 * (FAILURES + 1))
    for count in range(1, FAILURES + 2):
        quoted(await bench.ask(), "is busy")
        assert len(bench.fake.generations) == 3 * count
    answered(await bench.ask())


async def test_a_refused_request_is_never_tried_again(bench: Bench) -> None:
    bench.fake.fail_next(Fault("refused"))
    quoted(await bench.ask(), "refused this request")
    assert len(bench.fake.generations) == 1
    answered(await bench.ask())


@pytest.mark.parametrize("kind", ["out_of_memory", "crash"])
async def test_o8_after_a_crash_the_model_rests_and_others_do_not(bench: Bench, kind: str) -> None:
    """No request reaches it for a minute; another model of the same engine is served."""
    other = "qwen3:0.6b"
    bench.fake.models[other] = FakeModel(other, words(TRUE))
    bench.fake.fail_next(Fault(kind), times=9, tag=TAG)  # type: ignore[arg-type]  # the parameters are kinds
    quoted(await bench.ask(), "")
    assert len(bench.fake.generations) == 1
    bench.clock.now += REST_AFTER_CRASH - 1
    for _ in range(5):
        quoted(await bench.ask(), "I try it again in 1 s.")
    assert len(bench.fake.generations) == 1
    small = bench.engine.model(ModelEntry(other, bench.fake.url, num_ctx=8192))
    assert bench.engine.model(ModelEntry(TAG, bench.fake.url, num_ctx=8192)).resting()
    assert small.resting() is None
    bench.fake.heal()
    bench.clock.now += 1
    answered(await bench.ask())


async def test_o8_a_runner_that_dies_in_a_long_text_leaves_it_and_the_next_is_answered(
    bench: Bench,
) -> None:
    """It had loaded: Ollama starts another runner for the next request, so it does not rest."""
    bench.say(LONG)
    bench.fake.fail_next(Fault("error_line", after=LATE))
    broke_off(await bench.ask(), "".join(words(LONG)[:LATE]), "stopped with an error")
    assert len(bench.fake.generations) == 1
    answered(await bench.ask(), LONG)


async def test_o8_a_lack_of_memory_in_a_text_leaves_it_and_rests(bench: Bench) -> None:
    bench.fake.fail_next(Fault("error_line", after=4, text="CUDA error: out of memory"))
    broke_off(await bench.ask(), "A base model carries", "not enough memory")
    assert len(bench.fake.generations) == 1
    quoted(await bench.ask(), "I try it again in 60 s.")
    bench.clock.now += REST_AFTER_CRASH
    answered(await bench.ask())


async def test_o9_a_text_at_its_limit_says_so_and_offers_more(bench: Bench) -> None:
    bench.fake.fail_next(Fault("length", after=4))
    asked = await bench.ask()
    answered(asked, "A base model carries")
    assert "cut at its length limit" in asked.notices[-1].text
    assert "continue" in asked.notices[-1].text


async def test_o9_a_prompt_that_the_engine_cut_is_told(bench: Bench) -> None:
    """Ollama cuts without a word; its own counter gives it away."""
    bench.say(TRUE, prompt_tokens=8192)
    asked = await bench.ask()
    answered(asked)
    assert [notice.kind for notice in asked.notices] == [NoticeKind.TRIMMED]
    assert "8192" in asked.notices[0].text


async def test_o10_a_text_that_goes_in_circles_is_cut_and_kept(bench: Bench) -> None:
    bench.say(f"{TRUE} ")
    bench.fake.fail_next(Fault("endless"))
    asked = await bench.ask()
    ending = asked.ending
    assert isinstance(ending, Finished)
    assert ending.answer.count("carries on writing") >= 4
    assert "begun to repeat itself" in asked.notices[-1].text
    answered_again = await bench.ask()
    assert isinstance(answered_again.ending, Finished)


async def test_o10_a_text_without_end_stops_at_its_bound(bench: Bench) -> None:
    bench.say(lambda _request: [f" {n}" for n in range(10_000)])
    asked = await bench.ask()
    assert isinstance(asked.ending, Finished)
    assert shown(asked).endswith(" 799")
    assert "cut at its length limit" in asked.notices[-1].text


async def test_o10_a_text_that_takes_too_long_is_stopped(bench: Bench) -> None:
    bench.say(lambda _request: [f" {n}" for n in range(800)], tokens_per_second=50)
    asking = asyncio.create_task(bench.ask())
    await bench.fake.until(lambda: any(r.lines_sent > 20 for r in bench.fake.generations))
    bench.clock.now += 601
    asked = await asking
    assert isinstance(asked.ending, Finished)
    assert "as long as I let it" in asked.notices[-1].text
    assert bench.fake.generations[0].lines_sent < 400


async def test_o11_only_thinking_gives_the_passages_and_says_so(bench: Bench) -> None:
    bench.say(TRUE, capabilities=("completion", "thinking"))
    bench.fake.fail_next(Fault("thinking_only"))
    asked = await bench.ask()
    quoted(asked, "thought and ended without writing an answer")
    answered(await bench.ask())


async def test_o11_an_empty_answer_gives_the_passages_and_says_so(bench: Bench) -> None:
    bench.say(lambda _request: [])
    quoted(await bench.ask(), "ended without writing an answer")


@pytest.mark.parametrize("state", ["load", "prompt", "text", "thinking", "pause"])
async def test_leaving_ends_the_generation_in_every_state(
    search: Search, embedder: Embedder, state: str
) -> None:
    """Within two seconds, and the slot is free again."""
    model = FakeModel(
        TAG,
        [f" word{n}" for n in range(5000)],
        thinking=[f" hm{n}" for n in range(5000)] if state == "thinking" else (),
        capabilities=("completion", "thinking"),
        tokens_per_second=100,
        loaded=state != "load",
        load_seconds=3600,
        first_token_seconds=3600 if state == "prompt" else 0,
    )
    async with FakeOllama([model]) as fake:
        patience = Patience(loading=0.05, pause=3600)
        bench = bench_of(fake, search, embedder, patience=patience)
        if state == "pause":
            fake.fail_next(Fault("busy"))
        asking = asyncio.create_task(bench.ask())
        await fake.until(lambda: bool(fake.generations))
        await asyncio.sleep(0.3)
        assert not asking.done()
        await bench.closed(asking)
        await bench.engine.aclose()


async def test_leaving_the_queue_gives_the_place_to_the_next(
    search: Search, embedder: Embedder
) -> None:
    """And nothing was asked of the engine for the one who left."""
    async with FakeOllama([FakeModel(TAG, words(TRUE), first_token_seconds=1.0)]) as fake:
        bench = bench_of(fake, search, embedder)
        first, second, third = [asyncio.create_task(bench.ask(f"m{n}")) for n in range(3)]
        await fake.until(lambda: bench.queue.running == 2)
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)
        assert bench.queue.waiting == 0
        for asked in await asyncio.gather(first, second):
            answered(asked)
        assert len(fake.generations) == 2
        await bench.engine.aclose()


async def outcomes(bench: Bench, members: list[str]) -> list[Collected]:
    """Let everybody ask at once and return what each was told."""
    return await asyncio.gather(*(bench.ask(member) for member in members))


async def test_a4_two_hundred_at_once_are_each_answered_in_their_turn(bench: Bench) -> None:
    """No more run at once than there are slots, and nobody is lost."""
    most = 0

    def running(_request: object) -> list[str]:
        nonlocal most
        now = sum(not request.over.is_set() for request in bench.fake.generations)
        most = max(most, now)
        return words(TRUE)

    bench.say(running)
    asked = await outcomes(bench, [f"m{n}" for n in range(200)])
    for one in asked:
        answered(one)
    assert most <= 2
    assert len(bench.fake.generations) == 200
    await bench.at_rest()


class Known:
    """A search that knows the answer already, so that everybody asks in the same moment."""

    def __init__(self, found: Found) -> None:
        self._found = found

    async def search(self, question: str, **_options: object) -> Found:  # noqa: ARG002  the port's
        """Return it, whatever the question."""
        return self._found


async def test_a5_a_member_who_floods_is_bounded_and_the_others_are_served(
    search: Search, embedder: Embedder
) -> None:
    """One runs and two wait; the rest is refused at once with the reason."""
    known = Known(await search.search(BASE))
    model = FakeModel(TAG, words(TRUE), first_token_seconds=0.3)
    async with FakeOllama([model], num_parallel=2) as fake:
        bench = bench_of(fake, known, embedder)
        asked = await outcomes(bench, ["flood"] * 50 + [f"m{n}" for n in range(5)])
        flood, others = asked[:50], asked[50:]
        for one in [*flood[:3], *others]:
            answered(one)
        for one in flood[3:]:
            broke_off(one, "", "as many as is fair")
        assert len(fake.generations) == 8
        await bench.engine.aclose()


def test_the_long_text_is_long_enough() -> None:
    """What the late faults rest on."""
    assert len(words(LONG)) > LATE
    assert BASE
