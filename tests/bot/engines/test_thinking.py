"""Inline thinking is parted from the answer, however the text is cut into chunks."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.engines.thinking import ThinkSplitter

TAGS = ("<think>", "</think>", "<thinking>", "</thinking>")
PARTS = ("<", "<th", "think", ">", "</", " ", "\n", "a", "so ", "answer.")
PIECES = st.lists(st.sampled_from(TAGS + PARTS), max_size=12).map("".join)


def split(chunks: list[str]) -> tuple[str, str]:
    """Return all text and all thinking of `chunks`."""
    splitter = ThinkSplitter()
    deltas = [*(splitter.feed(chunk) for chunk in chunks), splitter.finish()]
    return "".join(d.text for d in deltas), "".join(d.thinking for d in deltas)


def expected(text: str) -> tuple[str, str]:
    """Part a whole text at once, by the plain rule."""
    start = text.lstrip()
    for name in ("think", "thinking"):
        if start.startswith(f"<{name}>"):
            thinking, _, answer = start.removeprefix(f"<{name}>").partition(f"</{name}>")
            return answer.lstrip(), thinking
    return text, ""


@given(st.data(), PIECES)
def test_any_chunking_gives_the_split_of_the_whole(data: st.DataObject, text: str) -> None:
    """However a text is cut, the two parts are those of the whole, and nothing is lost."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=len(text))))
    bounds = [0, *cuts, len(text)]
    chunks = [text[a:b] for a, b in itertools.pairwise(bounds)]
    assert split(chunks) == expected(text)


@given(st.text(alphabet="<think>/ ab\n", max_size=30))
def test_single_characters_give_the_split_of_the_whole(text: str) -> None:
    """Cut into single characters, the two parts are those of the whole."""
    assert split(list(text)) == expected(text)


def test_text_without_tags_is_not_held_back() -> None:
    """A word that cannot become a tag goes out at once."""
    assert ThinkSplitter().feed("Hello").text == "Hello"


def test_a_tag_inside_the_answer_is_text() -> None:
    """Only a tag at the start is thinking; one that is spoken of later stays."""
    assert split(["Use <think>", "x</think>"]) == ("Use <think>x</think>", "")


def test_thinking_goes_out_while_it_is_written() -> None:
    """Thinking is told of before its end is known."""
    splitter = ThinkSplitter()
    splitter.feed("<think>")
    assert splitter.feed("hm, so").thinking == "hm, so"
