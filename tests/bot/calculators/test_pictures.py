"""The calculators' pictures: they grow with what they show, and survive any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calculators import vram
from bot.calculators.breakeven import Machine, Rate, Use, compare
from bot.calculators.pictures import COLUMNS, LINES, draw_breakeven, draw_tokens, draw_vram
from bot.calculators.tokens import Cut, Token, Tokenizers
from bot.settings import Settings
from knowledge.hardware import read_hardware
from tests.bot.test_landscape import size

HARDWARE = read_hardware()


def cut(text: str) -> Cut:
    """Return a text of which each character is a token."""
    letters = tuple(Token(n, letter, n, n + 1) for n, letter in enumerate(text))
    return Cut("letters", text, letters, 256)


def test_the_bar_of_memory_differs_with_what_is_needed() -> None:
    pictures = set()
    for model in ("1", "8", "1000"):
        wanted = vram.load(HARDWARE, model)
        pictures.add(draw_vram(wanted, vram.memory(wanted), HARDWARE))
    assert len(pictures) == 3
    assert all(size(picture)[0] == 1200 for picture in pictures)


def test_the_lines_of_cost_are_drawn_with_and_without_a_break_even() -> None:
    drawn = [
        draw_breakeven(compare(Use(requests, 1500, 400), Rate(1, 5), Machine(2500, 350, 0.3), 36))
        for requests in (0, 1, 5000)
    ]
    assert len(set(drawn)) == 3


def test_the_picture_of_tokens_grows_by_lines_up_to_a_limit() -> None:
    heights = [size(draw_tokens(cut("a" * n)))[1] for n in (1, COLUMNS, COLUMNS + 1)]
    assert heights[0] == heights[1] < heights[2]
    full, over = (size(draw_tokens(cut("a\n" * n)))[1] for n in (LINES, 40 * LINES))
    assert full == over


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=60))
def test_any_text_can_be_drawn(text: str) -> None:
    assert size(draw_tokens(Tokenizers.at_hand(Settings()).cut(text)))[0] == 1200


@pytest.mark.parametrize("text", ["$x$", "\\frac", "$", "a\nb", "﷽", "\x00\x1b[0m"])
def test_no_text_is_read_as_mathematics_or_warns(text: str) -> None:
    assert draw_tokens(cut(text))
