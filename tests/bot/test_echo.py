"""A model that recites its prompt is stopped; everything else it writes is passed on whole."""

from hypothesis import given
from hypothesis import strategies as st

from bot.echo import ECHO, SUSPECT, EchoGuard
from prompts.loader import load_prompt

BOUNDARY = "0123456789abcdef"
RULES = load_prompt("answer_rules")
FRAME = load_prompt("answer", boundary=BOUNDARY, passages="", history="", question="")
FENCE = f"<question {BOUNDARY}>"

own_words = st.text("xyz \n", max_size=40)
sizes = st.lists(st.integers(1, 90), min_size=1, max_size=30)


def passed(text: str, lengths: list[int]) -> tuple[str, bool]:
    """Feed a text in pieces; return what was shown of it, and whether it was stopped."""
    guard = EchoGuard(f"{RULES}\0{FRAME}", BOUNDARY)
    shown, at = "", 0
    while at < len(text):
        length = lengths[at % len(lengths)]
        shown += guard.take(text[at : at + length])
        at += length
    return shown + guard.rest(), guard.echoed


@given(own_words, st.integers(0, len(RULES) - 2 * ECHO), own_words, sizes)
def test_our_rules_are_never_recited(before: str, at: int, after: str, lengths: list[int]) -> None:
    """Whatever stands around them, and however the text comes in."""
    shown, echoed = passed(before + RULES[at:] + after, lengths)
    assert echoed
    assert shown.startswith(before[:-SUSPECT])
    assert RULES[at : at + 2 * SUSPECT] not in shown


@given(own_words, sizes)
def test_the_fences_of_a_prompt_are_never_named(before: str, lengths: list[int]) -> None:
    shown, echoed = passed(f"{before}{FENCE}\nWhy?", lengths)
    assert echoed
    assert BOUNDARY not in shown


@given(st.text(max_size=300), st.integers(0, len(RULES) - ECHO), st.integers(0, ECHO - 1), sizes)
def test_a_text_with_a_few_of_our_words_is_passed_on_whole(
    text: str, at: int, length: int, lengths: list[int]
) -> None:
    told = f"{text}~{RULES[at : at + length]}~{text}"
    assert passed(told, lengths) == (told, False)
