"""Run cards: what is saved is what was shown, and it is played again as a recording."""

import copy
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from matplotlib.image import imread

from bot.board import Board, PaneState
from bot.captions import recording_line
from bot.chart import FAINT, GROUND, INK, PARTS, Bar, draw
from bot.errors import CardUnreadable
from bot.order import Order
from bot.panes import DemoEvent, Figures
from bot.replay import replay
from bot.report import as_markdown
from bot.runcard import Recorder, RunCard, read_card
from tests.bot.stagehands import REASONING, demos_on, models
from tests.doubles.ollama import FakeOllama, Fault

ORDER = Order("What is 2 + 3?", "ada", num_predict=60, seed=11)


async def recorded(events: AsyncIterator[DemoEvent]) -> Recorder:
    recorder = Recorder()
    async for event in events:
        recorder.take(event)
    return recorder


@pytest.fixture
async def card() -> RunCard:
    """Return the card of a demo in which one contender died half-way."""
    slow = models(base={"tokens_per_second": 20.0})
    async with FakeOllama(slow, num_parallel=4) as ollama, demos_on(ollama) as demos:
        ollama.fail_next(Fault("error_line", after=4), times=3, tag=REASONING)
        made = (await recorded(demos.run(ORDER))).card()
    assert made is not None
    return made


def seen(board: Board) -> list[tuple[PaneState, str, str, str, Figures | None]]:
    return [(p.state, p.text, p.thinking, p.sentence, p.figures) for p in board.panes]


async def test_a_replay_shows_what_was_shown_with_its_timing_and_says_that_it_is_one(
    card: RunCard,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    again = await recorded(replay(read_card(card.model_dump_json().encode()), sleep))
    states = [pane.state for pane in again.board.panes]
    assert states == [PaneState.DONE, PaneState.DONE, PaneState.FAILED]
    assert [p.text for p in again.board.panes] == [p.text for p in card.contenders]
    assert again.board.panes[2].thinking == "Let me see."
    assert sum(slept) == pytest.approx(max(step.at for step in card.steps), abs=0.001)
    assert sum(slept) > 0.1
    assert f"A recording of {card.recorded:%Y-%m-%d}" in recording_line(again.board)
    second = again.card()
    assert second is not None
    assert second.recorded == card.recorded
    assert second.contenders == card.contenders


async def test_a_card_without_steps_shows_its_texts(card: RunCard) -> None:
    again = await recorded(replay(card.without_steps()))
    assert [p.text for p in again.board.panes] == [p.text for p in card.contenders]


def test_a_card_names_everything_with_which_the_run_can_be_repeated(card: RunCard) -> None:
    told = json.loads(card.model_dump_json())
    assert (told["seed"], told["num_predict"], told["engine_version"]) == (11, 60, "0.33.0")
    base = told["contenders"][0]
    assert (base["stage"], base["rendered_prompt"]) == ("base", ORDER.prompt)
    assert len(base["digest"]) == 64
    assert base["usage"]["answer_tokens"] == 3
    assert told["contenders"][2]["ended"] == "failed"


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b"\xff", b'{"format": "other"}', b" " * 4_000_001],
    ids=["empty", "object", "list", "bytes", "other", "large"],
)
def test_what_is_no_card_is_refused(data: bytes) -> None:
    with pytest.raises(CardUnreadable):
        read_card(data)


EVIL = "@everyone [x](https://evil.example)"


