"""Demos: what each stage is given, who holds up whom, and what is told when something is amiss."""

import asyncio
from contextlib import aclosing

import pytest

from bot.board import PaneState
from bot.errors import EngineUnreachable, LineupUnknown, ModelsMissing
from bot.events import Failed, Finished, Waiting
from bot.model import Delta, Loading
from bot.order import Order
from bot.panes import Measured, Opened, Planned, Prompted, Ran, Refused, Told
from bot.queue import FairQueue
from knowledge.stage import Stage
from tests.bot.stagehands import (
    BASE,
    INSTRUCT,
    REASONING,
    TOYS,
    contender,
    demos_on,
    lineup,
    models,
    shown,
)
from tests.doubles.ollama import FakeOllama, Fault

ORDER = Order("What is 2 + 3?", "ada", num_predict=60, seed=11, temperature=0.4)


async def test_each_stage_is_given_the_prompt_in_its_own_way() -> None:
    """Raw for base, the template for the others, think said to all, and one set of options."""
    async with FakeOllama(models(), num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, events = await shown(demos, ORDER)
        asked = {r.tag: r for r in ollama.generations}
    assert set(asked) == {BASE, INSTRUCT, REASONING}
    assert asked[BASE].path == "/api/generate"
    assert asked[BASE].body["raw"] is True
    assert asked[BASE].body["prompt"] == ORDER.prompt
    assert [asked[tag].path for tag in (INSTRUCT, REASONING)] == ["/api/chat"] * 2
    assert [asked[tag].body["think"] for tag in (BASE, INSTRUCT, REASONING)] == [False, False, True]
    assert {str(r.options) for r in asked.values()} == {
        "{'num_ctx': 4096, 'num_predict': 60, 'temperature': 0.4, 'seed': 11}"
    }
    assert isinstance(events[-1], Ran)
    assert [pane.text for pane in board.panes] == ["More and more.", "An answer.", "So five."]
    assert board.panes[2].thinking == "Let me see."
    assert {pane.state for pane in board.panes} == {PaneState.DONE}


async def test_what_it_saw_is_what_it_was_given() -> None:
    async with FakeOllama(models(), num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, _ = await shown(demos, ORDER)
        given = {r.tag: r.prompt for r in ollama.generations}
    for pane in board.panes:
        assert pane.prompted is not None
        assert pane.prompted.exact
        assert pane.prompted.text == given[pane.seat.contender.tag]


async def test_an_engine_that_renders_nothing_is_said_to() -> None:
    async with (
        FakeOllama(models(), num_parallel=4, renders=False) as ollama,
        demos_on(ollama) as demos,
    ):
        board, _ = await shown(demos, ORDER)
    prompted = board.panes[1].prompted
    assert prompted is not None
    assert not prompted.exact
    assert ORDER.prompt in prompted.text
    assert "cannot show" in prompted.how


async def test_the_figures_are_the_engines_own() -> None:
    slow = models(reasoning={"tokens_per_second": 200.0})
    async with FakeOllama(slow, num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, _ = await shown(demos, ORDER)
    figures = board.panes[2].figures
    assert figures is not None
    assert (figures.thinking_tokens, figures.answer_tokens) == (3, 2)
    assert figures.tokens_per_second == pytest.approx(200.0)
    assert figures.ended == "stop"
    assert figures.first_token_seconds is not None


async def test_a_slow_and_a_dying_contender_hold_nobody_up() -> None:
    """The others end while one still waits for its first token and one has died half-way."""
    waiting = models(base={"first_token_seconds": 5.0})
    async with FakeOllama(waiting, num_parallel=4) as ollama, demos_on(ollama) as demos:
        ollama.fail_next(Fault("error_line", after=1), times=3, tag=INSTRUCT)
        board, events = await shown(demos, ORDER)
    ended = [
        e.pane for e in events if isinstance(e, Told) and isinstance(e.event, Finished | Failed)
    ]
    assert set(ended[:2]) == {1, 2}
    assert ended[2] == 0
    dead = board.panes[1]
    assert dead.state is PaneState.FAILED
    assert dead.text == "An"
    assert dead.sentence
    assert isinstance(events[-1], Ran)


@pytest.mark.parametrize(
    ("fault", "state", "word"),
    [
        (Fault("out_of_memory"), PaneState.FAILED, "memory"),
        (Fault("busy"), PaneState.FAILED, "busy"),
        (Fault("hang", after=1), PaneState.FAILED, "wrote nothing"),
        (Fault("reset", after=1), PaneState.FAILED, "broke off"),
        (Fault("eof", after=1), PaneState.CUT, "without a word"),
        (Fault("length", after=1), PaneState.CUT, "Cut at 60 tokens"),
        (Fault("thinking_only"), PaneState.CUT, "no answer"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_every_fault_ends_its_own_pane_with_a_sentence(
    fault: Fault, state: PaneState, word: str
) -> None:
    async with FakeOllama(models(), num_parallel=4) as ollama, demos_on(ollama) as demos:
        ollama.fail_next(fault, times=3, tag=REASONING)  # it is tried again up to twice
        board, events = await shown(demos, ORDER)
    pane = board.panes[2]
    assert pane.state is state
    assert word in " ".join([pane.sentence, *pane.notices])
    assert [p.state for p in board.panes[:2]] == [PaneState.DONE] * 2
    assert isinstance(events[-1], Ran)


async def test_a_model_that_repeats_itself_is_cut_and_keeps_its_text() -> None:
    looping = models(base={"tokens": (" again",) * 200})
    async with FakeOllama(looping, num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, _ = await shown(demos, ORDER)
    assert board.panes[0].state is PaneState.CUT
    assert " again again" in board.panes[0].text


async def test_a_missing_model_is_named_with_its_pull_line_and_the_rest_runs() -> None:
    async with FakeOllama(models()[:2], num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, events = await shown(demos, ORDER)
    opened = next(e for e in events if isinstance(e, Opened))
    assert f"ollama pull {REASONING}" in " ".join(opened.notices)
    assert board.panes[2].state is PaneState.FAILED
    assert f"ollama pull {REASONING}" in board.panes[2].sentence
    assert [p.state for p in board.panes[:2]] == [PaneState.DONE] * 2


async def test_a_line_up_of_which_nothing_is_there_gives_the_pull_lines() -> None:
    async with FakeOllama([], num_parallel=4) as ollama, demos_on(ollama) as demos:
        _, events = await shown(demos, ORDER)
    (refused,) = events
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, ModelsMissing)
    assert refused.error.pulls == tuple(f"ollama pull {t}" for t in (BASE, INSTRUCT, REASONING))


async def test_an_engine_that_is_down_and_a_line_up_nobody_knows_are_said() -> None:
    async with FakeOllama(models()) as ollama, demos_on(ollama) as demos:
        _, unknown = await shown(demos, Order("Hm?", "ada", lineup="no-such"))
        await ollama.go_down()
        _, down = await shown(demos, ORDER)
    assert isinstance(unknown[-1], Refused)
    assert isinstance(unknown[-1].error, LineupUnknown)
    assert isinstance(down[-1], Refused)
    assert isinstance(down[-1].error, EngineUnreachable)


async def test_the_best_line_up_is_the_first_whose_models_are_there() -> None:
    big = [contender(stage, f"big:8b-{stage}-q4_K_M") for stage in (Stage.BASE, Stage.INSTRUCT)]
    lineups = [lineup(*big, slug="big", rank=0), TOYS]
    async with (
        FakeOllama(models(), num_parallel=4) as ollama,
        demos_on(ollama, lineups) as demos,
    ):
        board, _ = await shown(demos, ORDER)
    assert board.opened is not None
    assert board.opened.lineup == "toys"


async def test_a_set_that_is_not_matched_is_said_to_be_so() -> None:
    uneven = models(instruct={"quantization": "Q8_0", "parameter_size": "8.0B"})
    async with FakeOllama(uneven, num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, _ = await shown(demos, ORDER)
    assert board.opened is not None
    told = "\n".join(board.opened.fairness)
    assert "Not matched in parameters: 3.2B (base and reasoning), 8.0B (instruct)." in told
    assert "Not matched in quantisation: Q4_K_M (base and reasoning), Q8_0 (instruct)." in told


async def test_closing_the_stream_closes_every_generation() -> None:
    endless = models(
        base={"tokens_per_second": 50.0, "tokens": ("a ", "b ") * 500},
        instruct={"tokens_per_second": 50.0, "tokens": ("a ", "b ") * 500},
        reasoning={"first_token_seconds": 60.0},
    )
    async with FakeOllama(endless, num_parallel=4) as ollama, demos_on(ollama) as demos:
        told = 0
        async with aclosing(demos.run(ORDER)) as stream:
            async for event in stream:
                told += isinstance(event, Told) and isinstance(event.event, Delta)
                if told > 3:
                    break
        writing = ollama.generations
        async with asyncio.timeout(2.0):
            await asyncio.gather(*(request.over.wait() for request in writing))
    assert len(writing) == 3
    assert all(request.closed_early_at for request in writing)


async def test_models_that_do_not_fit_take_turns_and_the_next_loads_meanwhile() -> None:
    """Nobody's text overlaps another's, and a load begins while the one before still writes."""
    cold = models(
        base={"loaded": False, "tokens": ("a ", "b ") * 10, "tokens_per_second": 40.0},
        instruct={"loaded": False, "load_seconds": 0.1},
        reasoning={"loaded": False},
    )
    async with FakeOllama(cold, num_parallel=4) as ollama:
        async with demos_on(ollama, room=2_000_000_000) as demos:
            board, events = await shown(demos, ORDER)
        first, second = [r for r in ollama.generations if r.tag in (BASE, INSTRUCT)]  # fmt: skip
        preload = next(r for r in ollama.requests if r.tag == INSTRUCT and not r.wants_text
                       and r.path == "/api/generate")  # fmt: skip
    assert first.finished is not None
    assert preload.started < first.finished <= second.started
    plans = [e.sentence for e in events if isinstance(e, Planned)]
    assert "One after the other" in plans[0]
    assert f"{INSTRUCT} loads next, about 17 s." in plans
    told = [e for e in events if isinstance(e, Told)]
    assert Told(1, Waiting(1, None)) in told
    assert Told(2, Waiting(1, None)) in told
    assert Told(1, Loading(INSTRUCT)) in told
    assert {pane.state for pane in board.panes} == {PaneState.DONE}


async def test_the_same_model_twice_writes_one_text_after_the_other() -> None:
    twice = lineup(
        contender(Stage.INSTRUCT, REASONING, think=False),
        contender(Stage.REASONING, REASONING, think=True),
    )
    async with FakeOllama(models()) as ollama, demos_on(ollama, [twice]) as demos:
        board, _ = await shown(demos, ORDER)
        thinks = [r.body["think"] for r in ollama.generations]
    assert thinks == [False, True]
    assert [pane.thinking for pane in board.panes] == ["", "Let me see."]


async def test_a_reasoning_model_that_cannot_be_told_to_think_is_not_told_to() -> None:
    plain = models(reasoning={"capabilities": ("completion",),
                              "tokens": ("<think>", "hm", "</think>", "Five.")})  # fmt: skip
    async with FakeOllama(plain, num_parallel=4) as ollama, demos_on(ollama) as demos:
        board, _ = await shown(demos, ORDER)
    pane = board.panes[2]
    assert (pane.thinking, pane.text, pane.state) == ("hm", "Five.", PaneState.DONE)
    assert "cannot be told to think" in " ".join(pane.notices)


async def test_framed_and_swapped_prompts_are_shown_as_they_were_sent() -> None:
    async with FakeOllama(models(), num_parallel=4) as ollama, demos_on(ollama) as demos:
        framed, _ = await shown(demos, Order("Why?", "ada", form="framed"))
        swapped, _ = await shown(demos, Order("Why?", "ada", form="swapped"))
        bodies = [r.body for r in ollama.generations if r.tag == BASE]
        instruct = [r for r in ollama.generations if r.tag == INSTRUCT]
    assert bodies[0]["prompt"].endswith("\n\nQ: Why?\nA:")
    assert bodies[0]["options"]["stop"] == ["\nQ:", "\n\n"]
    assert "It ends where" in " ".join(framed.panes[0].notices)
    assert bodies[1]["prompt"] == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    assert instruct[-1].body["raw"] is True
    for board, body in zip((framed, swapped), bodies, strict=True):
        prompted = board.panes[0].prompted
        assert prompted is not None
        assert prompted.text == body["prompt"]


async def test_a_demo_waits_its_turn_and_says_where_it_stands() -> None:
    queue = FairQueue(1)
    async with (
        FakeOllama(models(), num_parallel=4) as ollama,
        demos_on(ollama, queue=queue) as demos,
        queue.place("eve"),
        aclosing(demos.run(ORDER)) as stream,
    ):
        opened, waiting = await anext(stream), await anext(stream)
        assert not ollama.generations
    assert isinstance(opened, Opened)
    assert waiting == Waiting(1, None)


async def test_the_end_of_a_pane_follows_its_figures() -> None:
    async with FakeOllama(models(), num_parallel=4) as ollama, demos_on(ollama) as demos:
        _, events = await shown(demos, ORDER)
    for pane in range(3):
        of_pane = [e.event for e in events if isinstance(e, Told) and e.pane == pane]
        assert isinstance(of_pane[-2], Measured)
        assert isinstance(of_pane[-1], Finished)
        assert sum(isinstance(e, Prompted) for e in of_pane) == 1


async def test_a_prompt_of_nothing_is_refused() -> None:
    async with FakeOllama(models()) as ollama, demos_on(ollama) as demos:
        _, events = await shown(demos, Order(" \x00\n", "ada"))
    assert isinstance(events[-1], Refused)
