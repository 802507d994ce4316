"""The pace stays below every limit that was ever seen, and is quick where it may be."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from bot.present.pace import (
    CHANNEL_STEP,
    DEMO_LAST_STEP,
    DEMO_STEPS,
    ChannelPace,
    TokenPace,
)


def seeded(seed: int) -> random.Random:
    """Return a source of jitter that a test can repeat."""
    return random.Random(seed)  # noqa: S311  jitter is no secret


def demos(seed: int) -> TokenPace:
    """Return the pace of a demo."""
    return TokenPace(seeded(seed), DEMO_STEPS, DEMO_LAST_STEP)


def stream(seconds: float, took: float = 0.1, pace: TokenPace | None = None) -> list[float]:
    """Return when the edits of one long stream begin."""
    pace, now, calls = pace or TokenPace(seeded(1)), 0.0, []
    while now < seconds:
        calls.append(now)
        pace.called(now, now + took)
        now = max(pace.due(now + took), now + took)
    return calls


@pytest.mark.parametrize("seed", range(20))
def test_a_long_stream_stays_below_every_limit(seed: int) -> None:
    """5 in 2 s with one to spare for the end, and 30 in 60 s with the last edit included."""
    for pace in (TokenPace(seeded(seed)), demos(seed)):
        calls = stream(300, pace=pace)
        for begin in calls:
            assert sum(begin <= at < begin + 2 for at in calls) <= 4
            assert sum(begin <= at < begin + 60 for at in calls) <= 30


def test_a_contender_that_begins_late_is_seen_to_move_as_well() -> None:
    gaps = [b - a for a, b in pairwise(stream(120, pace=demos(1)))]
    assert max(gaps) <= 2.5


def test_a_reader_who_reads_along_sees_the_text_move_each_second() -> None:
    calls = stream(10)
    gaps = [b - a for a, b in pairwise(calls)]
    assert max(gaps) <= 1.2


def test_a_slow_discord_is_asked_less_often_and_more_often_again_later() -> None:
    pace = TokenPace(seeded(1))
    pace.called(0.0, 3.0)
    assert pace.due(3.0) >= 4.0
    for at in range(4, 10):
        pace.called(float(at), at + 0.1)
    assert pace.due(9.1) - 9.0 <= 1.2


def test_urgent_calls_wait_only_for_the_window() -> None:
    pace = TokenPace(seeded(1))
    assert pace.earliest(5.0) == 5.0
    for at in (0.0, 0.1, 0.2, 0.3):
        pace.called(at, at)
    assert pace.earliest(0.4) == pytest.approx(2.1)


def test_streams_in_one_channel_share_its_budget() -> None:
    streams: Counter[int] = Counter()
    paces = [ChannelPace(7, streams) for _ in range(3)]
    paces[0].called(0.0, 0.1)
    assert paces[0].due(0.1) >= 3 * CHANNEL_STEP
    for pace in paces[1:]:
        pace.close()
    assert paces[0].due(0.1) <= CHANNEL_STEP * 1.1
    paces[0].close()
    assert not streams