def hostile(told: dict[str, Any]) -> dict[str, bytes]:
    """Return cards that were tampered with, by what was done to them."""

    def changed(*path: str | int, to: Any) -> bytes:
        card = copy.deepcopy(told)
        at: Any = card
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = to
        return json.dumps(card).encode()

    contender, step = told["contenders"][0], told["steps"][0]
    return {
        "nan": changed("temperature", to=float("nan")),
        "infinity": changed("contenders", 0, "usage", "load_seconds", to=float("inf")),
        "huge float": changed("temperature", to=1e300),
        "huge integer": changed("seed", to=10**400),
        "negative time": changed("steps", 0, "at", to=-1.0),
        "a year": changed("steps", -1, "at", to=3e7),
        "figure of a year": changed("contenders", 0, "usage", "answer_seconds", to=3e7),
        "million panes": changed("contenders", to=[contender] + [0] * 1_000_000),
        "nine panes": changed("contenders", to=[contender] * 9),
        "no pane": changed("contenders", to=[]),
        "many steps": changed("steps", to=[{"at": 0, "pane": 0, "kind": "delta"}] * 60_000),
        "many notices": changed("fairness", to=["n"] * 100_000),
        "long text": changed("contenders", 0, "text", to="a" * 300_000),
        "text for a number": changed("seed", to="7"),
        "number for a text": changed("prompt", to=7),
        "list for a step": changed("steps", 0, to=[step]),
        "truth for a number": changed("num_predict", to=True),
        "unknown key": changed(EVIL, to=1),
        "unknown stage": changed("contenders", 0, "contender", "stage", to=EVIL),
        "unknown end": changed("contenders", 0, "ended", to="won"),
        "date to come": changed("recorded", to="2999-01-01T00:00:00Z"),
        "date of old": changed("recorded", to="0001-01-01T00:00:00+14:00"),
        "date without zone": changed("recorded", to="2026-11-25T00:00:00"),
        "no date": changed("recorded", to=None),
        "deep": b'{"steps": ' + b"[" * 100_000,
        "null byte": json.dumps(told).encode().replace(b'"seed"', b'"\x00"'),
    }


def test_a_card_that_was_tampered_with_is_refused_with_a_sentence(card: RunCard) -> None:
    """The sentence is ours: nothing that the card's writer chose stands in it."""
    for name, data in hostile(json.loads(card.model_dump_json())).items():
        with pytest.raises(CardUnreadable) as refused:
            read_card(data)
        sentence = refused.value.sentence
        assert "evil" not in sentence, name
        assert 20 < len(sentence) < 200, name


def test_a_step_of_a_contender_that_is_not_there_is_refused(card: RunCard) -> None:
    told = json.loads(card.model_dump_json())
    told["steps"][0]["pane"] = 7
    with pytest.raises(CardUnreadable):
        read_card(json.dumps(told).encode())


async def test_a_page_of_a_run_holds_every_text_in_a_fence_of_its_own(card: RunCard) -> None:
    told = json.loads(card.model_dump_json())
    told["contenders"][0]["text"] = "```\n# not ours\n````"
    again = await recorded(replay(read_card(json.dumps(told).encode()).without_steps()))
    page = as_markdown(again.board)
    assert "`````\n```\n# not ours\n````\n`````" in page
    assert "A recording of" in page


def test_a_chart_is_drawn_for_any_figures() -> None:
    bars = [
        Bar("base", "a$b$:1", Figures(0.1, 2.0, 0.1, 0.0, 3.0, 0, 90)),
        Bar("dead", "x" * 200, Figures(ended="failed")),
        Bar("none", "y", None),
    ]
    assert draw(bars).startswith(b"\x89PNG")
    assert draw(bars[2:]).startswith(b"\x89PNG")


def test_a_chart_stands_on_a_ground_of_its_own_on_which_each_colour_can_be_read() -> None:
    """Contrast as WCAG 2.2 defines it, 4.5 as for text; so it reads alike on dark and on light."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour in (INK, FAINT, *(colour for _, _, colour in PARTS)):
        assert (luminance(colour) + 0.05) / (luminance(GROUND) + 0.05) >= 4.5
    picture = imread(BytesIO(draw([Bar("base", "a:1", Figures(0.1, 2.0, 0.1, 1.0, 3.0, 9, 90))])))
    assert (picture[..., 3] == 1.0).all()
