"""When a model is left alone, and when it may be asked again."""

from __future__ import annotations

import pytest

from bot.engines.breaker import FAILURES, REST, REST_AFTER_CRASH, Breaker
from bot.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineProtocol,
    EngineResting,
    EngineStalled,
    EngineUnreachable,
    ModelMissing,
    RequestRefused,
)
from tests.bot.faults import Clock

UNWELL = [
    EngineUnreachable("m"),
    EngineStalled("m", 30),
    EngineFailed("m", "It broke."),
    EngineProtocol("m"),
]
PRESENT = [EngineBusy("m"), ModelMissing("m"), RequestRefused("m", "No.")]


def fail(breaker: Breaker, error: EngineError, times: int = 1) -> None:
    """Let attempts fail with `error`."""
    for _ in range(times):
        with pytest.raises(type(error)), breaker.attempt():
            raise error


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """Return a breaker by that clock."""
    return Breaker(clock)


@pytest.mark.parametrize("error", UNWELL, ids=lambda error: type(error).__name__)
def test_failures_in_a_row_open_it_with_the_reason(
    breaker: Breaker, clock: Clock, error: EngineError
) -> None:
    fail(breaker, error, FAILURES - 1)
    assert breaker.resting() is None
    fail(breaker, error)
    with pytest.raises(EngineResting) as caught, breaker.attempt():
        pytest.fail("asked while it is left alone")
    assert error.sentence in caught.value.sentence
    assert caught.value.seconds == REST
    clock.now += REST
    assert breaker.resting() is None


def test_a_text_that_ends_well_begins_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, UNWELL[0], FAILURES - 1)
    with breaker.attempt():
        breaker.well()
    fail(breaker, UNWELL[0], FAILURES - 1)
    assert breaker.resting() is None


@pytest.mark.parametrize("error", PRESENT, ids=lambda error: type(error).__name__)
def test_an_engine_that_answers_is_not_unwell(breaker: Breaker, error: EngineError) -> None:
    fail(breaker, error, 3 * FAILURES)
    assert breaker.resting() is None


def test_a_crash_opens_it_at_once_and_for_longer(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, EngineCrashed("m", "No memory."))
    clock.now += REST_AFTER_CRASH - 0.5
    assert breaker.resting() is not None
    clock.now += 0.5
    assert breaker.resting() is None


def test_after_the_rest_one_alone_may_try(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, UNWELL[0], FAILURES)
    clock.now += REST
    with breaker.attempt():
        with pytest.raises(EngineResting), breaker.attempt():
            pytest.fail("a second one was let through")
        breaker.alive()
        with breaker.attempt():
            assert breaker.resting() is None


def test_a_try_that_is_given_up_lets_the_next_one_try(breaker: Breaker, clock: Clock) -> None:
    """A reader who leaves proves nothing about the engine."""
    fail(breaker, UNWELL[0], FAILURES)
    clock.now += REST
    with pytest.raises(GeneratorExit), breaker.attempt():
        raise GeneratorExit
    with breaker.attempt():
        breaker.well()
    assert breaker.resting() is None


def test_a_try_that_fails_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    """After a crash, too, one failure of another kind is enough."""
    for opening in (EngineCrashed("m", "No memory."), UNWELL[0]):
        fail(breaker, opening)
        clock.now += REST_AFTER_CRASH
        fail(breaker, UNWELL[0])
        assert breaker.resting() is not None
        clock.now += REST


def test_a_sign_of_life_does_not_forgive_a_failure_after_it(breaker: Breaker, clock: Clock) -> None:
    """An engine that begins and breaks off is left alone again at once."""
    fail(breaker, UNWELL[0], FAILURES)
    clock.now += REST
    with breaker.attempt():
        breaker.alive()
    fail(breaker, UNWELL[2])
    assert breaker.resting() is not None
