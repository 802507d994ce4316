"""A long answer becomes a few messages without losing a character or leaving a mark open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.present.sanitise import sanitise
from bot.present.split import PAGE, shown, split
from tests.bot.present.test_sanitise import hostile

LONG = st.lists(
    st.one_of(
        hostile,
        st.sampled_from(
            [
                "word " * 30,
                "x" * 90,
                "\n\n",
                "\n",
                "**" + "bold " * 20 + "end**",
                "`" + "code " * 12 + "`",
                "```py\n" + "print(1)\n" * 20 + "```",
                "```\n" + "y" * 150 + "\n```",
                "https://a.example/" + "p" * 40,
            ]
        ),
    ),
    max_size=14,
).map("".join)


@given(LONG)
def test_a6_nothing_is_lost_and_each_part_stands_alone(text: str) -> None:
    """The bodies make up the text; each part is within its bound and needs no further closing."""
    whole = sanitise(text)
    parts = split(whole, 200)
    assert "".join(part.body for part in parts) == whole
    for part in parts:
        assert len(part.text) <= 200
        assert part.text.count("```") % 2 == 0


@given(LONG)
def test_at_most_three_pages_are_shown_and_the_gap_is_counted(text: str) -> None:
    whole = sanitise(text)
    seen = shown(whole, 200)
    assert len(seen.pages) <= 3
    assert all(len(page) <= 200 for page in seen.pages)
    assert (seen.left_out > 0) <= (len(split(whole, 200)) > 3)
    if not seen.left_out:
        assert sum(len(page) for page in seen.pages) >= len(whole)


def test_a_short_text_is_one_page_as_it_is() -> None:
    assert shown("a\n\nb") == shown("a\n\nb", 3400)
    assert shown("a\n\nb").pages == ("a\n\nb",)


def test_a_fence_is_closed_and_reopened_with_its_language() -> None:
    text = "Intro.\n\n```python\n" + "print('line')\n" * 400 + "```\nDone."
    first, second = shown(text).pages
    assert first.endswith("print('line')\n```")
    assert second.startswith("```python\nprint('line')")
    assert second.endswith("```\nDone.")


def test_a_cut_falls_between_paragraphs() -> None:
    paragraphs = [f"{i} " + "word " * 180 for i in range(8)]
    for page in shown("\n\n".join(paragraphs)).pages[:-1]:
        assert page.endswith("word \n\n")


def test_a_line_of_ten_thousand_characters_is_whole_in_three_pages() -> None:
    text = "a" * 10_000
    seen = shown(text)
    assert seen.left_out == 0
    assert "".join(seen.pages) == text
    assert max(map(len, seen.pages)) <= PAGE


def test_a_text_too_long_for_three_pages_shows_its_beginning_and_its_end() -> None:
    words = " ".join(f"w{i}" for i in range(5000))
    seen = shown(words)
    assert len(seen.pages) == 3
    assert seen.pages[0].startswith("w0 w1 ")
    assert seen.pages[2].endswith(" w4999")
    assert sum(map(len, seen.pages)) + seen.left_out == len(words)


@pytest.mark.parametrize("mark", ["**", "||", "__", "~~", "***", "`", "``"])
def test_what_a_cut_leaves_open_is_closed_and_opened_again(mark: str) -> None:
    """A marked stretch longer than a page is marked on each of its pages."""
    whole = sanitise(f"see {mark}" + "word " * 900 + f"end{mark} done")
    for page in shown(whole).pages:
        assert page.count(mark) == 2
        assert sanitise(page) == page
